"""Which dead letters, or failing jobs, are meant: the words of `dead`, and the selection of jobs. Pure.

The selection applies to the job that died, as far as its letter describes it: its queue, its ID, its body and
when it was created. `--nacks-over` compares the attempts: each is a failure, and all but the last were NACKs.
"""

from __future__ import annotations

from datetime import datetime

from disquectl.spec.queue_patterns import QueueWords

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.protocol.shapes import Record
    from disquectl.spec.parameters import Values
    from disquectl.spec.selection import Selection


class DeadSelection:
    """The dead letters or failing jobs that were asked for.

    queues   the words as queues, of jobs or dead queues; to be settled before a test
    jobs     the selection of jobs; it has no QUEUE words
    selects  whether any word or option selects; otherwise all are meant
    """

    def __init__(self, names: Iterable[bytes], values: Values, jobs: Selection, now: float) -> None:
        """`names`: queues and IDs; `values`: those of the options of `dead`; `now`: seconds since 1970."""
        self._names = frozenset(names)
        self._now = now
        self._prefix: bytes = values.get("prefix", b"")
        self._ended = [(name, values[name]) for name in ("exit", "signal") if name in values]
        self._older_ms: int | None = values.get("older")
        self._newer_ms: int | None = values.get("newer")
        self.queues = QueueWords(self._names)
        self.jobs = jobs
        of_death = (self._ended, self._older_ms is not None, self._newer_ms is not None)
        self.selects = jobs.selects or bool(self._names or self._prefix) or any(of_death)

    def wants_named(self, ids: Iterable[bytes], *queues: bytes) -> bool:
        """Whether the words name one of these IDs or queues, or there are no words."""
        return not self._names.isdisjoint(ids) or any(map(self.queues.wants, queues))

    def wants_letter(self, letter: Record, letter_ids: Iterable[str]) -> bool:
        """Whether a dead letter is meant. `letter_ids`: its ID, and those of others for the same death."""
        ids = [one.encode("utf-8", "surrogatepass") for one in (letter["job"], *letter_ids)]
        if not self.wants_named(ids, letter["queue"], letter["dead_queue"]):
            return False
        died_ms = self.age_ms(letter["failed"])
        return (
            all(letter[name] == value for name, value in self._ended)
            and (self._older_ms is None or died_ms >= self._older_ms)
            and (self._newer_ms is None or died_ms <= self._newer_ms)
            and self._wants_job(ids, letter, self.age_ms(letter["created"]), letter["attempts"])
        )

    def wants_failing(self, job: Record) -> bool:
        """Whether a job is meant that came back: a record as SHOW describes it."""
        if not job["queue"].startswith(self._prefix):
            return False
        ids = [job["id"].encode()]
        age_ms = self._now * 1000 - job["ctime"] / 1_000_000
        return self.wants_named(ids, job["queue"]) and self._wants_job(ids, job, age_ms, job["nacks"])

    def _wants_job(self, ids: list[bytes], job: Record, age_ms: float, nacks: object) -> bool:
        """`ids`: any of them may be in --ids-from."""
        if self.jobs.ids is not None:
            ids = [one for one in ids if one in self.jobs.ids]
        if not ids or not self.jobs.wants_content(job["queue"], ids[0], job["body"] or b""):
            return False
        # A letter of another program may have any JSON value here.
        return self.jobs.wants_status("", age_ms, 0, nacks if type(nacks) is int else 0, 0)

    def age_ms(self, time: object) -> float:
        """How long ago a point in time was, in ISO 8601; if it is none, since 1970."""
        try:
            return (self._now - datetime.fromisoformat(str(time)).timestamp()) * 1000
        except (ValueError, OverflowError):
            return self._now * 1000
