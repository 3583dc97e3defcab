"""Splits inline requests into words, and quotes arguments as MONITOR does.

Pure; the rules are those of Disque 1.0-rc1.
"""

from __future__ import annotations

_BLANKS = b" \t\n\v\f\r"
# An unquoted word does not end at the two other blanks.
_WORD_ENDS = b" \t\n\r"
_HEX = b"0123456789abcdefABCDEF"
_ESCAPES = {0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09, 0x62: 0x08, 0x61: 0x07}
_QUOTED = {0x5C: b"\\\\", 0x22: b'\\"', 0x0A: b"\\n", 0x0D: b"\\r", 0x09: b"\\t", 0x07: b"\\a", 0x08: b"\\b"}
_SHOWN = [_QUOTED.get(c) or (bytes([c]) if 0x20 <= c < 0x7F else b"\\x%02x" % c) for c in range(256)]


def split_words(line: bytes) -> list[bytes] | None:
    """Return the words of `line` (without its end), or None if quotes are unbalanced.

    Empty words are dropped: an inline request cannot carry an empty argument.
    """
    if b'"' not in line and b"'" not in line and b"\v" not in line and b"\f" not in line:
        return line.split()
    words: list[bytes] = []
    at = 0
    while True:
        while at < len(line) and line[at] in _BLANKS:
            at += 1
        if at == len(line):
            return words
        found = _read_word(line, at)
        if found is None:
            return None
        word, at = found
        if word:
            words.append(word)


def _read_word(line: bytes, at: int) -> tuple[bytes, int] | None:
    """Return the word that starts at `at`, and where it ends; a quote may open in its middle."""
    word = bytearray()
    while at < len(line) and line[at] not in _WORD_ENDS:
        if line[at] not in b"\"'":
            word.append(line[at])
            at += 1
            continue
        end = _read_quoted(line, at, word)
        if end < 0 or (end < len(line) and line[end] not in _BLANKS):
            return None
        return bytes(word), end
    return bytes(word), at


def _read_quoted(line: bytes, at: int, word: bytearray) -> int:
    """Add the quoted text at `at` to `word`; return the position after it, -1 if it is unclosed."""
    quote = line[at]
    at += 1
    while at < len(line):
        char = line[at]
        if char == quote:
            return at + 1
        if char == 0x5C and at + 1 < len(line):
            if quote == 0x22:
                at = _read_escape(line, at, word)
                continue
            if line[at + 1] == 0x27:
                word.append(0x27)
                at += 2
                continue
        word.append(char)
        at += 1
    return -1


def _read_escape(line: bytes, at: int, word: bytearray) -> int:
    """Add the character of the escape at `at`; return the position after it."""
    following = line[at + 1]
    digits = line[at + 2 : at + 4]
    if following == 0x78 and len(digits) == 2 and all(digit in _HEX for digit in digits):
        word.append(int(digits, 16))
        return at + 4
    word.append(_ESCAPES.get(following, following))
    return at + 2


def quote(word: bytes) -> bytes:
    """Return `word` in double quotes, as MONITOR shows it."""
    return b'"' + b"".join([_SHOWN[char] for char in word]) + b'"'
