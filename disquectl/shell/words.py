"""Splits a line into words with their positions, and finds where its output is redirected.

Quoting is that of redis-cli; the body of ADDJOB may also be JSON without quotes. A word that is exactly
`|`, `>` or `>>`, unquoted, ends the words: a system command or a file follows. Positions count characters,
not bytes. Pure.
"""

from __future__ import annotations

import os

from disquectl.execution.parser import LiteralWord, looks_like_option
from disquectl.render.escape import quote
from disquectl.shell.json_words import end_of_json
from disquectl.spec.quoting import UnclosedQuote, scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.errors import UsageError

PIPE, WRITE, APPEND = "|", ">", ">>"
HANDOFFS = {b"|": PIPE, b">": WRITE, b">>": APPEND}
COMMENT = "#"
SYSTEM = "\\!"
# Words with a meaning to Disque where a name is allowed; as names they are quoted.
BARE_WORDS = ("FROM",)


class Word:
    """A word: its text (bytes that are not UTF-8 as surrogates); `line[start:end]` is it with its quotes."""

    __slots__ = ("end", "quoted", "start", "text")

    def __init__(self, text: str, start: int, end: int, quoted: bool) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.quoted = quoted

    @property
    def for_parser(self) -> str:
        """The text for the argument parser: a quoted word is never an option."""
        return LiteralWord(self.text) if self.quoted else self.text

    @property
    def is_option(self) -> bool:
        """Whether it looks like an option."""
        return not self.quoted and looks_like_option(self.text)


class Handoff:
    """Where the output goes: `symbol` is `|`, `>` or `>>`, `target` the rest of the line after it."""

    __slots__ = ("end", "start", "symbol", "target")

    def __init__(self, symbol: str, start: int, end: int, target: str) -> None:
        self.symbol = symbol
        self.start = start
        self.end = end
        self.target = target


class Line:
    """The words of a line, its handoff or None, and the error of its last word or None."""

    __slots__ = ("handoff", "problem", "text", "words")

    def __init__(
        self, text: str, words: list[Word], handoff: Handoff | None, problem: UsageError | None
    ) -> None:
        self.text = text
        self.words = words
        self.handoff = handoff
        self.problem = problem

    @property
    def unclosed(self) -> bool:
        """Whether it ends inside quotes and continues on the next line."""
        return isinstance(self.problem, UnclosedQuote)

    @property
    def typing(self) -> Word | None:
        """The word that is being typed: the last one, if no blank follows it."""
        if self.words and self.handoff is None and self.words[-1].end == len(self.text):
            return self.words[-1]
        return None


def split_line(text: str) -> Line:
    """Split the line; never raises, the error is in `Line.problem`."""
    begin = len(text) - len(text.lstrip())
    if text.startswith(SYSTEM, begin):
        return _system_line(text, begin)
    data = text.encode("utf-8", "surrogateescape" if _has_escaped_bytes(text) else "surrogatepass")
    spans, problem = scan(data, HANDOFFS, end_of_json)
    at = _positions(text, data)
    words = [Word(os.fsdecode(one.value), at(one.start), at(one.end), one.quoted) for one in spans]
    if not words or words[-1].quoted or spans[-1].value not in HANDOFFS:
        return Line(text, words, None, problem)
    last = words.pop()
    return Line(text, words, Handoff(last.text, last.start, last.end, text[last.end :].strip()), problem)


def _system_line(text: str, begin: int) -> Line:
    """Split a `\\!` line: the rest is one word, which sh splits."""
    rest = text[begin + len(SYSTEM) :].strip()
    words = [Word(SYSTEM, begin, begin + len(SYSTEM), False)]
    if rest:
        start = text.index(rest, begin + len(SYSTEM))
        words.append(Word(rest, start, start + len(rest), True))
    return Line(text, words, None, None)


def _has_escaped_bytes(text: str) -> bool:
    """Whether all lone surrogates in it represent bytes that are not UTF-8."""
    return all("\udc80" <= char <= "\udcff" for char in text if "\ud800" <= char <= "\udfff")


def _positions(text: str, data: bytes) -> Callable[[int], int]:
    """Return the function from byte positions to character positions."""
    if len(text) == len(data):
        return lambda at: at
    return lambda at: len(data[:at].decode("utf-8", "surrogateescape"))


def quoted(name: str) -> str:
    """Return the word as it has to be typed: in quotes if it would mean something else without them."""
    text = quote(os.fsencode(name))
    special = name in (PIPE, WRITE, APPEND) or name.upper() in BARE_WORDS or looks_like_option(name)
    plain = text[1:-1] == name and name != "" and not any(char in " '" for char in name)
    return name if plain and not special else text


def commands_of(text: str) -> list[str]:
    """Return the commands in the text, without comments; a line break inside quotes does not end one."""
    found: list[str] = []
    pending = ""
    for line in text.split("\n"):
        pending = f"{pending}\n{line}" if pending else line.rstrip("\r")
        if split_line(pending).unclosed:
            continue
        if pending.strip() and not pending.lstrip().startswith(COMMENT):
            found.append(pending)
        pending = ""
    return found + ([pending] if pending else [])
