"""The copy of a job: ADDJOB with what is left of its times, unless options give other values. Pure."""

from __future__ import annotations

from math import ceil

from disquectl.merge.replicas import BODY, QUEUE, REPL, RETRY, TTL
from disquectl.protocol.job_options import number_words
from disquectl.protocol.resp import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.merge.replicas import FlatReplica
    from disquectl.spec.parameters import Values


class CopyOptions:
    """How copies differ from their originals.

    most_replicas  as many as the destination can hold now
    was_reduced    whether a copy got fewer replicas than its original had
    """

    def __init__(self, values: Values, timeout_ms: int) -> None:
        """`values`: those of --to, --retry, --ttl, --delay, --replicate and --async."""
        self.most_replicas = 1
        self.was_reduced = False
        self._to: bytes | None = values.get("to")
        self._values = values
        self._timeout_ms = timeout_ms

    def queue_of(self, queue: bytes) -> bytes:
        """The queue that copies of jobs of this queue go to."""
        return queue if self._to is None else self._to

    @property
    def is_exact(self) -> bool:
        """Whether the number of replicas was given."""
        return "replicate" in self._values

    def replicas_of(self, original: FlatReplica) -> int:
        """How many replicas a copy gets: as many as its original had, if the destination can hold them."""
        if self.is_exact:
            return int(self._values["replicate"])
        if not self._values.get("retry", original[RETRY]):
            return 1
        wanted: int = original[REPL]
        self.was_reduced = self.was_reduced or wanted > self.most_replicas
        return min(wanted, self.most_replicas)

    def request(self, original: FlatReplica, due_ms: int | None) -> bytes:
        """The encoded request. `due_ms`: when a delayed job is due; None for a job without a delay."""
        values = self._values
        ttl: int = values.get("ttl", max(original[TTL], 1))
        # Disque refuses a job that would end before it is due.
        rest = None if due_ms is None else min(ceil(due_ms / 1000), ttl - 1)
        numbers: dict[str, int | None] = {
            "replicate": self.replicas_of(original),
            "delay": values.get("delay", rest),
            "retry": values.get("retry", original[RETRY]),
            "ttl": ttl,
        }
        words = [b"ADDJOB", self.queue_of(original[QUEUE]), original[BODY] or b"", b"%d" % self._timeout_ms]
        words += number_words(numbers)
        return encode([*words, b"ASYNC"] if values.get("async") else words)
