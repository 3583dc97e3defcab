"""Dead letters as records, which of them are wanted, and what brings one back to life. Pure."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from disquectl.errors import UsageError
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS, check_numbers, number_words
from disquectl.worker.dead_letter import read
from disquectl.worker.plan import DEAD_PREFIX

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
# Beside the columns: what only the letter itself is looked into for.
WHOLE = (*FIELDS[:5], "created", *FIELDS[5:10], "retry", "ttl", "replicate", "body")
FAILING_FIELDS = ("id", "queue", "nacks", "additional_deliveries", "state", "next_requeue_within", "ttl")


def letter_of(job: dict[str, Any]) -> dict[str, Any] | None:
    """The letter in a job of a dead queue, as SHOW has it; None where it holds none.

    `id` is that of the letter, `job` that of the job which died, `queue` where that came from.
    """
    fields = read(job["body"] or b"")
    if fields is None:
        return None
    return {
        **{name: fields.get(name) for name in WHOLE},
        "id": job["id"],
        "job": fields["id"],
        "dead_queue": job["queue"],
    }


class Letters:
    """The letters in the replicas of all nodes, each once, whatever its state there.

    A replica is `active` while a consumer has the letter, and also where the node that queued it is gone. A
    letter that was added twice, because an answer was lost, is one letter.

    copies   where its replicas are, by the ID in its record: places as passed in, with the ID there
    strays   IDs of jobs in dead queues that are no letters
    """

    def __init__(
        self, dead_queue: bytes, names: tuple[bytes, ...], filters: dict[str, Any], now: float
    ) -> None:
        """`dead_queue`: the only one to look at; empty for all whose name has `dead:` in it."""
        self.copies: dict[str, list[tuple[Any, str]]] = {}
        self.strays: set[str] = set()
        self._dead_queue = dead_queue
        self._names = names
        self._filters = filters
        self._now = now
        self._found: dict[object, Record] = {}
        self._wanted: set[object] = set()
        self._queued: set[object] = set()

    def add(self, place: object, job: Record) -> None:
        """A replica, as SHOW has it, at this place."""
        queue = job["queue"] or b""
        if queue != self._dead_queue if self._dead_queue else DEAD_PREFIX not in queue:
            return
        letter = letter_of(job)
        if letter is None:
            if not self._names or {queue, queue.replace(DEAD_PREFIX, b"", 1)} & {*self._names}:
                self.strays.add(job["id"])
            return
        key = (queue, job["body"])
        known = self._found.setdefault(key, letter)
        self.copies.setdefault(known["id"], []).append((place, letter["id"]))
        if is_wanted(letter, self._names, self._filters, self._now):
            self._wanted.add(key)
        if job["state"] == "queued":
            self._queued.add(key)

    def wanted(self, limit: int | None) -> list[Record]:
        """Those that are asked for, the oldest first."""
        found = [letter for key, letter in self._found.items() if key in self._wanted]
        return sorted(found, key=lambda letter: str(letter["failed"]))[:limit]

    @property
    def unqueued(self) -> int:
        """How many of those that are asked for are queued at none of the places."""
        return len(self._wanted - self._queued)


def is_wanted(letter: dict[str, Any], names: tuple[bytes, ...], filters: dict[str, Any], now: float) -> bool:
    """Whether a letter is asked for by IDs or queues, and passes the filters, which are those of the command.

    A queue is named as the jobs' own or as the dead queue. `older` and `newer` are in ms, `now` in seconds.
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
    """The ADDJOB that puts the job back into its queue; the last word is how many replicas it had.

    Raises UsageError for a letter that lacks a part.
    """
    options = {name: letter[name] for name in ("retry", "ttl", "replicate")}
    for name, value in options.items():
        if type(value) is not int:
            raise UsageError(f"its letter has no {name}")
    try:
        check_numbers(options, time.time())
    except UsageError as problem:
        raise UsageError(f"in its letter {problem.message}") from None
    replicas = options.pop("replicate")
    words: list[bytes | str | int] = [b"ADDJOB", letter["queue"], letter["body"], DEFAULT_TIMEOUT_MS]
    return [*words, *number_words(options), b"REPLICATE", replicas]


def failing(copies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The jobs that came back at least once and are not dead yet, each once, the worst first."""
    found: dict[str, dict[str, Any]] = {}
    for copy in copies:
        if copy["queue"] is None or not copy["nacks"] + copy["additional_deliveries"]:
            continue
        known = found.setdefault(copy["id"], copy)
        for name in ("nacks", "additional_deliveries"):
            known[name] = max(known[name], copy[name])
        if copy["state"] == "queued":
            known["state"] = "queued"
    records = [{name: job[name] for name in FAILING_FIELDS} for job in found.values()]
    return sorted(records, key=lambda job: -job["nacks"] - job["additional_deliveries"])
