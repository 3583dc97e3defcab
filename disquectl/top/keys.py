"""The keys: one table, which the terminal, the help screen, the page and the tests read. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal[
    "up",
    "down",
    "first",
    "last",
    "page up",
    "page down",
    "enter",
    "back",
    "filter",
    "sort",
    "reverse",
    "mark",
    "nodes",
    "dead",
    "help",
    "problems",
    "command",
    "refresh",
    "quit",
    "interrupt",
    "suspend",
    "pause",
    "acknowledge",
    "delete",
    "queue now",
    "move",
    "show name",
]


@dataclass(frozen=True, slots=True)
class Key:
    """What a key does.

    keys     names as prompt-toolkit has them; shown: how the help shows them
    action   what they do; meaning: the same in words, in the imperative
    footer   the word for it in the last line of the screen; "": it is not there
    acts     whether it can change the cluster
    """

    keys: tuple[str, ...]
    shown: str
    action: Action
    meaning: str
    footer: str = ""
    acts: bool = False


KEYS = (
    Key(("?", "f1"), "?", "help", "Show the keys.", "help"),
    Key(("q",), "q", "quit", "Quit.", "quit"),
    Key(("up", "k"), "k Up", "up", "Go up."),
    Key(("down", "j"), "j Down", "down", "Go down."),
    Key(("g", "home"), "g Home", "first", "Go to the first row."),
    Key(("G", "end"), "G End", "last", "Go to the last row."),
    Key(("pageup", "c-b"), "PgUp", "page up", "Go up one screen."),
    Key(("pagedown", "c-f"), "PgDn", "page down", "Go down one screen."),
    Key(
        ("/",),
        "/",
        "filter",
        "Show only rows that contain a text, or match a pattern of * ? [a-z].",
        "filter",
    ),
    Key(("s",), "s", "sort", "Sort by the next column.", "sort"),
    Key(("r",), "r", "reverse", "Reverse the order."),
    Key(
        (" ",),
        "Space",
        "mark",
        "Mark the row, or unmark it; actions then take the marked rows on the screen.",
    ),
    Key(("enter",), "Enter", "enter", "Open the row: a queue, a job, a dead letter, a problem.", "open"),
    Key(("escape", "backspace"), "Esc", "back", "Go back; remove the marks and the filter."),
    Key(("p",), "p", "pause", "Pause the queue, or resume it: pause QUEUE --cluster.", "pause", acts=True),
    Key(
        ("d",),
        "d",
        "delete",
        "Delete the jobs of the queue: purge; the job: deljob; the dead letter: dead drop.",
        "delete",
        acts=True,
    ),
    Key(
        ("n",),
        "n",
        "queue now",
        "Queue delayed jobs now: requeue; the job: enqueue; the dead one: dead retry.",
        acts=True,
    ),
    Key(("m",), "m", "move", "Move the jobs to another queue: move --to QUEUE.", "move", acts=True),
    Key(("a",), "a", "acknowledge", "Acknowledge the job: ack --cluster.", acts=True),
    Key(("y",), "y", "show name", "Show the whole name, ID or command, to copy it."),
    Key(("N", "tab"), "N", "nodes", "Show the nodes.", "nodes"),
    Key(("D",), "D", "dead", "Show the dead letters.", "dead"),
    Key(("!",), "!", "problems", "Show the problems: what doctor finds.", "problems"),
    Key((":",), ":", "command", "Run a command of disquectl."),
    Key(("c-l",), "Ctrl-L", "refresh", "Draw the screen again."),
    Key(("c-z",), "Ctrl-Z", "suspend", "Stop; `fg` goes on."),
    Key(("c-c",), "Ctrl-C", "interrupt", "Quit, with exit code 130."),
)
