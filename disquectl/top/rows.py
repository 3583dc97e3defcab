"""The rows of each list: which pass the filter, and in which order. Pure."""

from __future__ import annotations

from typing import Literal

from disquectl.spec.queue_patterns import is_pattern, matcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    from disquectl.spec.parameters import Record
    from disquectl.top.model import NodeRow, QueueRow

    # A record of `doctor`.
    Problem: TypeAlias = Record

Screen = Literal["queues", "jobs", "job", "nodes", "dead", "letter", "problems", "problem", "help"]
DEFAULT_ORDER = "trouble"
# The columns that a list can be sorted by, in the order of the key; the first is the default.
ORDERS: dict[Screen, tuple[str, ...]] = {
    "queues": (DEFAULT_ORDER, "queue", "queued", "rate_in", "rate_out", "oldest_age", "waiting"),
    "jobs": ("age", "state", "ttl", "nacks"),
    "dead": ("failed", "queue", "reason"),
    "nodes": (DEFAULT_ORDER,),
    "problems": (DEFAULT_ORDER,),
}


def passes(text: str) -> Callable[[bytes], bool]:
    """A test whether a name contains the text, in any case, or matches it as a pattern."""
    wanted = text.encode("utf-8", "surrogateescape")
    if is_pattern(wanted):
        return matcher(wanted)
    low = wanted.lower()
    return lambda name: low in name.lower()


def arranged(
    found: Sequence[QueueRow], text: str = "", sort: str = DEFAULT_ORDER, is_reversed: bool = False
) -> list[QueueRow]:
    """The rows of queues that pass the filter, in the chosen order: those in trouble first by default."""
    test = passes(text) if text else None
    rows = [row for row in found if test is None or test(row.queue)]
    if sort == "queue":
        rows.sort(key=lambda row: row.queue, reverse=is_reversed)
        return rows
    if sort == DEFAULT_ORDER:  # the order of the snapshot
        return rows[::-1] if is_reversed else rows
    rows.sort(key=lambda row: row.queue)
    rows.sort(key=lambda row: getattr(row, sort) or 0, reverse=not is_reversed)
    return rows


def jobs_of(found: Iterable[Record], text: str, sort: str, is_reversed: bool) -> list[Record]:
    """Jobs whose ID, state or body passes the filter; the oldest first by default."""
    rows = _that_pass(found, text, ("id", "state", "body"))
    if sort == "state":
        rows.sort(key=lambda job: str(job["state"]))
    elif sort in ("ttl", "nacks"):
        rows.sort(key=lambda job: job[sort] or 0, reverse=sort == "nacks")
    return rows[::-1] if is_reversed else rows


def letters_of(found: Iterable[Record], text: str, sort: str, is_reversed: bool) -> list[Record]:
    """Dead letters whose ID, queue or reason passes the filter; the last to die first by default."""
    rows = _that_pass(found, text, ("id", "job", "queue", "dead_queue", "reason"))
    if sort in ("queue", "reason"):
        rows.sort(key=lambda letter: _bytes(letter[sort]))
    return rows[::-1] if is_reversed else rows


def nodes_of(found: Iterable[NodeRow], text: str, is_reversed: bool) -> list[NodeRow]:
    """Nodes whose name or ID passes the filter; those in trouble first by default."""
    test = passes(text) if text else None
    rows = [row for row in found if test is None or test(row.name.encode()) or test(row.node_id.encode())]
    return rows[::-1] if is_reversed else rows


def problems_of(found: Iterable[Problem], text: str, is_reversed: bool) -> dict[bytes, Problem]:
    """Findings whose rule or text passes the filter, by a name; the worst first by default."""
    named: dict[bytes, Problem] = {}
    for problem in _that_pass(found, text, ("severity", "rule", "what")):
        # The command has the name of the queue or node; figures change.
        name = _bytes(f"{problem['rule']} {problem['command']}")
        while name in named:
            name += b"+"
        named[name] = problem
    return dict(reversed(named.items())) if is_reversed else named


def _that_pass(found: Iterable[Record], text: str, fields: tuple[str, ...]) -> list[Record]:
    if not text:
        return list(found)
    test = passes(text)
    return [record for record in found if any(test(_bytes(record[name])) for name in fields)]


def _bytes(value: object) -> bytes:
    """A field as text; a letter of another program may have any JSON value there."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
