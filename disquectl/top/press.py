"""What a key does: it changes the choice, or asks for an effect outside, such as a command to run. Pure.

Actions are commands of disquectl: this module only writes the line. The command's own engine, guards and
questions apply when it is run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from disquectl.render.escape import for_terminal
from disquectl.shell.words import quoted
from disquectl.top.keys import KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.top.choice import Choice
    from disquectl.top.keys import Action

PAUSES = {"i": "in", "o": "out", "a": "all", "n": "none"}


@dataclass(frozen=True, slots=True)
class Effect:
    """What has to be done outside. `lines`: commands to run, as they are typed in the shell."""

    what: Literal["run", "quit", "interrupt", "suspend", "redraw"]
    lines: tuple[str, ...] = ()


def press(action: Action, names: Sequence[bytes], choice: Choice) -> Effect | None:
    """Carry out a key. `names`: the rows of the screen, in their order."""
    choice.message, choice.is_trouble = "", False
    choice.settle(names)
    if action == "quit":
        return Effect("quit")
    if action == "interrupt":
        return Effect("interrupt")
    if action == "suspend":
        return Effect("suspend")
    if action == "doctor":
        return Effect("run", ("doctor",))
    if action == "refresh":
        return Effect("redraw")
    if action in ("up", "down", "page up", "page down", "first", "last"):
        _go(action, names, choice)
    elif action in ("filter", "command"):
        choice.asking = "filter" if action == "filter" else "command"
        choice.text = choice.filter if action == "filter" else ""
    elif action == "back":
        choice.go_back()
    elif action == "help":
        if choice.screen == "help":
            choice.go_back()
        else:
            choice.go("help")
    elif action == "nodes":
        if choice.screen == "nodes":
            choice.go_back()
        else:
            choice.go("nodes")
    elif choice.screen in ("jobs", "job"):
        _on_jobs(action, names, choice)
    elif choice.screen == "queues":
        return _on_queues(action, names, choice)
    return None


def _go(action: Action, names: Sequence[bytes], choice: Choice) -> None:
    page = max(choice.height - 1, 1)
    by = {"up": -1, "down": 1, "page up": -page, "page down": page, "first": -len(names), "last": len(names)}
    if choice.screen in ("help", "job"):
        choice.top = max(choice.top + by[action], 0)
        choice.cursor = None
    else:
        choice.move(names, by[action])


def _on_queues(action: Action, names: Sequence[bytes], choice: Choice) -> Effect | None:
    if action == "sort":
        choice.next_sort()
    elif action == "reverse":
        choice.is_reversed = not choice.is_reversed
    elif action == "mark":
        choice.mark(names)
    elif action == "dead":
        choice.filter = "" if choice.filter == "dead:" else "dead:"
    elif action == "show name" and choice.cursor is not None:
        choice.message = for_terminal(choice.cursor)
    elif not choice.chosen(names):
        return None
    elif action == "move":
        choice.asking, choice.text = "move", ""
    elif action == "pause":
        choice.asking, choice.text = "pause", ""
    elif action == "delete":
        return Effect("run", (f"purge {_words(names, choice)}",))
    elif action == "queue now":
        return Effect("run", (f"requeue {_words(names, choice)}",))
    elif action == "enter":
        choice.go("jobs")
    elif action == "acknowledge":
        choice.message, choice.is_trouble = "this key acts on jobs: Enter opens the queue", True
    return None


# The commands of jobs name them, and so do not ask: the screen does.
_OF_JOBS: dict[Action, str] = {"delete": "deljob", "queue now": "enqueue", "acknowledge": "ack"}


def _on_jobs(action: Action, names: Sequence[bytes], choice: Choice) -> None:
    ids = [choice.job] if choice.screen == "job" else choice.chosen(names)
    if action == "enter" and choice.screen == "jobs" and choice.cursor is not None:
        choice.go("job")
    elif action == "mark" and choice.screen == "jobs":
        choice.mark(names)
    elif action == "show name" and ids:
        choice.message = for_terminal(ids[0])
    elif action in _OF_JOBS and ids:
        choice.asking, choice.text = "confirm", ""
        choice.to_confirm = f"{_OF_JOBS[action]} {' '.join(map(_word, ids))} --cluster"
    elif action in ("pause", "move"):
        choice.message, choice.is_trouble = "this key acts on queues: Esc goes back to them", True


def type_text(text: str, names: Sequence[bytes], choice: Choice) -> Effect | None:
    """Take what is typed into the line at the bottom; a pause is chosen by one letter."""
    if choice.asking == "confirm":
        choice.asking = ""
        return Effect("run", (choice.to_confirm,)) if text.lower() == "y" else None
    if choice.asking != "pause":
        choice.text += "".join(char for char in text if char.isprintable())
        if choice.asking == "filter":
            choice.filter = choice.text
        return None
    choice.asking = ""
    state = PAUSES.get(text.lower())
    if state is None:
        return None
    return Effect("run", tuple(f"pause {_word(name)} {state} --cluster" for name in choice.chosen(names)))


def rub_out(choice: Choice) -> None:
    """Remove the last character of the line at the bottom."""
    choice.text = choice.text[:-1]
    if choice.asking == "filter":
        choice.filter = choice.text


def cancel(choice: Choice) -> None:
    """Leave the line at the bottom without its effect."""
    if choice.asking == "filter":
        choice.filter = ""
    choice.asking, choice.text = "", ""


def submit(names: Sequence[bytes], choice: Choice) -> Effect | None:
    """Enter in the line at the bottom."""
    asking, text = choice.asking, choice.text.strip()
    choice.asking, choice.text = "", ""
    if asking == "command" and text:
        return Effect("run", (text,))
    if asking == "move" and text and choice.chosen(names):
        return Effect("run", (f"move {_words(names, choice)} --to {quoted(text)}",))
    return None


def _words(names: Sequence[bytes], choice: Choice) -> str:
    return " ".join(_word(name) for name in choice.chosen(names))


def _word(name: bytes) -> str:
    return quoted(os.fsdecode(name))


def action_of(key: str) -> Action | None:
    """The action of a key, by its name."""
    return next((one.action for one in KEYS if key in one.keys), None)
