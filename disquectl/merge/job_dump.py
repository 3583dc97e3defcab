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
from disquectl.protocol.shapes import unexpected

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
_NUMBERS = ("ttl", "retry", "delay", "replicate", "nacks", "additional_deliveries")
# Clocks that differ by less are taken to be the same.
SAME_CLOCK_MS = 1000
_CACHED_SECONDS = 100_000
_ENDS = [f".{ms:03d}Z" for ms in range(1000)]
_MAKER_ENDS = 10
# How long a node uses the time that it has read, with a margin.
_CLOCK_READ_MS = 120
# The end of a job ID has the TTL in minutes, but for its lowest bit, up to this number.
_MINUTES_AT = 36
_MOST_MINUTES = 0xFFFF


class _Seconds(dict[int, str]):
    """Seconds since 1970 -> `2026-07-29T10:00:03`, as far as they were asked for."""

    def __missing__(self, seconds: int) -> str:
        if len(self) >= _CACHED_SECONDS:
            self.clear()
        text = self[seconds] = strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))
        return text


class DumpRecords:
    """Makes records of replicas that one node has sent."""

    __slots__ = ("_clocks", "_seconds", "_usual")

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._seconds = _Seconds()
        # The end of an ID -> estimates of a TTL that are it.
        self._usual: dict[bytes, dict[int, int]] = {}

    def columns(
        self, replicas: list[FlatReplica], states: list[str], node_ms: float, node_id: str
    ) -> Columns:
        """The records of replicas with these states, read when the clock of this node said `node_ms`.

        Raises NotDisque for values of another type than Disque's, and for times that no calendar has.
        """
        try:
            found = self._columns(replicas, states, node_ms, node_id)
            if all(found.field(name).types == {int} for name in _NUMBERS):
                return found
            raise TypeError
        except (TypeError, OverflowError, OSError, ValueError):
            raise unexpected("JSCAN", replicas) from None

    def _columns(
        self, replicas: list[FlatReplica], states: list[str], node_ms: float, node_id: str
    ) -> Columns:
        created, expires, ttls = self._times(replicas, int(node_ms // 1000), node_id)
        node_ahead_ms = self._clocks.ahead_of(node_id)
        is_queued = states.count(QUEUED) == len(states)
        here_ms = int(node_ms - node_ahead_ms)
        values: tuple[Column, ...] = (
            Column([_text(replica[ID]) for replica in replicas], {str}),
            column([replica[QUEUE] for replica in replicas]),
            Column([replica[BODY] or b"" for replica in replicas], {bytes}),
            Column(created, {str}),
            Column(expires, {str}),
            column(ttls),
            column([replica[RETRY] for replica in replicas]),
            column([replica[DELAY] for replica in replicas]),
            Same([None], len(states))
            if is_queued
            else Column([self._due(*one, here_ms) for one in zip(replicas, states, strict=True)]),
            column([replica[REPL] or 1 for replica in replicas]),
            column([replica[NACKS] for replica in replicas]),
            column([replica[DELIVERIES] for replica in replicas]),
            column(states),
        )
        return Columns(DUMP_FIELDS, values)

    def _times(
        self, replicas: list[FlatReplica], node_seconds: int, node_id: str
    ) -> tuple[list[str], list[str], list[int]]:
        """Creation, expiry and TTL of each."""
        # One loop without calls, for speed with many millions of jobs, which are much alike.
        seconds = self._seconds
        created: list[str] = []
        expires: list[str] = []
        ttls: list[int] = []
        last_maker = last_end = b""
        shift_ms = difference_ms = 0
        usual: dict[int, int] = {}
        for replica in replicas:
            job_id: bytes = replica[ID]
            if job_id[:_MAKER_ENDS] != last_maker:
                last_maker = job_id[:_MAKER_ENDS]
                shift_ms = self._shift(job_id)
                difference_ms = round(self._clocks.ahead_of(node_id) - self._clocks.of_maker(job_id))
            if job_id[_MINUTES_AT:] != last_end:
                last_end = job_id[_MINUTES_AT:]
                usual = self._usual.setdefault(last_end, {})
            made_ms = replica[CTIME] // 1_000_000
            estimate = node_seconds + replica[TTL] - (made_ms + difference_ms) // 1000
            ttl = usual.get(estimate)
            if ttl is None:
                is_early = made_ms % 1000 <= _CLOCK_READ_MS
                ttl = whole_ttl(
                    last_end, estimate, is_early, not node_id.startswith(_text(job_id[2:_MAKER_ENDS]))
                )
                if ttl == estimate and ttl % 5 == 0:
                    # It is that, early or not, copy or not.
                    usual[estimate] = ttl
            # Disque refuses a job that would end before it is due.
            if ttl <= replica[DELAY]:
                ttl = replica[DELAY] + 1
            ttls.append(ttl)
            made_ms -= shift_ms
            made = made_ms // 1000
            end = _ENDS[made_ms % 1000]
            created.append(seconds[made] + end)
            expires.append(seconds[made + ttl] + end)
        return created, expires, ttls

    def _shift(self, job_id: bytes) -> int:
        """How much earlier than its ctime a job was created by our clock; 0 unless that is much."""
        ahead_ms = self._clocks.of_maker(job_id)
        return round(ahead_ms) if abs(ahead_ms) >= SAME_CLOCK_MS else 0

    def _due(self, replica: FlatReplica, state: str, here_ms: int) -> str | None:
        if state == QUEUED or replica[REQUEUE] is None:
            return None
        if state == DELAYED:
            return self.iso(replica[CTIME] // 1_000_000 - self._shift(replica[ID]) + replica[DELAY] * 1000)
        if replica[REQUEUE] > (replica[TTL] + 1) * 1000:
            return None
        return self.iso(here_ms + replica[REQUEUE])

    def iso(self, unix_ms: int) -> str:
        """`2026-07-29T10:00:03.250Z`. Raises OverflowError, OSError or ValueError for an impossible time."""
        return self._seconds[unix_ms // 1000] + _ENDS[unix_ms % 1000]


def whole_ttl(id_end: bytes, estimate: int, is_early: bool, is_copy: bool) -> int:
    """The TTL that a job was added with, in seconds; `estimate` may be off by one.

    Disque adds the TTL to a clock that it reads ten times a second: early in a second (`is_early`) it may
    end a second sooner. Other nodes than the one that created it (`is_copy`) may have a second more. The end
    of the ID has the TTL in minutes. Where that leaves a choice, a multiple of five is the most likely.
    """
    try:
        minutes = int(id_end, 16) | 1
    except ValueError:
        return estimate
    likely = [estimate, *([estimate + 1] if is_early else []), *([estimate - 1] if is_copy else [])]
    likely.sort(key=lambda ttl: ttl % 5 != 0)
    for ttl in (*likely, estimate + 1, estimate - 1):
        if min(ttl // 60, _MOST_MINUTES) | 1 == minutes:
            return ttl
    return estimate


def _text(job_id: bytes) -> str:
    return job_id.decode("utf-8", "backslashreplace")
