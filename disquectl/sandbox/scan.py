"""Walk over a node's jobs or queues in pages, with a number as cursor.

Knows neither jobs nor queues, only that each has a `serial` that grows. A walk goes from the newest to the
oldest: what is there all the time is found once, and what comes meanwhile cannot make it endless.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Protocol, TypeVar


class Numbered(Protocol):
    serial: int


T = TypeVar("T", bound=Numbered)


class Scanner:
    """The order of one collection, kept only while somebody walks over it."""

    __slots__ = ("_keys", "_serials")

    def __init__(self) -> None:
        self._serials: list[int] = []
        self._keys: list[bytes] = []

    def page(
        self, items: dict[bytes, T], cursor: int, wanted: int | None, fits: Callable[[T], bool]
    ) -> tuple[int, list[T]]:
        """From `cursor` on: the next cursor (0: that was all) and what `fits`.

        `items` are in the order of their serials. `wanted` is a hint; None takes all at once.
        """
        if wanted is None:
            return 0, [item for item in items.values() if not 0 < cursor < item.serial and fits(item)]
        self._catch_up(items)
        found: list[T] = []
        left = bisect_right(self._serials, cursor) if cursor else len(self._serials)
        stop = left - max(wanted * 10, 1)
        while left:
            left -= 1
            item = items.get(self._keys[left])
            if item is not None and item.serial == self._serials[left] and fits(item):
                found.append(item)
            if left <= stop or len(found) >= wanted:
                break
        if left:
            return self._serials[left - 1], found
        self._serials.clear()
        self._keys.clear()
        return 0, found

    def _catch_up(self, items: dict[bytes, T]) -> None:
        """Add what came since; start anew when most of what is kept is gone."""
        if len(self._serials) > 2 * len(items) + 1000:
            self._serials.clear()
            self._keys.clear()
        known = self._serials[-1] if self._serials else -1
        new: list[tuple[int, bytes]] = []
        for key in reversed(items):
            serial = items[key].serial
            if serial <= known:
                break
            new.append((serial, key))
        for serial, key in reversed(new):
            self._serials.append(serial)
            self._keys.append(key)
