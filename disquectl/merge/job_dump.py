"""Jobs as the records of a dump, made field by field from many replicas. Pure: times are passed in.

`created` is the job's ctime. By the clock of a node that is far from ours it would be read wrongly when the
dump is loaded; then it is what our clock said.
"""

from __future__ import annotations

from time import gmtime, strftime

from disquectl.merge.replicas import (
    BODY,
    CTIME,
    DELAY,
    DELIVERIES,
    ID,
    NACKS,
    QUEUE,
    REPL,
    REQUEUE,
    RETRY,
    TTL,
)
from disquectl.merge.states import DELAYED, QUEUED
from disquectl.protocol.columns import Column, Columns, Same, column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import FlatReplica

# One record, in this order. Times are ISO 8601, UTC; ttl, retry and delay are in seconds. `ttl` is the time
# from creation to expiry; `due` is when the job is queued next, null if it is queued or never will be.
DUMP_FIELDS = (
    "id",
    "queue",
    "body",
    "created",
    "expires",
    "ttl",
    "retry",
    "delay",
    "due",
    "replicate",
    "nacks",
    "additional_deliveries",
    "state",
)
# Clocks that differ by less are taken to be the same.
SAME_CLOCK_MS = 1000
_CACHED_SECONDS = 100_000
# The end of a job ID has the TTL in minutes, but for its lowest bit, up to this number.
_MINUTES_AT = 36
_MOST_MINUTES = 0xFFFF


class DumpRecords:
    """Makes records of replicas that one node has sent."""

    __slots__ = ("_clocks", "_texts")

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._texts: dict[int, str] = {}

    def columns(
        self, replicas: list[FlatReplica], states: list[str], node_ms: float, node_ahead_ms: float
    ) -> Columns:
        """The records of replicas with these states, read when the node's clock said `node_ms`.

        `node_ahead_ms`: how far that clock is ahead of ours.
        """
        created: list[str] = []
        expires: list[str] = []
        ttls: list[int] = []
        node_seconds = int(node_ms // 1000)
        for replica in replicas:
            maker_ahead_ms = self._clocks.of_maker(replica[ID])
            created_ms: int = replica[CTIME] // 1_000_000
            by_node_ms = created_ms + round(node_ahead_ms - maker_ahead_ms)
            ttl = whole_ttl(replica, node_seconds + replica[TTL] - by_node_ms // 1000)
            if abs(maker_ahead_ms) >= SAME_CLOCK_MS:
                created_ms -= round(maker_ahead_ms)
            created.append(self.iso(created_ms))
            expires.append(self.iso(created_ms + ttl * 1000))
            ttls.append(ttl)
        bodies = [replica[BODY] or b"" for replica in replicas]
        return Columns(
            DUMP_FIELDS,
            [
                Column([replica[ID].decode("utf-8", "backslashreplace") for replica in replicas], {str}),
                column([replica[QUEUE] for replica in replicas]),
                Column(bodies, {bytes}),
                Column(created, {str}),
                Column(expires, {str}),
                column(ttls),
                column([replica[RETRY] for replica in replicas]),
                column([replica[DELAY] for replica in replicas]),
                self._due(replicas, states, node_ms - node_ahead_ms),
                column([max(replica[REPL], 1) for replica in replicas]),
                column([replica[NACKS] for replica in replicas]),
                column([replica[DELIVERIES] for replica in replicas]),
                column(states),
            ],
        )

    def _due(self, replicas: list[FlatReplica], states: list[str], now_ms: float) -> Column:
        if states.count(QUEUED) == len(states):
            return Same([None], len(states))
        return Column([self._due_of(*one, now_ms) for one in zip(replicas, states, strict=True)])

    def _due_of(self, replica: FlatReplica, state: str, now_ms: float) -> str | None:
        if state == QUEUED or replica[REQUEUE] is None:
            return None
        if state == DELAYED:
            created_ms = replica[CTIME] // 1_000_000
            maker_ahead_ms = self._clocks.of_maker(replica[ID])
            if abs(maker_ahead_ms) >= SAME_CLOCK_MS:
                created_ms -= round(maker_ahead_ms)
            return self.iso(created_ms + replica[DELAY] * 1000)
        if replica[REQUEUE] > (replica[TTL] + 1) * 1000:
            return None
        return self.iso(int(now_ms) + replica[REQUEUE])

    def iso(self, unix_ms: int) -> str:
        """`2026-07-29T10:00:03.250Z`. Raises OverflowError or ValueError for a time that no calendar has."""
        seconds, ms = divmod(unix_ms, 1000)
        text = self._texts.get(seconds)
        if text is None:
            if len(self._texts) >= _CACHED_SECONDS:
                self._texts.clear()
            text = strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))
            self._texts[seconds] = text
        return f"{text}.{ms:03d}Z"


def whole_ttl(replica: FlatReplica, estimate: int) -> int:
    """The TTL that a job was added with, in seconds; `estimate` may be off by one.

    Disque adds the TTL to a clock that it reads ten times a second, and gives replicas a second more. The ID
    has the TTL in minutes.
    """
    try:
        minutes = int(replica[ID][_MINUTES_AT:], 16) | 1
    except ValueError:
        minutes = -1
    for ttl in (estimate, estimate + 1, estimate - 1):
        if min(ttl // 60, _MOST_MINUTES) | 1 == minutes:
            break
    else:
        ttl = estimate
    # Disque refuses a job that would end before it is due.
    delay: int = replica[DELAY]
    return max(ttl, delay + 1)
