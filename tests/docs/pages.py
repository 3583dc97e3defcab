"""The documents as data: which there are, the examples in them, the links, and what an example may answer.

Pure but for the lists of files. An example is a block of kind `console`: lines that begin with `$ `, and
those that go on with `>`, are typed; what follows is what comes back. `...` stands for anything; IDs, ports
and the time of day may differ.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
HELP = ROOT / "disquectl" / "help"
CHANGELOG = ROOT / "CHANGELOG.md"

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# What differs from run to run: job IDs, node IDs, a port of the sandbox, the time of day.
_VARIES = {
    r"D-[0-9a-f]{8}-[A-Za-z0-9+/]{24}-[0-9a-f]{4}": r"D-[0-9a-f]{8}-[A-Za-z0-9+/]{24}-[0-9a-f]{4}",
    r"\b[0-9a-f]{40}\b": r"[0-9a-f]{40}",
    r"127\.0\.0\.1:\d+": r"127\.0\.0\.1:\d+",
    r"\d\d:\d\d:\d\d\.\d\d\d": r"\d\d:\d\d:\d\d\.\d\d\d",
    r"\.\.\.": r"(?:.*)",
}
_VARYING = re.compile("|".join(f"({pattern})" for pattern in _VARIES))


class Example:
    """One command of a page and what the page says that it prints."""

    def __init__(self, command: str, output: str) -> None:
        self.command = command
        self.output = output


def pages() -> list[Path]:
    """All documents: the README, the changelog and the help."""
    return [README, CHANGELOG, *sorted(HELP.glob("*.md"))]


def examples(text: str) -> list[Example]:
    """The examples of a page, in order."""
    found: list[Example] = []
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            found.append(_split(part))
    return found


def _split(part: str) -> Example:
    """A command goes on with the lines that begin with `>`."""
    lines = part.split("\n")
    count = 1
    while count < len(lines) and lines[count].startswith(">"):
        count += 1
    typed = [lines[0], *(line[1:].removeprefix(" ") for line in lines[1:count])]
    return Example("\n".join(typed), "\n".join(lines[count:]))


def matches(expected: str, actual: str) -> bool:
    """Whether a command printed what the page says."""
    pattern, at = "", 0
    for varying in _VARYING.finditer(expected):
        pattern += re.escape(expected[at : varying.start()])
        pattern += list(_VARIES.values())[(varying.lastindex or 1) - 1]
        at = varying.end()
    pattern += re.escape(expected[at:])
    return re.fullmatch(pattern, actual, re.DOTALL) is not None


def links(text: str) -> list[str]:
    """The targets of the links and pictures of a page that lead to files."""
    return [target for target in _LINK.findall(text) if "://" not in target and not target.startswith("#")]
