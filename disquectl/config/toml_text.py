"""What Python's TOML parser does not tell of a text: its comments, and the lines that begin within a value.

Knows strings, comments and brackets, and nothing of keys and tables. Pure; a text that is no TOML raises
nothing.
"""

from __future__ import annotations


class Scan:
    """The `comments` of a text in their order, each from its `#`; `within`, the lines (from 1) that begin
    within a string or a list."""

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
    """Behind the comment or string that begins here, or the one character that is neither."""
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
            # The last three of up to five quotes are the end.
            for _ in range(2 if len(quote) == 3 else 0):
                end += text.startswith(char, end)
            return end
        elif text[end] == "\n" and len(quote) == 1:
            return end
        else:
            end += 1
    return len(text)
