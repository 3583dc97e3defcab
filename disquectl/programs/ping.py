"""`ping --times`: measures round trips to one node or all, each node at its own pace.

Started by the command `ping`, whose declaration has the options and the columns.
"""

from __future__ import annotations

import select
import time
from contextlib import ExitStack

from disquectl.client.node_connection import NodeConnection
from disquectl.errors import (
    ConnectionFailed,
    DisquectlError,
    NoAnswer,
    NotAuthorised,
    NotDisque,
    PartlyDone,
    ReplyError,
)
from disquectl.execution.present import present
from disquectl.execution.signals import Stop
from disquectl.fanout.ask import open_cluster, ping_all
from disquectl.merge.round_trips import FIELDS, SUMMARY_FIELDS, RoundTrips
from disquectl.render.escape import plain
from disquectl.spec.command import one_request
from disquectl.spec.shape import PAIRS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.execution.session import Session
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Record, Values, Words

_DEFAULT_EVERY_MS = 1000
_HELLO = b"HELLO"


def ping_again_and_again(command: Command, values: Values, shape: Shape, session: Session) -> None:
    """Measure, writing each round trip as it comes; then write the summary of each node.

    Raises PartlyDone if some were lost, the last reason if all were, and KeyboardInterrupt after a signal.
    """
    is_cluster = bool(values.get("cluster"))
    shape = shape.with_node() if is_cluster else shape
    session.check_output(shape)
    (words,) = one_request(command, values)
    session.guard(command, words)
    every = values.get("every", _DEFAULT_EVERY_MS) / 1000
    nodes = _all_nodes(values, session) if is_cluster else _one_node(session)
    factory = session.client.connection_factory
    # They take turns, so that no reply has to wait until those of other nodes are read.
    begins = [time.monotonic() + every * number / len(nodes) for number in range(len(nodes))]
    pinged = [
        _PingedNode(node, factory, words, every=every, times=values.get("times"), begin=begin)
        for node, begin in zip(nodes, begins, strict=True)
    ]
    # These formats have the round trips in the record itself.
    shows_each = session.format in ("plain", "table") and session.settings.columns is None
    with Stop() as stop, ExitStack() as stack:
        for one in pinged:
            stack.callback(one.close)
        _run(pinged, stop, session, shows_each=shows_each)
    if shows_each:
        shape = Shape(SUMMARY_FIELDS, PAIRS)
        shape = shape.with_node() if is_cluster else shape
    present(shape, [one.record(with_node=is_cluster, with_times=not shows_each) for one in pinged], session)
    if stop.interrupted:
        raise KeyboardInterrupt
    lost, total = (sum(count) for count in zip(*((one.lost, one.done) for one in pinged), strict=True))
    if lost and lost == total:
        raise next(one.problem for one in pinged if one.problem is not None)
    if lost:
        raise PartlyDone(f"{lost} of {total} lost")


def _one_node(session: Session) -> list[Node]:
    """The seed that answered the guard."""
    assert session.client.last_node is not None
    return [session.client.last_node]


def _all_nodes(values: Values, session: Session) -> list[Node]:
    """All nodes of the cluster, those that do not answer too."""
    with open_cluster(session.client, values) as cluster:
        ping_all(cluster, session)
        found = {connection.node for connection in cluster.answered()}
        found.update(one.node for one in cluster.missing())
    return sorted(found, key=lambda node: (node.host, node.port, node.path))


def _run(pinged: list[_PingedNode], stop: Stop, session: Session, *, shows_each: bool) -> None:
    """Ping until all are done or a signal comes."""
    while not stop.asked and not all(one.is_done for one in pinged):
        now = time.monotonic()
        for one in pinged:
            one.begin(now)
        poll = select.poll()
        poll.register(stop.fd, select.POLLIN)
        by_descriptor = {one.fileno(): one for one in pinged if one.is_waiting}
        for fd, one in by_descriptor.items():
            poll.register(fd, one.events)
        wake = min((one.wake for one in pinged if not one.is_done), default=now)
        ready = poll.poll(max(wake - time.monotonic(), 0) * 1000)
        # Before anything else takes time.
        arrived = time.perf_counter()
        for fd, events in ready:
            if fd in by_descriptor:
                by_descriptor[fd].advance(events, arrived)
        now = time.monotonic()
        for one in pinged:
            one.expire(now)
            for seconds in one.take():
                if shows_each:
                    shown = "lost" if seconds is None else f"{seconds * 1000:.3f}"
                    session.streams.put(f"{plain(one.name)}\t{shown}\n".encode())
                if seconds is None and one.new_problem:
                    session.problem(f"{one.name}: {one.new_problem}")


class _PingedNode:
    """A node and its round trips. It connects when it has to; only PING is measured."""

    def __init__(
        self,
        node: Node,
        factory: ConnectionFactory,
        words: Words,
        *,
        every: float,
        times: int | None,
        begin: float,
    ) -> None:
        """`every` is in seconds; `begin` is when the first one is due, in monotonic seconds."""
        self.name = str(node)
        self.problem: DisquectlError | None = None
        self.new_problem = ""  # the last reason, if it is another one than before
        self._node = node
        self._factory = factory
        self._words = words
        self._every = every
        self._times = times
        self._trips = RoundTrips()
        self._untaken: list[float | None] = []
        self._link: NodeConnection | None = None
        self._due = begin
        self._sent: float | None = None

    @property
    def done(self) -> int:
        """How many round trips have ended."""
        return len(self._trips.times)

    @property
    def lost(self) -> int:
        """How many had no answer."""
        return self._trips.lost

    @property
    def is_done(self) -> bool:
        """Whether no more is to be measured."""
        return self._times is not None and self.done >= self._times

    @property
    def is_waiting(self) -> bool:
        """Whether a reply, or the connection, is still to come."""
        return self._link is not None and self._link.is_waiting

    @property
    def wake(self) -> float:
        """When to look at it again, in monotonic seconds."""
        if self._link is not None and self._link.is_waiting:
            return self._due + self._every if self._link.deadline is None else self._link.deadline
        return self._due

    @property
    def events(self) -> int:
        """The events to poll for."""
        return self._link.events if self._link is not None else 0

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._link.fileno() if self._link is not None else -1

    def begin(self, now: float) -> None:
        """Send the next one if it is due; connect first where there is no connection."""
        if self.is_done or self.is_waiting or now < self._due:
            return
        if self._link is None:
            self._link = NodeConnection(self._node, self._factory)
            self._note_failure(self._link)
        else:
            self._send(self._link)

    def advance(self, events: int, arrived: float) -> None:
        """Take what has come. `arrived` is in seconds of perf_counter. Raises NotDisque and NotAuthorised."""
        link = self._link
        if link is None:
            return
        for request, reply in link.advance(events):
            if isinstance(reply, ReplyError):
                link.fail(reply)
            elif request[0] == _HELLO:
                self._send(link)
            elif self._sent is not None:
                self._end(arrived - self._sent)
        self._note_failure(link)

    def expire(self, now: float) -> None:
        """Give up what is late."""
        link = self._link
        if link is not None and link.is_waiting and link.deadline is not None and link.deadline <= now:
            link.expire()
            self._note_failure(link)

    def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close()

    def take(self) -> list[float | None]:
        """The seconds of the round trips that ended since the last call."""
        taken, self._untaken = self._untaken, []
        return taken

    def record(self, *, with_node: bool, with_times: bool) -> Record:
        """What the round trips add up to."""
        record = self._trips.record()
        fields = FIELDS if with_times else SUMMARY_FIELDS
        node = {"node": self.name} if with_node else {}
        return {**node, **{name: record[name] for name in fields}}

    def _send(self, link: NodeConnection) -> None:
        self._sent = time.perf_counter()
        link.ask([self._words])
        self._note_failure(link)

    def _end(self, seconds: float | None) -> None:
        self._sent = None
        self._due = max(self._due + self._every, time.monotonic())
        self._trips.add(seconds)
        self._untaken.append(seconds)

    def _note_failure(self, link: NodeConnection) -> None:
        problem = link.failure
        if problem is None:
            return
        self._link = None
        if isinstance(problem, (NotAuthorised, NotDisque)):
            raise problem
        reason = problem.message.removeprefix(f"{self.name}: ")
        before = "" if self.problem is None else self.problem.message
        self.problem = _same_kind(problem, f"{self.name}: {reason}")
        self.new_problem = reason if self.problem.message != before else ""
        self._end(None)


def _same_kind(problem: DisquectlError, text: str) -> DisquectlError:
    if isinstance(problem, (NoAnswer, ReplyError)):
        same: DisquectlError = type(problem)(text, problem.advice)
        return same
    return ConnectionFailed(text)
