"""A sorted collection that stays quick when it is long.

Its items are kept in runs of bounded length, so that adding or removing one, anywhere, compares it with about
log n others and moves no more than one run.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Generic, TypeVar

# A run is split when it has twice as many items as this.
RUN_LENGTH = 512

T = TypeVar("T")
Key = tuple[int, bytes] | int


class SortedRuns(Generic[T]):
    """Items in the order of `key`, which must not change and is different for each item."""

    __slots__ = ("_key", "_length", "_runs")

    def __init__(self, key: Callable[[T], Key]) -> None:
        self._key: Callable[[T], Key] = key
        self._runs: list[list[T]] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._runs)

    def __reversed__(self) -> Iterator[T]:
        return chain.from_iterable(reversed(run) for run in reversed(self._runs))

    def add(self, item: T) -> None:
        self._length += 1
        wanted = self._key(item)
        runs = self._runs
        at = len(runs) - 1
        if at < 0 or self._key(runs[at][-1]) < wanted:  # type: ignore[operator]  # keys of one kind
            if at < 0 or len(runs[at]) >= RUN_LENGTH:
                runs.append([item])
            else:
                runs[at].append(item)
            return
        at = self._run_with(wanted)
        run = runs[at]
        run.insert(bisect_left(run, wanted, key=self._key), item)
        if len(run) > 2 * RUN_LENGTH:
            runs[at : at + 1] = [run[:RUN_LENGTH], run[RUN_LENGTH:]]

    def remove(self, item: T) -> None:
        """Remove `item`; it must be present."""
        if self._runs[0][0] is item:
            self.pop_first()
            return
        wanted = self._key(item)
        at = self._run_with(wanted)
        run = self._runs[at]
        self._length -= 1
        del run[bisect_left(run, wanted, key=self._key)]
        if not run:
            del self._runs[at]

    def pop_first(self) -> T:
        """Remove and return the first item; there must be one."""
        run = self._runs[0]
        self._length -= 1
        item = run.pop(0)
        if not run:
            del self._runs[0]
        return item

    def first(self, count: int) -> list[T]:
        """Return up to `count` items from the start."""
        return list(islice(self, count))

    def last(self, count: int) -> list[T]:
        """Return up to `count` items from the end, last first."""
        return list(islice(reversed(self), count))

    def down_from(self, limit: Key) -> Iterator[T]:
        """Yield the items whose key is at most `limit`, last first."""
        at = self._run_with(limit)
        if at < len(self._runs):
            run = self._runs[at]
            yield from reversed(run[: bisect_right(run, limit, key=self._key)])
        yield from chain.from_iterable(reversed(self._runs[below]) for below in range(at - 1, -1, -1))

    def _run_with(self, wanted: Key) -> int:
        """Return the index of the run for `wanted`: the first that does not end before it."""
        key = self._key
        return bisect_left(self._runs, wanted, key=lambda run: key(run[-1]))
