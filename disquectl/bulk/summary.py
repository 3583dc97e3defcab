"""What became of the jobs that a command acted on: counts with reasons, as text, JSON, and exit. Pure.

Every job that matched has exactly one outcome, so that the outcomes add up to `matched`.
"""

from __future__ import annotations

from disquectl.errors import OutcomeUnknown, PartlyDone, ReplyError
from disquectl.merge.states import IN_FLIGHT
from disquectl.merge.states import UNKNOWN as MAYBE_QUEUED
from disquectl.render.human import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal

    from disquectl.errors import DisquectlError
    from disquectl.spec.shape import Record

    OutcomeKind = Literal["done", "gone", "skipped", "left", "pending", "doubled", "unknown"]

DONE: Final = "done"
GONE: Final = "gone"  # another client took it and acknowledged it, or its TTL ended
SKIPPED: Final = "skipped"  # not acted on, for a reason that makes that right
LEFT: Final = "left"  # refused, or not reached
PENDING: Final = "pending"  # Disque tells a node about it that did not answer
DOUBLED: Final = "doubled"  # copied, and the original was delivered or acknowledged meanwhile
UNKNOWN: Final = "unknown"  # copied perhaps: no answer came
KINDS: tuple[OutcomeKind, ...] = (DONE, GONE, SKIPPED, LEFT, PENDING, DOUBLED, UNKNOWN)

# Reasons that several commands give.
PENDING_REASON = "a node that does not answer may have a replica; Disque tells it later"
NOT_ANSWERED = "a node that has it did not answer"

_MEANINGS: dict[OutcomeKind, str] = {
    DONE: "done",
    GONE: "gone meanwhile",
    SKIPPED: "skipped",
    LEFT: "left",
    PENDING: "pending",
    DOUBLED: "doubled",
    UNKNOWN: "unknown",
}


class JobResult:
    """What became of one job. `new_id` and `to` are those of a copy; `reason` says more about the outcome."""

    __slots__ = ("job_id", "kind", "new_id", "queue", "reason", "to")

    def __init__(
        self,
        job_id: bytes,
        queue: bytes,
        kind: OutcomeKind,
        reason: str = "",
        *,
        new_id: bytes | None = None,
        to: bytes = b"",
    ) -> None:
        self.job_id = job_id
        self.queue = queue
        self.kind: OutcomeKind = kind
        self.reason = reason
        self.new_id = new_id
        self.to = to


class DoneJobs:
    """Jobs of one queue that were done, many at a time: for acting on a million of them."""

    __slots__ = ("job_ids", "queue")

    def __init__(self, job_ids: list[bytes], queue: bytes) -> None:
        self.job_ids = job_ids
        self.queue = queue


class Summary:
    """Counts the outcomes.

    counts        outcome -> number of jobs
    reasons       (outcome, reason) -> number of jobs, where a reason was given
    not_selected  jobs in flight that pass all other words and were not asked for
    """

    def __init__(self) -> None:
        self.counts: dict[OutcomeKind, int] = dict.fromkeys(KINDS, 0)
        self.reasons: dict[tuple[OutcomeKind, str], int] = {}
        self.not_selected = 0

    @property
    def matched(self) -> int:
        """The number of jobs with an outcome."""
        return sum(self.counts.values())

    def add(self, outcome: OutcomeKind, reason: str = "", count: int = 1) -> None:
        """Count jobs with this outcome."""
        self.counts[outcome] += count
        if reason:
            self.reasons[outcome, reason] = self.reasons.get((outcome, reason), 0) + count

    def record(self) -> Record:
        """The summary as a JSON object."""
        reasons = {
            f"{kind}_reasons": {reason: count for (of, reason), count in self.reasons.items() if of == kind}
            for kind in (SKIPPED, LEFT)
        }
        return {
            "matched": self.matched,
            **{kind: self.counts[kind] for kind in KINDS},
            **{name: by_reason for name, by_reason in reasons.items() if by_reason},
            "not_selected": self.not_selected,
        }

    def text(self) -> str:
        """The summary as a sentence: outcomes that occurred, with their reasons."""
        parts = [f"{counted(self.matched, 'job')} matched"]
        parts += [self.part(kind) for kind in KINDS if self.counts[kind] or kind == DONE]
        if self.not_selected:
            parts.append(f"{self.not_selected:,} in flight not selected")
        return ", ".join(parts)

    def part(self, kind: OutcomeKind) -> str:
        """How many jobs have this outcome, with the reasons."""
        reasons = [
            f"{count:,} {reason}" if count < self.counts[kind] else reason
            for (of, reason), count in self.reasons.items()
            if of == kind
        ]
        part = f"{self.counts[kind]:,} {_MEANINGS[kind]}"
        return f"{part} ({'; '.join(reasons)})" if reasons else part

    def error(self, *, is_complete: bool) -> DisquectlError | None:
        """The error to end with, None if every job is done, gone or skipped.

        `is_complete`: whether all nodes have answered; otherwise jobs may come back from the others.
        """
        text = self.text()
        if self.counts[DOUBLED] or self.counts[UNKNOWN]:
            return OutcomeUnknown(text, "look at the jobs that are named above")
        if is_complete and self.counts[LEFT] and self.counts[LEFT] == self.matched:
            return ReplyError(f"ERR {text}")
        if self.counts[LEFT] or self.counts[PENDING] or not is_complete:
            return PartlyDone(text)
        return None


def running_twice(counts: dict[tuple[bytes, str], int], states: frozenset[str]) -> str:
    """What to know before jobs that a consumer may have are acted on; "" if there are none."""
    taken = {IN_FLIGHT, MAYBE_QUEUED} & states
    count = sum(count for (_, state), count in counts.items() if state in taken)
    return f"{counted(count, 'job')} may be running now and will run twice" if count else ""


def by_state(counts: dict[tuple[bytes, str], int], limit: int = 8) -> list[tuple[bytes, str]]:
    """The queues with the most jobs, at most `limit`, with text such as `12 queued, 3 delayed`."""
    queues: dict[bytes, dict[str, int]] = {}
    for (queue, state), count in counts.items():
        queues.setdefault(queue, {})[state] = count
    largest = sorted(queues, key=lambda queue: (-sum(queues[queue].values()), queue))[:limit]
    return [
        (queue, ", ".join(f"{count:,} {state}" for state, count in sorted(queues[queue].items())))
        for queue in largest
    ]
