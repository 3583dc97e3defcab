"""When a condition of `wait` is true, by what the nodes answered. Pure: times are passed in.

Each rule takes the replies of one look at all nodes; nothing is decided while a node does not answer.
"""

from __future__ import annotations

from disquectl.errors import NothingThere, ReplyError
from disquectl.render.human import counted, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The pauses between looks, in seconds.
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0
_GROWTH = 1.5
# Disque deletes a job up to this long before the seconds that SHOW gives as `ttl` are over.
_EARLY_SECONDS = 1.0


class Verdict:
    """What one look found.

    is_true  whether the condition is true
    value    the figure that decides
    text     the state of things, for messages: "mail has 3 queued jobs"
    """

    __slots__ = ("is_true", "text", "value")

    def __init__(self, is_true: bool, value: int, text: str) -> None:
        self.is_true = is_true
        self.value = value
        self.text = text


class Pauses:
    """The pauses between looks: short at first, then longer, up to a second."""

    def __init__(self) -> None:
        self._next = FIRST_PAUSE

    def next(self, left: float | None) -> float:
        """The next pause; at most what is `left`, None for no limit."""
        pause, self._next = self._next, min(self._next * _GROWTH, LONGEST_PAUSE)
        return pause if left is None else max(min(pause, left), 0)


class Twice:
    """Whether something was seen twice in a row. One scan of Disque may miss a job that moves."""

    def __init__(self) -> None:
        self._times = 0

    def seen(self, is_so: bool) -> bool:
        """Take what a complete look found; whether that is the second time in a row."""
        self._times = self._times + 1 if is_so else 0
        return self._times > 1


def lengths(found: Mapping[bytes, int], at_most: int) -> Verdict:
    """Whether no queue has more queued jobs; `found` are the sums over all nodes."""
    queue, longest = max(found.items(), key=lambda one: one[1])
    return Verdict(longest <= at_most, longest, f"{name(queue)} has {counted(longest, 'queued job')}")


def consumers(found: Mapping[bytes, int], at_least: int) -> Verdict:
    """Whether each queue has at least this many consumers."""
    queue, fewest = min(found.items(), key=lambda one: one[1])
    return Verdict(fewest >= at_least, fewest, f"{name(queue)} has {counted(fewest, 'consumer')}")


def nodes(answering: int, at_least: int) -> Verdict:
    """Whether at least this many nodes answer. (That all known ones do is a condition of every look.)"""
    return Verdict(answering >= at_least, answering, counted(answering, "node answers", "nodes answer"))


def is_alive(states: Iterable[bytes]) -> bool:
    """Whether a job with replicas in these states is not gone: a replica anywhere, and none acknowledged."""
    some = set(states)
    return bool(some) and b"acked" not in some


def is_only_at(node_id: str, states: Mapping[str, bytes]) -> bool:
    """Whether a job with replicas in these states, by node ID, is lost without this node."""
    return states.keys() == {node_id} and is_alive(states.values())


class GoneJobs:
    """`--job`: whether no node knows these jobs any longer."""

    def __init__(self, job_ids: Iterable[bytes], *, gone_ok: bool) -> None:
        """`gone_ok`: whether jobs that are unknown at the first look count as gone."""
        self._gone_ok = gone_ok
        # The time at which each job may be deleted at the earliest because its TTL ends; None: not seen yet.
        self._ends: dict[bytes, float | None] = dict.fromkeys(job_ids)

    @property
    def pending(self) -> list[bytes]:
        """The jobs to look for."""
        return list(self._ends)

    def seen(self, ttls: Mapping[bytes, int], now: float) -> Verdict:
        """Take a complete look at the pending jobs: the TTL in seconds that is left to each known one.

        Raises NothingThere for a job that is unknown at the first look, and ReplyError for one whose TTL
        ended meanwhile. `now` is in seconds of a monotonic clock.
        """
        unknown, expired = [], []
        for job_id, end in list(self._ends.items()):
            if job_id in ttls:
                self._ends[job_id] = now + ttls[job_id] - _EARLY_SECONDS
                continue
            del self._ends[job_id]
            if end is None:
                unknown.append(job_id)
            elif now >= end:
                expired.append(job_id)
        if expired:
            raise ReplyError(
                f"ERR {_ids(expired)}: the TTL ended while waiting",
                "no consumer acknowledged it in time, as far as can be known",
            )
        if unknown and not self._gone_ok:
            raise NothingThere(f"{_ids(unknown)}: no node knows it", "with --gone-ok that counts as gone")
        count = len(self._ends)
        first = next(iter(self._ends), b"").decode()
        return Verdict(
            not count, count, f"{counted(count, 'job')} left, such as {first}" if count else "gone"
        )


def timed_out(seconds: float, text: str) -> str:
    """The message for the end of --timeout."""
    return f"not true within {duration(seconds)}: {text}"


def name(queue: bytes) -> str:
    """A queue in messages; control characters are escaped where they are written."""
    return queue.decode("utf-8", "backslashreplace")


def _ids(job_ids: list[bytes]) -> str:
    more = f" and {len(job_ids) - 1} more" if len(job_ids) > 1 else ""
    return job_ids[0].decode("utf-8", "backslashreplace") + more
