"""Quotes a command of the screen for a system's shell, and a finding's command for the screen.

The screen quotes as redis-cli does (spec.quoting), where "$(...)" is text; a
shell runs it as a command. Pure.
"""

from __future__ import annotations

import os
import re

from disquectl.render.escape import shell_word
from disquectl.shell.words import quoted, split_line
from disquectl.spec.quoting import split

# The words in quotes that render.escape.shell_word writes.
_OF_A_SHELL = re.compile(r"\$'(?P<escaped>[^']*)'|'(?P<text>[^']*(?:'\\''[^']*)*)'")


def as_pasted(line: str) -> str:
    """The line with its words quoted for a shell; unchanged if it is not just words."""
    reading = split_line(line)
    if reading.problem is not None or reading.handoff is not None:
        return line
    return " ".join(shell_word(word.text) for word in reading.words)


def as_typed_here(command: str) -> str:
    """The command of a finding, which is quoted for a shell, as it is typed into the line of the screen."""
    return _OF_A_SHELL.sub(_word, command.removeprefix("disquectl "))


def _word(found: re.Match[str]) -> str:
    if found["escaped"] is None:
        return quoted(found["text"].replace("'\\''", "'"))
    # The escapes are the same in both.
    escaped = found["escaped"].replace('"', '\\"')
    return quoted(os.fsdecode(split(f'"{escaped}"'.encode())[0]))
