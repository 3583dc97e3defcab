"""Finds names by prefix, substring or subsequence; fast with a hundred thousand names.

Prefix matches come first, then substrings, then names that contain the letters in this order.
Case-insensitive. The subsequence search stops after FUZZY_SECONDS, so that typing never waits. Pure, except
for that clock.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left, bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 60
FUZZY_SECONDS = 0.006
CHUNK = 1 << 14


class Index:
    """Names, sorted for `find`. Built once, never changed."""

    __slots__ = ("_blob", "_folded", "_names", "_starts")

    def __init__(self, names: Iterable[str]) -> None:
        pairs = sorted((name.casefold().replace("\n", " "), name) for name in names)
        self._folded = [folded for folded, _ in pairs]
        self._names = [name for _, name in pairs]
        # All names in one text, one a line: str.find and re search it in C.
        self._blob = "\n".join(self._folded)
        self._starts: list[int] = []
        at = 0
        for folded in self._folded:
            self._starts.append(at)
            at += len(folded) + 1

    def __len__(self) -> int:
        return len(self._names)

    def find(self, typed: str, limit: int = LIMIT) -> list[str]:
        """Return at most `limit` names that match, best first; all names match the empty text."""
        typed = typed.casefold().replace("\n", " ")
        found = self._beginning(typed, limit)
        if typed and len(found) < limit:
            self._containing(typed, found, limit)
        if len(typed) > 1 and len(found) < limit:
            self._scattered(typed, found, limit)
        return [self._names[place] for place in found]

    def _beginning(self, typed: str, limit: int) -> dict[int, None]:
        first = bisect_left(self._folded, typed)
        found: dict[int, None] = {}
        for place in range(first, min(first + limit, len(self._folded))):
            if not self._folded[place].startswith(typed):
                break
            found[place] = None
        return found

    def _containing(self, typed: str, found: dict[int, None], limit: int) -> None:
        at = self._blob.find(typed)
        while at >= 0 and len(found) < limit:
            place = bisect_right(self._starts, at) - 1
            found[place] = None
            end = self._starts[place] + len(self._folded[place])
            at = self._blob.find(typed, end)

    def _scattered(self, typed: str, found: dict[int, None], limit: int) -> None:
        pattern = re.compile(".*?".join(re.escape(char) for char in typed))
        deadline = time.perf_counter() + FUZZY_SECONDS
        at = 0
        while at < len(self._blob) and len(found) < limit and time.perf_counter() < deadline:
            end = self._blob.find("\n", at + CHUNK)
            end = len(self._blob) if end < 0 else end
            for match in pattern.finditer(self._blob, at, end):
                found[bisect_right(self._starts, match.start()) - 1] = None
                if len(found) >= limit:
                    return
            at = end + 1


def rank(typed: str, names: Iterable[str]) -> list[str]:
    """Return those of a few names that match, in the same order as `Index.find`; ties keep their order."""
    typed = typed.casefold()
    found: tuple[list[str], list[str], list[str]] = ([], [], [])
    for name in names:
        folded = name.casefold()
        if folded.startswith(typed):
            found[0].append(name)
        elif typed in folded:
            found[1].append(name)
        elif len(typed) > 1 and _has_letters(typed, folded):
            found[2].append(name)
    return [*found[0], *found[1], *found[2]]


def _has_letters(typed: str, folded: str) -> bool:
    at = -1
    for char in typed:
        at = folded.find(char, at + 1)
        if at < 0:
            return False
    return True
