"""Walk over a node's jobs or queues in pages, with a number as cursor.

Knows neither jobs nor queues, only that each has a `serial` that grows. A walk goes from the newest to the
oldest: what is there all the time is found once, and what comes meanwhile cannot make it endless.
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
    """One collection in the order of its serials; a page costs no more than it looks at."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(attrgetter("serial"))

    def page(self, cursor: int, wanted: int | None, fits: Callable[[T], bool]) -> tuple[int, list[T]]:
        """From `cursor` on: the next cursor (0: that was all) and what `fits`.

        `wanted` is a hint: ten times as many are looked at. None takes all at once, the oldest first.
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
