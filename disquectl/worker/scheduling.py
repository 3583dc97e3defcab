"""Weighted round robin: the queues that the next GETJOB names, so that each gets its share. Pure.

GETJOB visits the queues that it names from left to right, takes one job of each, and starts again; a queue
may be named several times. So the names are the next turns of a fixed cycle, in which a queue of weight 5
occurs five times, followed by every queue once: an empty queue never keeps jobs of another one waiting.
"""

from __future__ import annotations

from math import gcd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class WeightedRoundRobin:
    """The cycle of queues, and the position in it."""

    def __init__(self, queues: Sequence[tuple[bytes, int]], strict: bool = False) -> None:
        """`queues`: names with weights from 1. `strict` takes all jobs of one queue before the next."""
        self._names = [name for name, _ in queues]
        self._strict = strict
        self._cycle = interleaved(queues)
        self._at = 0

    def names(self, count: int, closed: Collection[bytes] = ()) -> list[bytes]:
        """Return the names for a GETJOB of `count` jobs, without closed queues; empty if all are closed."""
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
        """`count` jobs were delivered: move on in the cycle."""
        self._at = (self._at + count) % len(self._cycle)


def interleaved(queues: Sequence[tuple[bytes, int]]) -> list[bytes]:
    """Return each name as often as its weight says, spread evenly: `a,3 b,1` is a a b a."""
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
