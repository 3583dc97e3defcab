"""One press of TAB: the line in, candidates out, within the time that a person does not notice.

The scripts call it: `disquectl __complete SHELL ...`. What is known without a server is written first. After
PATIENCE_SECONDS the process ends, whatever it is doing: the lookup of a name cannot be interrupted.
"""

from __future__ import annotations

import os

from disquectl.completion.candidates import LIVE_KINDS, front, static
from disquectl.completion.expect import expect
from disquectl.execution.streams import complete, write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.completion.candidates import Candidate, Show
    from disquectl.completion.expect import Expected

PATIENCE_SECONDS = 0.3
# What the script does beside showing the candidates: nothing, no blank behind the word, files, or the
# commands as it has them itself, with their descriptions: to load every row would take too long.
PLAIN, NO_BLANK, FILES, COMMANDS = b"plain", b"nospace", b"files", b"commands"


def answer(argv: list[str]) -> None:
    """Write what may come next. Errors are silence."""
    try:
        _complete(*_understood(argv[0], argv[1:]))
    except Exception:  # nobody reads an error behind TAB
        return


def _understood(shell: str, sent: list[str]) -> tuple[list[str], str, Show]:
    """The words, the one that is being typed, and how to show what it may become."""
    if shell == "bash":
        from disquectl.completion import bash

        return bash.understood(sent)
    if shell == "zsh":
        from disquectl.completion import zsh

        return zsh.understood(sent)
    from disquectl.completion import fish

    return fish.understood(sent)


def _complete(words: list[str], partial: str, show: Show) -> None:
    expected = expect(words, partial)
    candidates = static(expected, partial)
    _write(_directive(expected, candidates) + b"\0" + show(candidates))
    kind = expected.parameter.type.name if expected.parameter and not expected.flags else ""
    if kind not in LIVE_KINDS or (kind == "queue" and partial.startswith("-")):
        return
    _end_soon()
    from disquectl.completion.live import names

    before = front(expected, partial)
    known = {value for value, _ in candidates}
    found = names(kind, expected.given, partial[len(before) :], PATIENCE_SECONDS)
    _write(show([(before + name, text) for name, text in found if before + name not in known]))


def _directive(expected: Expected, candidates: list[Candidate]) -> bytes:
    if expected.commands:
        return COMMANDS
    kind = expected.parameter.type.name if expected.parameter else ""
    if kind == "file" or expected.words:
        return FILES
    return NO_BLANK if kind == "assignment" and candidates else PLAIN


def _write(data: bytes) -> None:
    with open(1, "wb", closefd=False) as out:
        write_whole(complete(out), data, "answer")


def _end_soon() -> None:
    """End the process when its time is over, from a thread: no signal reaches the lookup of a name."""
    from _thread import start_new_thread
    from time import sleep

    def end() -> None:
        sleep(PATIENCE_SECONDS)
        os._exit(0)

    start_new_thread(end, ())
