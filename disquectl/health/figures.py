"""What `check` can check, and the figures of each item. Pure data."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Item = Literal["queue", "cluster", "node", "dead", "ping"]


class Figure:
    """One figure of an item.

    name   as in the options (`--NAME-warning`) and, with `_` for `-`, in JSON
    unit   its unit in performance data: "", "s", "ms" or "%"
    words  what a message calls it
    """

    __slots__ = ("name", "unit", "words")

    def __init__(self, name: str, unit: str, words: str) -> None:
        self.name = name
        self.unit = unit
        self.words = words

    @property
    def key(self) -> str:
        """Its name in JSON and in performance data."""
        return self.name.replace("-", "_")


# Item -> its figures; -w and -c are for the first.
ITEMS: dict[Item, tuple[Figure, ...]] = {
    "queue": (
        Figure("length", "", "length"),
        Figure("age", "s", "age of the oldest job"),
        Figure("in-flight", "", "jobs in flight"),
        Figure("consumers", "", "consumers"),
        Figure("rate-out", "", "jobs out per second"),
    ),
    "cluster": (
        Figure("reachable", "", "reachable nodes"),
        Figure("expected", "", "expected nodes"),
        Figure("leaving", "", "leaving nodes"),
        Figure("agreement", "", "agreement"),
    ),
    "node": (
        Figure("memory", "%", "memory in use"),
        Figure("clients", "", "clients"),
        Figure("aof-errors", "", "AOF errors"),
        Figure("uptime", "s", "uptime"),
        Figure("skew", "ms", "clock skew"),
    ),
    "dead": (
        Figure("letters", "", "dead letters"),
        Figure("newest", "s", "age of the newest letter"),
    ),
    "ping": (Figure("time", "ms", "round trip"),),
}
FIGURES = {figure.name: figure for figures in ITEMS.values() for figure in figures}
