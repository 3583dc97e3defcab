"""Dead letters as records: reading them, filtering them, and the ADDJOB that retries one. Pure."""

from __future__ import annotations

import time
from typing import Any

from disquectl.errors import UsageError
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS, check_numbers, number_words
from disquectl.protocol.worker_names import SHORT_ID
from disquectl.spec.queue_names import DEAD_PREFIX
from disquectl.worker.dead_letter import decode_dead_letter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from disquectl.protocol.shapes import Record
    from disquectl.worker.dead_selection import DeadSelection

FIELDS = (
    "id",
    "queue",
    "dead_queue",
    "job",
    "attempts",
    "failed",
    "exit",
    "signal",
    "reason",
    "stderr",
    "body",
)
# The columns of a list, the most important first.
RANKS = (
    "id",
    "reason",
    "queue",
    "failed",
    "attempts",
    "exit",
    "body",
    "signal",
    "stderr",
    "dead_queue",
    "job",
)
# All fields: those that `dead show` adds to the columns, too.
WHOLE = (*FIELDS[:5], "created", *FIELDS[5:10], "retry", "ttl", "replicate", "body")
FAILING_FIELDS = ("id", "queue", "nacks", "additional_deliveries", "state", "next_requeue_within", "ttl")
FAILING_RANKS = ("id", "queue", "nacks", "additional_deliveries", "state", "next_requeue_within", "ttl")


def dead_letter_of(job: dict[str, Any]) -> dict[str, Any] | None:
    """Return the dead letter in a job of a dead queue, as SHOW describes it; None if the job is not one.

    `id` is the ID of the dead letter, `job` that of the job that died, `queue` the queue of that job.
    """
    fields = decode_dead_letter(job["body"] or b"")
    if fields is None:
        return None
    return {
        **{name: fields.get(name) for name in WHOLE},
        "id": job["id"],
        "job": fields["id"],
        "dead_queue": job["queue"],
    }


class DeadLetters:
    """The dead letters in the replicas of all nodes, each once, whatever its state there.

    A replica is `active` while a consumer has the dead letter, and also if the node that queued it has
    stopped. A dead letter that was added twice, because a reply was lost, counts once.

    replicas   where its replicas are, by the ID in its record: places as passed to `add`, with the ID there
    strays     jobs in dead queues that are not dead letters: ID -> dead queue
    """

    def __init__(self, dead_queue: bytes, prefix: bytes = b"") -> None:
        """`dead_queue`: the only queue to look at; empty for every queue with `dead:` in its name.

        `prefix`: with it, `dead:` has to follow it.
        """
        self.replicas: dict[str, list[tuple[Any, str]]] = {}
        self.strays: dict[str, bytes] = {}
        self._dead_queue = dead_queue
        self._start = prefix + DEAD_PREFIX if prefix else b""
        self._found: dict[object, Record] = {}
        self._queued: set[str] = set()

    def add(self, place: object, job: Record) -> None:
        """Add a replica, as SHOW describes it, which is at this place (a node)."""
        queue = job["queue"] or b""
        if not self._is_dead_queue(queue):
            return
        letter = dead_letter_of(job)
        if letter is None:
            self.strays[job["id"]] = queue
            return
        known = self._found.setdefault((queue, job["body"]), letter)
        self.replicas.setdefault(known["id"], []).append((place, letter["id"]))
        if job["state"] == "queued":
            self._queued.add(known["id"])

    def _is_dead_queue(self, queue: bytes) -> bool:
        if self._dead_queue:
            return queue == self._dead_queue
        return queue.startswith(self._start) if self._start else DEAD_PREFIX in queue

    @property
    def queues(self) -> set[bytes]:
        """The queues of the letters and of the jobs that died."""
        return {letter[name] for letter in self._found.values() for name in ("queue", "dead_queue")}

    def wanted(self, chosen: DeadSelection) -> list[Record]:
        """Return the dead letters that are meant, in the order of the deaths."""
        found = [
            letter
            for letter in self._found.values()
            if chosen.wants_letter(letter, (own for _, own in self.replicas[letter["id"]]))
        ]
        found.sort(key=lambda letter: str(letter["failed"]), reverse=chosen.jobs.newest)
        return found[: chosen.jobs.limit]

    def wanted_strays(self, chosen: DeadSelection) -> int:
        """Return how many jobs that are not letters are in the queues that are meant."""
        return sum(
            chosen.wants_named((), queue, queue.replace(DEAD_PREFIX, b"", 1))
            for queue in self.strays.values()
        )

    def unqueued(self, letters: list[Record]) -> int:
        """Return how many of these dead letters are queued at none of the places."""
        return sum(letter["id"] not in self._queued for letter in letters)


def revival(letter: dict[str, Any], delay: int | None = None) -> list[bytes | str | int]:
    """Return the ADDJOB that puts the job back into its queue; the last word is how many replicas it had.

    `delay`: in seconds. Raises UsageError if the dead letter lacks a field or has one out of range.
    """
    options = {name: letter[name] for name in ("retry", "ttl", "replicate")}
    for name, value in options.items():
        if type(value) is not int:
            raise UsageError(f"its dead letter has no {name}")
    try:
        check_numbers(options, time.time())
    except UsageError as problem:
        raise UsageError(f"in its dead letter: {problem.message}") from None
    replicas = options.pop("replicate")
    if delay is not None:
        if delay >= options["ttl"]:
            raise UsageError(f"the delay is not below its TTL of {options['ttl']} s")
        options["delay"] = delay
    words: list[bytes | str | int] = [b"ADDJOB", letter["queue"], letter["body"], DEFAULT_TIMEOUT_MS]
    return [*words, *number_words(options), b"REPLICATE", replicas]


def failing(
    replicas: Iterable[dict[str, Any]],
    wants: Callable[[Record], bool] | None = None,
    failed_once: Container[str] = (),
) -> list[dict[str, Any]]:
    """Return the jobs that were delivered more than once and are not dead, the worst first.

    `wants`: which of them, by a job as SHOW describes it; None: all. `failed_once`: the SHORT_ID of jobs that
    workers hold after their first failure (protocol.worker_names); they are returned, too.
    """
    found: dict[str, dict[str, Any]] = {}
    for replica in replicas:
        if replica["queue"] is None:
            continue
        has_returned = replica["nacks"] + replica["additional_deliveries"] > 0
        if not has_returned and replica["id"][SHORT_ID] not in failed_once:
            continue
        known = found.setdefault(replica["id"], replica)
        for name in ("nacks", "additional_deliveries"):
            known[name] = max(known[name], replica[name])
        if replica["state"] == "queued":
            known["state"] = "queued"
    wanted = filter(wants, found.values()) if wants else found.values()
    records = [{name: job[name] for name in FAILING_FIELDS} for job in wanted]
    return sorted(records, key=lambda job: -job["nacks"] - job["additional_deliveries"])
