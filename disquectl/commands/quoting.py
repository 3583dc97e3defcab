"""A line of text as words, quoted as in redis-cli.

Words part at blanks. In "..." a backslash writes n, r, t, b, a, xHH, a quote or itself; in '...' a quote.
A closing quote ends its word. Pure; knows no command.
"""

from __future__ import annotations

from disquectl.errors import UsageError

ESCAPES = {0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09, 0x62: 0x08, 0x61: 0x07}
BLANKS = b" \t\r\n\x0b\x0c\x00"
DOUBLE, SINGLE, BACKSLASH = 0x22, 0x27, 0x5C
HEX = b"0123456789abcdefABCDEF"


class UnclosedQuote(UsageError):
    """The line ends inside quotes."""


def split(line: bytes) -> list[bytes]:
    """The words of a line; an empty quoted word is a word. UsageError where the quotes are wrong."""
    words: list[bytes] = []
    at = 0
    while True:
        while at < len(line) and line[at] in BLANKS:
            at += 1
        if at >= len(line):
            return words
        word, at = _word(line, at)
        words.append(word)


def _word(line: bytes, at: int) -> tuple[bytes, int]:
    word = bytearray()
    while at < len(line) and line[at] not in BLANKS:
        if line[at] in (DOUBLE, SINGLE):
            quoted, at = _double(line, at + 1) if line[at] == DOUBLE else _single(line, at + 1)
            word += quoted
            if at < len(line) and line[at] not in BLANKS:
                raise UsageError("a closing quote is not followed by a blank")
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
    raise UnclosedQuote('a " is not closed')


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
    raise UnclosedQuote("a ' is not closed")
