"""Splits a line into words, quoted as in redis-cli.

Words are separated by blanks. In "..." a backslash escapes n, r, t, b, a, xHH, a quote or itself; in '...'
only a quote. A closing quote ends its word. Pure; it must not know commands.
"""

from __future__ import annotations

from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    # The line, the start of a word, and the words before it -> the end of a word to take as it is, or 0.
    Verbatim = Callable[[bytes, int, "list[Span]"], int]

ESCAPES = {0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09, 0x62: 0x08, 0x61: 0x07}
BLANKS = b" \t\r\n\x0b\x0c\x00"
DOUBLE, SINGLE, BACKSLASH = 0x22, 0x27, 0x5C
HEX = b"0123456789abcdefABCDEF"
_HOW_TO_QUOTE = """put a word that contains quotes into single quotes: '{"a": 1}'"""


class UnclosedQuote(UsageError):
    """The line ends inside quotes; `partial` is the value of the unfinished word."""

    def __init__(self, message: str, partial: bytes) -> None:
        super().__init__(message)
        self.partial = partial


class Span:
    """A word and its place in the line: `line[start:end]`, with its quotes; `value` is without them."""

    __slots__ = ("end", "quoted", "start", "value")

    def __init__(self, value: bytes, start: int, end: int, quoted: bool) -> None:
        self.value = value
        self.start = start
        self.end = end
        self.quoted = quoted


def split(line: bytes) -> list[bytes]:
    """The words of a line; an empty quoted word counts. Raises UsageError for wrong quotes."""
    if b'"' not in line and b"'" not in line and b"\0" not in line:
        return line.split()
    spans, problem = scan(line)
    if problem is not None:
        raise problem
    return [span.value for span in spans]


def scan(
    line: bytes, stops: Container[bytes] = (), verbatim: Verbatim | None = None
) -> tuple[list[Span], UsageError | None]:
    """The words with their places, and what is wrong with the last one, or None.

    The scan ends after an unquoted word that is in `stops`. `verbatim` finds words that are taken as they
    are, with their quotes and blanks; it raises UnclosedQuote for one that goes on after the line.
    """
    spans: list[Span] = []
    at = 0
    while True:
        while at < len(line) and line[at] in BLANKS:
            at += 1
        if at >= len(line):
            return spans, None
        start = at
        try:
            end = verbatim(line, start, spans) if verbatim is not None else 0
            if end:
                spans.append(Span(line[start:end], start, end, True))
                at = end
                continue
            word, at = _word(line, start)
        except UsageError as problem:
            partial = problem.partial if isinstance(problem, UnclosedQuote) else line[start:]
            spans.append(Span(partial, start, len(line), True))
            return spans, problem
        spans.append(Span(word, start, at, word != line[start:at]))
        if word in stops and not spans[-1].quoted:
            return spans, None


def _word(line: bytes, at: int) -> tuple[bytes, int]:
    word = bytearray()
    while at < len(line) and line[at] not in BLANKS:
        if line[at] in (DOUBLE, SINGLE):
            try:
                quoted, at = _double(line, at + 1) if line[at] == DOUBLE else _single(line, at + 1)
            except UnclosedQuote as problem:
                problem.partial = bytes(word) + problem.partial
                raise
            word += quoted
            if at < len(line) and line[at] not in BLANKS:
                raise UsageError("a closing quote is not followed by a blank", _HOW_TO_QUOTE)
        else:
            word.append(line[at])
            at += 1
    return bytes(word), at


def _double(line: bytes, at: int) -> tuple[bytes, int]:
    word = bytearray()
    while at < len(line):
        char = line[at]
        if char == DOUBLE:
            return bytes(word), at + 1
        if char == BACKSLASH and at + 1 < len(line):
            digits = line[at + 2 : at + 4]
            if line[at + 1] == 0x78 and len(digits) == 2 and digits[0] in HEX and digits[1] in HEX:
                word.append(int(digits, 16))
                at += 4
                continue
            char = ESCAPES.get(line[at + 1], line[at + 1])
            at += 1
        word.append(char)
        at += 1
    raise UnclosedQuote('a " is not closed', bytes(word))


def _single(line: bytes, at: int) -> tuple[bytes, int]:
    word = bytearray()
    while at < len(line):
        char = line[at]
        if char == SINGLE:
            return bytes(word), at + 1
        if char == BACKSLASH and line[at + 1 : at + 2] == b"'":
            char = SINGLE
            at += 1
        word.append(char)
        at += 1
    raise UnclosedQuote("a ' is not closed", bytes(word))
