"""Whose turn it is: the queues that the next GETJOB names, so that each gets its weight. Pure.

GETJOB visits the queues that it names from left to right, one job of each in a round, round after round, and
a queue may be named several times. So the names are the next turns of a fixed cycle, in which a queue of
weight 5 stands five times, and behind them every queue once: an empty one never holds up a full one.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class WeightedRoundRobin:
    """The cycle, and how far it has come."""

    def __init__(self, queues: Sequence[tuple[bytes, int]], strict: bool = False) -> None:
        """Names with weights of 1 or more; `strict` takes all of the first queue before the second."""
        self._names = [name for name, _ in queues]
        self._strict = strict
        self._cycle = interleaved(queues)
        self._at = 0

    def names(self, count: int, closed: Collection[bytes] = ()) -> list[bytes]:
        """The names for a GETJOB of so many jobs, without the closed queues; empty where all are closed."""
        if self._strict:
            return [name for name in self._names if name not in closed for _ in range(count)]
        cycle = self._cycle
        if len(cycle) == 1:
            return [] if cycle[0] in closed else list(cycle)
        turn = cycle[self._at :] + cycle[: self._at]
        if closed:
            turn = [name for name in turn if name not in closed]
        if not turn:
            return []
        times, rest = divmod(count, len(turn))
        return turn * times + turn[:rest] + list(dict.fromkeys(turn))

    def took(self, count: int) -> None:
        """So many jobs have come."""
        self._at = (self._at + count) % len(self._cycle)


def interleaved(queues: Sequence[tuple[bytes, int]]) -> list[bytes]:
    """Each name as often as its weight says, spread evenly: `a,3 b,1` is a a b a."""
    weights: dict[bytes, int] = {}
    for name, weight in queues:
        weights[name] = weights.get(name, 0) + weight
    divisor = gcd(*weights.values())
    total = sum(weights.values()) // divisor
    credit = dict.fromkeys(weights, 0)
    cycle = []
    for _ in range(total):
        for name, weight in weights.items():
            credit[name] += weight // divisor
        chosen = max(credit, key=credit.__getitem__)
        credit[chosen] -= total
        cycle.append(chosen)
    return cycle
