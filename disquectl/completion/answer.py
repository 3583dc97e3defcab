"""`disquectl __complete SHELL ...`, which the scripts call at each TAB: reads the line, writes candidates.

Candidates that need no server are written first. After TIMEOUT_SECONDS the process exits, whatever it is
doing: the lookup of a host name cannot be interrupted.
"""

from __future__ import annotations

import os

from disquectl.completion.candidates import LIVE_KINDS, prefix, static
from disquectl.completion.expect import expect
from disquectl.execution.streams import complete, write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.completion.candidates import Candidate, Show
    from disquectl.completion.expect import Expected

TIMEOUT_SECONDS = 0.3
# What the script does besides showing the candidates: nothing, add no blank after the word, complete files,
# or show its own list of commands with descriptions: loading every declaration here would take too long.
PLAIN, NO_BLANK, FILES, COMMANDS = b"plain", b"nospace", b"files", b"commands"


def answer(argv: list[str]) -> None:
    """Write what may come next. Never raises: errors are not shown at TAB."""
    try:
        _complete(*_parse_line(argv[0], argv[1:]))
    except Exception:  # an error message would disturb the line
        return


def _parse_line(shell: str, sent: list[str]) -> tuple[list[str], str, Show]:
    """Return the words, the word that is being typed, and the function that formats candidates."""
    if shell == "bash":
        from disquectl.completion import bash

        return bash.parse_line(sent)
    if shell == "zsh":
        from disquectl.completion import zsh

        return zsh.parse_line(sent)
    from disquectl.completion import fish

    return fish.parse_line(sent)


def _complete(words: list[str], partial: str, show: Show) -> None:
    expected = expect(words, partial)
    candidates = static(expected, partial)
    _write(_directive(expected, candidates) + b"\0" + show(candidates))
    kind = expected.parameter.type.name if expected.parameter and not expected.flags else ""
    if kind not in LIVE_KINDS or (kind == "queue" and partial.startswith("-")):
        return
    _end_soon()
    from disquectl.completion.live import names

    before = prefix(expected, partial)
    known = {value for value, _ in candidates}
    found = names(kind, expected.given, partial[len(before) :], TIMEOUT_SECONDS)
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
    """Exit the process after TIMEOUT_SECONDS, from a thread: signals do not interrupt a host name lookup."""
    from _thread import start_new_thread
    from time import sleep

    def end() -> None:
        sleep(TIMEOUT_SECONDS)
        os._exit(0)

    start_new_thread(end, ())
