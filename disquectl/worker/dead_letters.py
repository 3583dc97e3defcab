"""Dead letters as records: reading them, filtering them, and the ADDJOB that retries one. Pure."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from disquectl.errors import UsageError
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS, check_numbers, number_words
from disquectl.worker.dead_letter import decode_dead_letter
from disquectl.worker.plan import DEAD_PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.shapes import Record

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
    strays     IDs of jobs in dead queues that are not dead letters
    """

    def __init__(
        self, dead_queue: bytes, names: tuple[bytes, ...], filters: dict[str, Any], now: float
    ) -> None:
        """`dead_queue`: the only queue to look at; empty for every queue with `dead:` in its name."""
        self.replicas: dict[str, list[tuple[Any, str]]] = {}
        self.strays: set[str] = set()
        self._dead_queue = dead_queue
        self._names = names
        self._filters = filters
        self._now = now
        self._found: dict[object, Record] = {}
        self._wanted: set[object] = set()
        self._queued: set[object] = set()

    def add(self, place: object, job: Record) -> None:
        """Add a replica, as SHOW describes it, which is at this place (a node)."""
        queue = job["queue"] or b""
        if queue != self._dead_queue if self._dead_queue else DEAD_PREFIX not in queue:
            return
        letter = dead_letter_of(job)
        if letter is None:
            if not self._names or {queue, queue.replace(DEAD_PREFIX, b"", 1)} & {*self._names}:
                self.strays.add(job["id"])
            return
        key = (queue, job["body"])
        known = self._found.setdefault(key, letter)
        self.replicas.setdefault(known["id"], []).append((place, letter["id"]))
        if is_wanted(letter, self._names, self._filters, self._now):
            self._wanted.add(key)
        if job["state"] == "queued":
            self._queued.add(key)

    def wanted(self, limit: int | None) -> list[Record]:
        """Return the dead letters that were asked for, the oldest first."""
        found = [letter for key, letter in self._found.items() if key in self._wanted]
        return sorted(found, key=lambda letter: str(letter["failed"]))[:limit]

    @property
    def unqueued(self) -> int:
        """How many of the dead letters that were asked for are queued at none of the places."""
        return len(self._wanted - self._queued)


def is_wanted(letter: dict[str, Any], names: tuple[bytes, ...], filters: dict[str, Any], now: float) -> bool:
    """Return whether a dead letter has one of these IDs or queues, if there are any, and passes the filters.

    Filters have the names of the command's options; `older` and `newer` are in ms, `now` in seconds since
    1970. A queue matches both the queue of the job and the dead queue.
    """
    if names and not {
        letter["id"].encode(),
        letter["job"].encode("utf-8", "surrogatepass"),
        letter["queue"],
        letter["dead_queue"],
    } & {*names}:
        return False
    age_ms = (now - _unix(letter["failed"])) * 1000
    return (
        ("exit" not in filters or letter["exit"] == filters["exit"])
        and ("signal" not in filters or letter["signal"] == filters["signal"])
        and ("contains" not in filters or filters["contains"] in letter["body"])
        and age_ms >= filters.get("older", age_ms)
        and age_ms <= filters.get("newer", age_ms)
    )


def _unix(text: object) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0


def revival(letter: dict[str, Any]) -> list[bytes | str | int]:
    """Return the ADDJOB that puts the job back into its queue; the last word is how many replicas it had.

    Raises UsageError if the dead letter lacks a field or has one out of range.
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
    words: list[bytes | str | int] = [b"ADDJOB", letter["queue"], letter["body"], DEFAULT_TIMEOUT_MS]
    return [*words, *number_words(options), b"REPLICATE", replicas]


def failing(replicas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the jobs that were delivered more than once and are not dead, the worst first."""
    found: dict[str, dict[str, Any]] = {}
    for replica in replicas:
        if replica["queue"] is None or not replica["nacks"] + replica["additional_deliveries"]:
            continue
        known = found.setdefault(replica["id"], replica)
        for name in ("nacks", "additional_deliveries"):
            known[name] = max(known[name], replica[name])
        if replica["state"] == "queued":
            known["state"] = "queued"
    records = [{name: job[name] for name in FAILING_FIELDS} for job in found.values()]
    return sorted(records, key=lambda job: -job["nacks"] - job["additional_deliveries"])
