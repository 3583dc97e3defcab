"""Finds what Python's TOML parser leaves out: comments, and the lines that begin inside a value.

It knows strings, comments and brackets; it must not know keys and tables. Pure; invalid TOML raises nothing.
"""

from __future__ import annotations


class Scan:
    """The `comments` of a text in order, each from its `#`, and `within`: the numbers of the lines, from 1,
    that begin inside a string or a list."""

    __slots__ = ("comments", "within")

    def __init__(self, text: str) -> None:
        self.comments: list[str] = []
        self.within: set[int] = set()
        at, line, depth = 0, 1, 0
        while at < len(text):
            end = _behind(text, at)
            piece = text[at:end]
            if piece[0] == "#":
                self.comments.append(piece.rstrip("\r"))
            elif piece in "[{":
                depth += 1
            elif piece in "]}":
                depth -= 1
            inside = depth > 0 or len(piece) > 1
            for _ in range(piece.count("\n")):
                line += 1
                if inside:
                    self.within.add(line)
            at = end


def _behind(text: str, at: int) -> int:
    """The index after the comment or string that begins here, or after one other character."""
    char = text[at]
    if char == "#":
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    if char not in "'\"":
        return at + 1
    quote = char * 3 if text.startswith(char * 3, at) else char
    end = at + len(quote)
    while end < len(text):
        if text[end] == "\\" and char == '"':
            end += 2
        elif text.startswith(quote, end):
            end += len(quote)
            # Of up to five quotes, the last three end the string.
            for _ in range(2 if len(quote) == 3 else 0):
                end += text.startswith(char, end)
            return end
        elif text[end] == "\n" and len(quote) == 1:
            return end
        else:
            end += 1
    return len(text)
