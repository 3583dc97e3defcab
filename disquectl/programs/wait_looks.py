"""The conditions of `wait`: what each asks all nodes, the cheapest question first.

Each has `look`, which asks and returns a Verdict; merge.wait_rules decides. A condition that takes a scan
keeps the jobs that the scan found: as long as one of them is there, nothing else is asked.
"""

from __future__ import annotations

import time

from disquectl.errors import UsageError
from disquectl.merge.consumers import OfQueue, consumers_of, number_of
from disquectl.merge.queues import BLOCKED, stat_of
from disquectl.merge.replicas import STATE, TTL, shown
from disquectl.merge.wait_rules import (
    GoneJobs,
    Twice,
    Verdict,
    consumers,
    is_alive,
    is_only_at,
    lengths,
    name,
    nodes,
)
from disquectl.protocol.dedup import Deduplicator
from disquectl.protocol.replies import next_cursor
from disquectl.protocol.server_replies import client_list
from disquectl.protocol.shapes import array, integer, octets
from disquectl.spec.parameters import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.every_node import EveryNode
    from disquectl.protocol.resp import Reply, Word

    class Condition(Protocol):
        """What is waited for."""

        def look(self, every: EveryNode) -> Verdict:
            """Ask all nodes. Raises as EveryNode.ask does."""


_CONNECTIONS = [b"CLIENT", b"LIST"]
_UNDONE = [word for state in (b"queued", b"active", b"wait-repl") for word in (b"STATE", state)]
# Elements that a node looks at for one page of a scan. With a queue it looks at ten times as many.
_PAGE, _PAGE_OF_QUEUE = b"1000", b"100"
# A scan ends when it has found this many jobs: one after the other then shows that it is still too early.
_ENOUGH = 100
_OPTIONS_AT = 4  # in the words of a request that `_page` made


class Length:
    """--length N: each queue has at most N queued jobs."""

    def __init__(self, queues: Iterable[bytes], at_most: int) -> None:
        self._queues = list(dict.fromkeys(queues))
        self._at_most = at_most

    def look(self, every: EveryNode) -> Verdict:
        """Ask for QLEN."""
        every.begin()
        return lengths(_lengths(every, self._queues), self._at_most)


class Consumers:
    """--consumers N: each queue has at least N consumers."""

    def __init__(self, queues: Iterable[bytes], at_least: int) -> None:
        self._queues = list(dict.fromkeys(queues))
        self._at_least = at_least

    def look(self, every: EveryNode) -> Verdict:
        """Ask for the connections, and how many wait for each queue."""
        every.begin()
        connections: dict[NodeConnection, list[dict[str, object]]] = {}
        of_queue: dict[bytes, list[OfQueue]] = {queue: [] for queue in self._queues}
        # A node answers in this order.
        for connection, request, reply in every.ask(
            _CONNECTIONS, *([b"QSTAT", queue] for queue in self._queues)
        ):
            if request == _CONNECTIONS:
                connections[connection] = consumers_of(client_list(reply), connection.name)
            else:
                stat = stat_of(reply)
                blocked = 0 if stat is None else integer("QSTAT", stat[BLOCKED])
                queue = as_bytes(request[1])
                of_queue[queue].append(OfQueue(connections[connection], queue, blocked))
        return consumers({queue: number_of(found) for queue, found in of_queue.items()}, self._at_least)


class Nodes:
    """--ready, --nodes N: every node that is known answers, and these are at least N."""

    def __init__(self, at_least: int) -> None:
        self._at_least = at_least

    def look(self, every: EveryNode) -> Verdict:
        """Ask for HELLO."""
        return nodes(len(every.begin()), self._at_least)


class Gone:
    """--job ID...: no node knows the jobs any longer."""

    def __init__(self, job_ids: Iterable[bytes], *, gone_ok: bool) -> None:
        self._jobs = GoneJobs(job_ids, gone_ok=gone_ok)

    def look(self, every: EveryNode) -> Verdict:
        """Show the jobs that were not gone before."""
        every.begin()
        ttls: dict[bytes, int] = {}
        for _, request, reply in every.ask(*([b"SHOW", job_id] for job_id in self._jobs.pending)):
            if (replica := shown(reply)) is not None:
                job_id = as_bytes(request[1])
                ttls[job_id] = max(ttls.get(job_id, 0), replica[TTL])
        return self._jobs.seen(ttls, time.monotonic())


class Empty:
    """--empty: the queues have no job, in any state but acknowledged."""

    def __init__(self, queues: Iterable[bytes]) -> None:
        self._queues = list(dict.fromkeys(queues))
        self._twice = Twice()
        self._jobs = _KnownJobs(lambda states: is_alive(states.values()))

    def look(self, every: EveryNode) -> Verdict:
        """Ask for QLEN; then whether a known job is still there; then scan."""
        every.begin()
        found = _lengths(every, self._queues)
        if queued := sum(found.values()):
            return self._not_yet(queued, lengths(found, 0).text)
        if (job_id := self._jobs.first(every)) is None:
            is_complete = self._scan(every)
            job_id = self._jobs.first(every)
            if job_id is None and not is_complete:
                return self._not_yet(0, "some jobs are being acknowledged")
        if job_id is not None:
            text = f"job {job_id.decode()} is not queued and not acknowledged (delayed or in flight)"
            return self._not_yet(len(self._jobs), text)
        names = ", ".join(map(name, self._queues))
        return Verdict(self._twice.seen(True), 0, f"{names}: empty at the last look")

    def _not_yet(self, value: int, text: str) -> Verdict:
        return Verdict(self._twice.seen(False), value, text)

    def _scan(self, every: EveryNode) -> bool:
        scans = [[*_UNDONE, b"QUEUE", queue] for queue in self._queues]
        return _scan(every, scans, _PAGE_OF_QUEUE, self._jobs.add, enough=self._jobs.are_enough)


class Drained:
    """--drained NODE: no job that only this node has."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._node_id = ""
        self._twice = Twice()
        self._jobs = _KnownJobs(lambda states: is_only_at(self._node_id, states))

    def look(self, every: EveryNode) -> Verdict:
        """Ask whether a known job is still only there; then scan the others, and the node."""
        node = named_node(every.begin(), self._word)
        self._node_id = node.node_id
        if (job_id := self._jobs.first(every)) is None:
            is_complete = self._scan(every, node)
            job_id = self._jobs.first(every)
            if job_id is None and not is_complete:
                return Verdict(self._twice.seen(False), 0, "jobs are moving between nodes")
        if job_id is not None:
            text = f"only {node.name} has job {job_id.decode()}"
            return Verdict(self._twice.seen(False), len(self._jobs), text)
        return Verdict(self._twice.seen(True), 0, f"{node.name}: drained at the last look")

    def _scan(self, every: EveryNode, node: NodeConnection) -> bool:
        elsewhere = Deduplicator()
        for other in every.nodes:
            if other is not node:
                _scan(every, [[]], _PAGE, elsewhere.new, at=other)

        def add(job_ids: list[bytes]) -> None:
            self._jobs.add(job_id for job_id in job_ids if job_id not in elsewhere)

        return _scan(every, [_UNDONE], _PAGE, add, at=node, enough=self._jobs.are_enough)


class _KnownJobs:
    """Jobs that a scan found, of which one that still counts shows that a condition is not true.

    `counts`: whether a job counts that has replicas in these states, by node ID.
    """

    def __init__(self, counts: Callable[[dict[str, bytes]], bool]) -> None:
        self._counts = counts
        self._ids: list[bytes] = []

    def __len__(self) -> int:
        return len(self._ids)

    def are_enough(self) -> bool:
        """Whether a scan need not go on."""
        return len(self._ids) >= _ENOUGH

    def add(self, job_ids: Iterable[bytes]) -> None:
        """Add jobs that may count."""
        self._ids = list(dict.fromkeys([*self._ids, *job_ids]))

    def first(self, every: EveryNode) -> bytes | None:
        """A job that still counts; those before it are forgotten."""
        while self._ids:
            job_id = self._ids[-1]
            states = {
                connection.node_id: replica[STATE]
                for connection, _, reply in every.ask([b"SHOW", job_id])
                if (replica := shown(reply)) is not None
            }
            if self._counts(states):
                return job_id
            self._ids.pop()
        return None


def named_node(nodes: Iterable[NodeConnection], word: str) -> NodeConnection:
    """The node with this address, ID, or beginning of an ID. Raises UsageError."""
    found = [node for node in nodes if node.name == word] or [
        node for node in nodes if node.node_id.startswith(word.lower())
    ]
    if len(found) != 1:
        problem = "no node" if not found else "more than one node"
        raise UsageError(f"--drained: {problem} of the cluster is {word!r}", "`disquectl nodes` lists them")
    return found[0]


def _lengths(every: EveryNode, queues: list[bytes]) -> dict[bytes, int]:
    found = dict.fromkeys(queues, 0)
    for _, request, reply in every.ask(*([b"QLEN", queue] for queue in queues)):
        queue = as_bytes(request[1])
        found[queue] += integer("QLEN", reply)
    return found


def _scan(
    every: EveryNode,
    scans: list[list[bytes]],
    page: bytes,
    take: Callable[[list[bytes]], object],
    *,
    at: NodeConnection | None = None,
    enough: Callable[[], bool] = bool,
) -> bool:
    """Pass the job IDs of these scans (options of JSCAN) to `take`, at all nodes or one.

    No page is requested once `enough()` is true; return whether all scans came to their end.
    """
    is_complete = True
    for connection, request, reply in every.ask(*(_page(0, page, words) for words in scans), at=at):
        take(_ids(reply))
        if cursor := next_cursor(reply, "JSCAN"):
            if enough():
                is_complete = False
            else:
                connection.ask([_page(cursor, page, request[_OPTIONS_AT:])])
    return is_complete


def _page(cursor: int, page: bytes, options: Iterable[Word]) -> list[bytes]:
    return [b"JSCAN", b"%d" % cursor, b"COUNT", page, *map(as_bytes, options)]


def _ids(reply: Reply) -> list[bytes]:
    return [octets("JSCAN", one) for one in array("JSCAN", array("JSCAN", reply, at_least=2)[1])]
