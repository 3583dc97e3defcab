"""Which connections of a node consume jobs, by its replies to CLIENT LIST and QSTAT. Pure.

A consumer waits in GETJOB, or has the name of a worker: a busy worker does not wait. CLIENT LIST does not
say for which queues a connection waits; QSTAT says how many wait for one queue.
"""

from __future__ import annotations

from disquectl.protocol.worker_names import read_worker_name
from disquectl.render.human import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.protocol.shapes import Record

CONSUMER_FIELDS = ("address", "name", "node", "waiting", "idle", "queues")


def consumers_of(clients: Iterable[Record], node: str) -> list[Record]:
    """The records of the consumers among the connections that a node lists, by their addresses.

    (A node lists its connections in changing order.)
    """
    found = [record for client in clients if (record := _consumer(client, node)) is not None]
    return sorted(found, key=lambda record: str(record["address"]))


def blocked_in(clients: bytes) -> tuple[int, int]:
    """How many connections of a reply to CLIENT LIST wait in GETJOB, and how many in other commands.

    It is asked for often, so no records are made.
    """
    blocked = [line for line in clients.split(b"\n") if b" flags=b" in line]
    waiting = sum(line.rstrip().endswith(b" cmd=getjob") for line in blocked)
    return waiting, len(blocked) - waiting


def _consumer(client: Record, node: str) -> Record | None:
    name = client.get("name", "")
    worker = read_worker_name(name)
    # b: blocked, in GETJOB or ADDJOB.
    waiting = "b" in client.get("flags", "") and client.get("cmd") == "getjob"
    if worker is None and not waiting:
        return None
    idle = client.get("idle")
    return {
        "address": client.get("addr"),
        "name": name,
        "node": node,
        "waiting": waiting,
        "idle": idle if isinstance(idle, int) else None,
        "queues": None if worker is None else worker.queues,
    }


class OfQueue:
    """The consumers of one queue at one node.

    records  those that name the queue, and those that may consume it
    waiting  how many of `unnamed` wait for the queue
    unnamed  how many of the records wait for queues that they do not name
    """

    __slots__ = ("queue", "records", "unnamed", "waiting")

    def __init__(self, records: list[Record], queue: bytes, blocked: int) -> None:
        """`blocked`: how many connections wait for the queue at this node.

        A worker whose name has the queue and that waits counts as one of them. (One that holds many failed
        jobs of the queue may wait for its other queues only.)
        """
        named: list[Record] = []
        unnamed: list[Record] = []
        busy: list[Record] = []
        for record in records:
            if queue in (record["queues"] or ()):
                named.append(record)
            elif _may_take_others(record):
                (unnamed if record["waiting"] else busy).append(record)
        self.queue = queue
        more = blocked - sum(record["waiting"] for record in named)
        self.waiting = min(max(more, 0), len(unnamed))
        if not self.waiting:
            unnamed = []
        self.unnamed = len(unnamed)
        self.records = named + unnamed + busy


def _may_take_others(record: Record) -> bool:
    """Whether a consumer may take jobs from queues that it does not name."""
    worker = read_worker_name(record["name"])
    return worker is None or worker.left_out > 0


def number_of(found: Iterable[OfQueue]) -> int:
    """How many consumers a queue has, by those at each node. A worker counts once for all nodes.

    Not counted is what may consume the queue and does not wait for it.
    """
    workers: set[str] = set()
    others = 0
    for of_queue in found:
        workers.update(
            _worker(record) for record in of_queue.records if of_queue.queue in (record["queues"] or ())
        )
        others += of_queue.waiting
    return len(workers) + others


class Workers:
    """The workers among the consumers of all nodes, by the queues that they name."""

    __slots__ = ("_more", "_waiting", "_workers")

    def __init__(self) -> None:
        self._workers: dict[bytes, set[str]] = {}
        self._waiting: dict[bytes, int] = {}
        self._more = False

    def add(self, consumers: Iterable[Record]) -> None:
        """Add the consumers of a node."""
        for record in consumers:
            worker = read_worker_name(record["name"])
            if worker is None:
                continue
            self._more |= worker.left_out > 0
            for queue in worker.queues:
                self._workers.setdefault(queue, set()).add(worker.worker)
                self._waiting[queue] = self._waiting.get(queue, 0) + bool(record["waiting"])

    def of(self, queue: bytes) -> QueueWorkers:
        """The workers of one queue."""
        return QueueWorkers(len(self._workers.get(queue, ())), self._waiting.get(queue, 0), self._more)


class QueueWorkers:
    """The workers of a queue.

    named        how many workers name it
    waiting      how many of their connections wait
    may_be_more  whether a worker has more queues than fit into its name: this may be one of them
    """

    __slots__ = ("may_be_more", "named", "waiting")

    def __init__(self, named: int = 0, waiting: int = 0, may_be_more: bool = False) -> None:
        self.named = named
        self.waiting = waiting
        self.may_be_more = may_be_more


def ordered(records: list[Record]) -> list[Record]:
    """Workers first, by their names; of each the connection that waits first. The nodes stay in order."""
    return sorted(
        records, key=lambda record: (record["queues"] is None, _worker(record), not record["waiting"])
    )


def totals(records: list[Record]) -> str:
    """How many workers and other consumers these are: `2 workers with 5 connections, 1 other consumer`."""
    of_workers = [_worker(record) for record in records if record["queues"] is not None]
    parts = []
    if of_workers:
        connections = counted(len(of_workers), "connection")
        parts.append(f"{counted(len(set(of_workers)), 'worker')} with {connections}")
    if others := len(records) - len(of_workers):
        parts.append(counted(others, "other consumer" if of_workers else "consumer"))
    return ", ".join(parts)


def _worker(record: Record) -> str:
    worker = read_worker_name(record["name"])
    return "" if worker is None else worker.worker
