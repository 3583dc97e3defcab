"""A close look at the dead letters: the newest of each dead queue by QPEEK, and others as scans find them.

Memory is bounded by the number of letters and by their size.
"""

from __future__ import annotations

from collections import Counter

from disquectl.fanout.close_look import MUCH_BYTES
from disquectl.merge.replicas import BODY, ID, QUEUE, STATE
from disquectl.protocol.replies import jobs as peeked_jobs
from disquectl.spec.parameters import as_bytes
from disquectl.spec.queue_names import DEAD_PREFIX
from disquectl.worker.dead_letters import dead_letter_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.client.node_connection import NodeConnection, Request
    from disquectl.merge.replicas import FlatReplica
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Words

# Queues that are asked for letters, and the letters of each at each node.
_QUEUES, _PEEKED = 50, 100
# Letters that are kept.
_KEPT, _KEPT_BYTES = 1_000, 8 << 20


class DeadLook:
    """The dead letters of all nodes, each once, although it was added twice or is at several nodes."""

    def __init__(self, queues: Callable[[], Iterable[bytes]], wants: Callable[[bytes], bool]) -> None:
        """`queues`: the queues that there are; `wants`: which are meant."""
        self._queues = queues
        self._wants = wants
        self._counts: dict[bytes, int] = {}
        self._letters: dict[bytes, tuple[int, Record | None]] = {}  # None: it is not a letter
        self._bytes = 0
        self._peeked: set[bytes] = set()
        self._peeked_now: set[bytes] = set()
        self._found: dict[bytes, bool] = {}
        self._found_now: dict[bytes, bool] = {}

    def requests(self) -> list[Words]:
        """The newest queued jobs of each dead queue."""
        self._peeked, self._peeked_now = self._peeked_now, set()
        self._forget()
        names = [name for name in self._queues() if DEAD_PREFIX in name and self._wants(name)]
        self._counts = {name: self._counts.get(name, _PEEKED) for name in names[:_QUEUES]}
        return [[b"QPEEK", name, b"-%d" % count] for name, count in self._counts.items()]

    def take(self, connection: NodeConnection, request: Request, reply: Reply) -> list[Words]:
        """Take the jobs of a dead queue."""
        name = as_bytes(request[1])
        if request[0] != b"QPEEK" or name not in self._counts:
            return []  # the look before this one asked
        found = peeked_jobs(reply, "QPEEK")
        for job in found:
            job_id = job["id"].encode("utf-8", "surrogateescape")
            if self._read(job_id, name, job["body"]):
                self._peeked_now.add(job_id)
        if sum(len(job["body"]) for job in found) > MUCH_BYTES:
            self._counts[name] = max(self._counts[name] // 2, 1)
        return []

    def see_page(self, node_id: str, replicas: list[FlatReplica], now_ms: float) -> None:
        """Keep the dead letters of a page, whatever their state."""
        for replica in replicas:
            queue, job_id, state = replica[QUEUE], replica[ID], replica[STATE]
            is_meant = DEAD_PREFIX in queue and state != b"acked" and self._wants(queue)
            if is_meant and self._read(job_id, queue, replica[BODY] or b""):
                self._found_now[job_id] = self._found_now.get(job_id, False) or state == b"queued"

    def pass_ended(self) -> None:
        """Forget what the scan before has found."""
        self._found, self._found_now = self._found_now, {}

    def records(self, names: dict[str, str], missing: list[str]) -> list[Record]:
        """Records as of the command `dead`, the last to die first."""
        peeked = self._peeked_now or self._peeked
        found = {**self._found, **self._found_now, **dict.fromkeys(peeked, True)}
        in_queue = Counter(
            letter["dead_queue"] for job_id in peeked if (letter := self._letters[job_id][1]) is not None
        )
        once: dict[int, Record] = {}
        for job_id, is_queued in sorted(found.items()):
            same, letter = self._letters.get(job_id, (0, None))
            if letter is None:
                continue
            is_full = in_queue[letter["dead_queue"]] >= self._counts.get(letter["dead_queue"], _PEEKED)
            # One that was queued and is no longer at the end of its queue may have been dropped.
            if job_id in peeked or not is_queued or is_full:
                once.setdefault(same, letter)
        return sorted(once.values(), key=lambda letter: str(letter["failed"]), reverse=True)

    def _read(self, job_id: bytes, queue: bytes, body: bytes) -> bool:
        """Note the letter in a job; return whether it is kept."""
        if job_id in self._letters:
            return True
        if len(self._letters) >= _KEPT or self._bytes + len(body) > _KEPT_BYTES:
            return False
        job = {"id": job_id.decode("utf-8", "surrogateescape"), "queue": queue, "body": body}
        self._letters[job_id] = hash((queue, body)), dead_letter_of(job)
        self._bytes += len(body)
        return True

    def _forget(self) -> None:
        """Forget the letters that are gone, once there are many."""
        if len(self._letters) < _KEPT // 2 and self._bytes < _KEPT_BYTES // 2:
            return
        known = self._peeked | self._found.keys() | self._found_now.keys()
        self._letters = {job_id: one for job_id, one in self._letters.items() if job_id in known}
        bodies = (letter for _, letter in self._letters.values() if letter is not None)
        self._bytes = sum(len(letter["body"] or b"") for letter in bodies)
