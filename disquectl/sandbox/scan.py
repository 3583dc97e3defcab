"""Scans of a node's jobs or queues in pages, with a number as cursor.

Items only need a `serial` that increases. A scan goes from the newest to the oldest: items that exist all the
time are returned once, and items that are added meanwhile cannot make it endless.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Protocol, TypeVar

from disquectl.sandbox.sortedruns import SortedRuns


class Numbered(Protocol):
    serial: int


T = TypeVar("T", bound=Numbered)


class Scanner(SortedRuns[T]):
    """A collection sorted by serial; the cost of a page is the number of items it checks."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(attrgetter("serial"))

    def page(self, cursor: int, wanted: int | None, fits: Callable[[T], bool]) -> tuple[int, list[T]]:
        """Return the next cursor (0: the end) and the items from `cursor` on for which `fits`.

        `wanted` is a hint: at most ten times as many are checked. None returns all, oldest first.
        """
        if wanted is None:
            return 0, [item for item in self if not 0 < cursor < item.serial and fits(item)]
        found: list[T] = []
        for looked_at, item in enumerate(self.down_from(cursor) if cursor else reversed(self)):
            if looked_at and (looked_at >= wanted * 10 or len(found) >= wanted):
                return item.serial, found
            if fits(item):
                found.append(item)
        return 0, found
