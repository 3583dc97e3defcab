"""What the keys that act mean on each screen: a question, a command, or words why it makes no sense. Pure.

Only lines of commands are written here; the command's own engine, guards and questions apply when it runs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from disquectl.render.escape import for_terminal, shell_word
from disquectl.render.human import counted
from disquectl.shell.words import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from disquectl.top.choice import Choice
    from disquectl.top.keys import Action

PAUSES = {"i": "in", "o": "out", "a": "all", "n": "none"}


@dataclass(frozen=True, slots=True)
class Effect:
    """What has to be done outside.

    lines  commands to run, as they are typed in the shell
    ids    jobs that each of these takes from a file, by --ids-from
    """

    what: Literal["run", "quit", "interrupt", "suspend", "redraw"]
    lines: tuple[str, ...] = ()
    ids: tuple[bytes, ...] = ()


# The commands that name their jobs do not ask: the screen does.
_OF_JOBS: dict[Action, tuple[str, str]] = {
    "delete": ("delete", "deljob {} --cluster"),
    "queue now": ("queue", "enqueue {} --cluster"),
    "acknowledge": ("acknowledge", "ack {} --cluster"),
}
_OF_LETTERS: dict[Action, tuple[str, str]] = {
    "delete": ("drop", "dead drop {}"),
    "queue now": ("retry", "dead retry {}"),
}
# Where a key makes no sense.
_ON_QUEUES = "this key acts on jobs: Enter opens the queue"
_ON_LETTERS: dict[Action, str] = {
    "move": "dead letters are not moved: n puts the job back into its queue",
    "acknowledge": "dead letters are not acknowledged: d drops them",
}
_ELSEWHERE = {
    "nodes": "this key acts on queues and jobs: Esc goes back to them",
    "problems": "this key acts on queues and jobs: Enter opens the problem, which names a command",
    "problem": "this key acts on queues and jobs; Enter puts the command into the last line",
    "help": "this key acts on queues and jobs: Esc goes back to them",
}


def act(action: Action, names: Sequence[bytes], choice: Choice) -> Effect | None:
    """Carry out a key that acts on the marked rows, or on the row of the cursor."""
    if choice.screen in _ELSEWHERE:
        _refuse(choice, _ELSEWHERE[choice.screen])
        return None
    chosen = choice.chosen(names)
    if not chosen:
        return None
    if choice.screen == "queues":
        return _on_queues(action, chosen, choice)
    letters = choice.screen in ("dead", "letter")
    if action == "pause":
        choice.asking, choice.text = "pause", ""
    elif letters and action in _ON_LETTERS:
        _refuse(choice, _ON_LETTERS[action])
    elif action == "move":
        choice.asking, choice.text = "move", ""
    else:
        verb, line = (_OF_LETTERS if letters else _OF_JOBS)[action]
        choice.asking, choice.text = "confirm", ""
        choice.of = f"{verb} {counted(len(chosen), 'dead letter' if letters else 'job')}"
        choice.to_confirm = line.format(_words(chosen))
    return None


def _on_queues(action: Action, chosen: list[bytes], choice: Choice) -> Effect | None:
    if action in ("move", "pause"):
        choice.asking, choice.text = "move" if action == "move" else "pause", ""
    elif action == "delete":
        return Effect("run", (_line("purge", chosen),))
    elif action == "queue now":
        return Effect("run", (_line("requeue", chosen),))
    else:
        _refuse(choice, _ON_QUEUES)
    return None


def pause(letter: str, names: Sequence[bytes], choice: Choice) -> Effect | None:
    """Pause the queues that are meant, or resume them, as the letter says."""
    state = PAUSES.get(letter.lower())
    queues = queues_meant(names, choice)
    if state is None or not queues:
        return None
    return Effect("run", tuple(_line("pause", [queue], state, options="--cluster") for queue in queues))


def move(to: str, names: Sequence[bytes], choice: Choice) -> Effect | None:
    """Move the jobs that are meant to another queue."""
    chosen = choice.chosen(names)
    if not to or not chosen:
        return None
    options = f"--to {quoted(to)}"
    if choice.screen == "queues":
        return Effect("run", (_line("move", chosen, options=options),))
    return Effect("run", (_line("move", [choice.queue], options=options),), tuple(chosen))


def queues_meant(names: Sequence[bytes], choice: Choice) -> list[bytes]:
    """The queues of the chosen rows: that of the jobs, or those whose jobs died."""
    chosen = choice.chosen(names)
    if choice.screen in ("jobs", "job"):
        return [choice.queue]
    if choice.screen in ("dead", "letter"):
        letters = (choice.letter_of(name) for name in chosen)
        return list(dict.fromkeys(letter["queue"] for letter in letters if letter is not None))
    return chosen


def to_copy(names: Sequence[bytes], choice: Choice) -> str:
    """What to copy of the chosen rows: names, IDs, or the commands of problems."""
    chosen = choice.chosen(names)
    if choice.screen in ("problems", "problem"):
        found = [choice.problem_of(name) for name in chosen]
        return "; ".join(for_terminal(one["command"]) for one in found if one is not None)
    return " ".join(map(shell_word, chosen))


def _refuse(choice: Choice, why: str) -> None:
    choice.message, choice.is_trouble = why, True


def _line(verb: str, queues: list[bytes], *words: str, options: str = "") -> str:
    """A command on queues; a name like an option is after `--`: a system's shell takes the quotes away."""
    names = [_words(queues), *words]
    if any(queue.startswith(b"-") for queue in queues):
        return " ".join(filter(None, (verb, options, "--", *names)))
    return " ".join(filter(None, (verb, *names, options)))


def _words(names: Iterable[bytes]) -> str:
    return " ".join(quoted(os.fsdecode(name)) for name in names)
