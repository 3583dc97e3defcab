"""Puts load on nodes and measures it: one process, many clients, one poll loop.

The clients are spread over the nodes. A client whose connection breaks is not replaced; what it had in flight
counts as errors.
"""

from __future__ import annotations

import select
import time
from collections import deque
from functools import partial

from disquectl.bulk.bench_clients import RepeatingClient, TakingClient
from disquectl.bulk.bench_schedule import Schedule
from disquectl.client.connection import Broken, Unreachable
from disquectl.errors import ConnectionFailed
from disquectl.merge.measured import Measured
from disquectl.protocol.reply_lines import JOB_ID, NUMBER
from disquectl.protocol.resp import ProtocolError, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from disquectl.bulk.bench_clients import BenchClient
    from disquectl.client.address import Node
    from disquectl.client.connection import Connection
    from disquectl.client.connection_factory import ConnectionFactory

    class Stopping(Protocol):
        """Says whether to stop; execution.signals.Stop does."""

        asked: bool

    Reporting = Callable[[int], object]

    class Phase(Protocol):
        """`produce`, `consume` or `ask_length`."""

        def __call__(
            self,
            load: Load,
            jobs: int | None,
            factory: ConnectionFactory,
            *,
            stop: Stopping,
            report: Reporting,
        ) -> Measured: ...


TTL_SECONDS = 300
REPLICATION_TIMEOUT_MS = 5_000
# A consumer that got no job asks again after this time, and gives up when none has come for the other.
EMPTY_PAUSE_SECONDS = 0.01
EMPTY_SECONDS = 5.0
_REPORT_SECONDS = 0.1
NO_ANSWER, LOST, NOT_DELIVERED = "no answer", "connection lost", "not delivered"
NOT_CONNECTED = "not connected"
# Errors that no node reported.
OF_CONNECTIONS = frozenset({NO_ANSWER, LOST, NOT_CONNECTED})


class Load:
    """What to do: the nodes, and the numbers of the command line.

    rate      jobs per second, None without limit
    seconds   how long each phase lasts at most, None until all jobs are done
    """

    __slots__ = ("clients", "nodes", "pipeline", "queue", "rate", "replicate", "seconds", "size")

    def __init__(
        self,
        nodes: list[Node],
        queue: bytes,
        *,
        clients: int,
        pipeline: int,
        size: int,
        replicate: int | None,
        seconds: float | None,
        rate: float | None,
    ) -> None:
        self.nodes = nodes
        self.queue = queue
        self.clients = clients
        self.pipeline = pipeline
        self.size = size
        self.replicate = replicate
        self.seconds = seconds
        self.rate = rate

    def addjob(self) -> bytes:
        """The request that adds a job."""
        words = [b"ADDJOB", self.queue, b"x" * self.size, b"%d" % REPLICATION_TIMEOUT_MS]
        if self.replicate is not None:
            words += [b"REPLICATE", b"%d" % self.replicate]
        return encode([*words, b"TTL", b"%d" % TTL_SECONDS])

    def share(self, part: int, parts: int) -> Load:
        """The load of one of several processes: its share of the clients and the rate."""
        clients = self.clients // parts + (part < self.clients % parts)
        nodes = self.nodes[part % len(self.nodes) :] + self.nodes[: part % len(self.nodes)]
        return Load(
            nodes,
            self.queue,
            clients=clients,
            pipeline=self.pipeline,
            size=self.size,
            replicate=self.replicate,
            seconds=self.seconds,
            rate=None if self.rate is None else self.rate * clients / self.clients,
        )


def produce(
    load: Load, jobs: int | None, factory: ConnectionFactory, *, stop: Stopping, report: Reporting
) -> Measured:
    """Add jobs, `jobs` in all (None: as many as the time allows), and measure.

    `report` gets the number of jobs so far, a few times a second. Raises ConnectionFailed if no client can
    connect, and as logging in does.
    """
    make = partial(RepeatingClient, request=load.addjob(), beginning=JOB_ID, size=load.pipeline)
    return _Run(load, jobs, make, factory, stop=stop, report=report).carry_out()


def ask_length(
    load: Load, jobs: int | None, factory: ConnectionFactory, *, stop: Stopping, report: Reporting
) -> Measured:
    """Send QLEN, `jobs` times in all; otherwise as `produce`."""
    request = encode((b"QLEN", load.queue))
    make = partial(RepeatingClient, request=request, beginning=NUMBER, size=load.pipeline)
    return _Run(load, jobs, make, factory, stop=stop, report=report).carry_out()


def consume(
    load: Load, jobs: int | None, factory: ConnectionFactory, *, stop: Stopping, report: Reporting
) -> Measured:
    """Take and acknowledge jobs, `jobs` in all; otherwise as `produce`."""
    return _Run(
        load, jobs, partial(TakingClient, queue=load.queue), factory, stop=stop, report=report
    ).carry_out()


class _Run:
    """One phase."""

    def __init__(
        self,
        load: Load,
        jobs: int | None,
        make: Callable[[Connection], BenchClient],
        factory: ConnectionFactory,
        *,
        stop: Stopping,
        report: Reporting,
    ) -> None:
        self._load = load
        self._jobs = jobs
        self._stop = stop
        self._report = report
        self._patience = factory.response_timeout
        self._epoll = select.epoll()
        self._clients: dict[int, BenchClient] = {}
        self._idle: list[BenchClient] = []
        self._resting: deque[tuple[float, BenchClient]] = deque()
        self._make = make
        self._factory = factory
        self._measured = Measured()
        self._latest = 0.0  # when the last job was done

    def carry_out(self) -> Measured:
        """Connect, send and count until all is done or a signal comes."""
        try:
            self._connect()
            self._measured.begin = self._latest = time.monotonic()
            self._schedule = Schedule(
                self._measured.begin,
                block=self._load.pipeline,
                jobs=self._jobs,
                seconds=self._load.seconds,
                rate=self._load.rate,
            )
            self._go_on()
        finally:
            self._epoll.close()
            for client in self._clients.values():
                self._measured.add_errors(client.errors)
                client.close()
        return self._measured

    def _connect(self) -> None:
        problem: ConnectionFailed | None = None
        for number in range(self._load.clients):
            node = self._load.nodes[number % len(self._load.nodes)]
            try:
                client = self._make(self._factory.open(node))
            except Unreachable as refused:
                problem = ConnectionFailed(f"{node}: {refused}")
                self._measured.add_errors({NOT_CONNECTED: 1})
                continue
            self._clients[client.fileno()] = client
            self._idle.append(client)
            self._epoll.register(client.fileno(), client.events)
        if problem is not None and not self._clients:
            raise problem

    def _go_on(self) -> None:
        now, next_report = self._measured.begin, self._measured.begin
        while self._clients:
            while self._resting and self._resting[0][0] <= now:
                self._idle.append(self._resting.popleft()[1])
            self._start_idle(now)
            is_busy = len(self._idle) + len(self._resting) < len(self._clients)
            if not is_busy and self._is_over(now):
                break
            ready = self._epoll.poll(self._timeout(now))
            now = time.monotonic()
            for fd, events in ready:
                self._advance(self._clients[fd], events, now)
            if now >= next_report:
                next_report = now + _REPORT_SECONDS
                self._report(self._measured.jobs)
                self._give_up_on_the_late(now)
        self._measured.end = max(self._latest, self._measured.begin)

    def _is_over(self, now: float) -> bool:
        if self._stop.asked or self._schedule.is_over(now):
            return True
        if self._resting and now - self._latest > EMPTY_SECONDS:
            if self._jobs is not None:
                missing = self._jobs - self._measured.jobs - self._measured.failed
                self._measured.add_errors({NOT_DELIVERED: missing} if missing > 0 else {})
            return True
        return False

    def _timeout(self, now: float) -> float:
        wake = now + _REPORT_SECONDS
        due = self._schedule.next_due(now) if self._idle else None
        for at in (due, self._resting[0][0] if self._resting else None):
            if at is not None:
                wake = min(wake, at)
        return max(wake - now, 0)

    def _start_idle(self, now: float) -> None:
        while self._idle and not self._stop.asked:
            block = self._schedule.take(now)
            if block is None:
                return
            self._start(self._idle.pop(), block, now)

    def _start(self, client: BenchClient, block: tuple[int, float], now: float) -> None:
        client.last = now
        before = client.events
        try:
            client.begin(*block)
        except Broken:
            self._drop(client, LOST)
            return
        if client.events != before:
            self._epoll.modify(client.fileno(), client.events)

    def _advance(self, client: BenchClient, events: int, now: float) -> None:
        before = client.events
        client.last = now
        try:
            has_ended = client.advance(events)
        except (Broken, ProtocolError):
            self._drop(client, LOST)
            return
        if client.events != before:
            self._epoll.modify(client.fileno(), client.events)
        if not has_ended:
            return
        if client.returned:
            self._schedule.give_back(client.returned)
        if client.done:
            self._measured.jobs += client.done
            self._measured.latencies.add(now - client.since, client.done)
            self._latest = now
        elif client.returned:
            self._resting.append((now + EMPTY_PAUSE_SECONDS, client))
            return
        block = None if self._stop.asked else self._schedule.take(now)
        if block is None:
            self._idle.append(client)
        else:
            self._start(client, block, now)

    def _give_up_on_the_late(self, now: float) -> None:
        if self._patience is None:
            return
        for client in list(self._clients.values()):
            if client.left and now - client.last > self._patience:
                self._drop(client, NO_ANSWER)

    def _drop(self, client: BenchClient, kind: str) -> None:
        """Close a client that is of no use any longer, and count what it had in flight."""
        client.lost(kind)
        self._measured.add_errors(client.errors)
        for fd, one in list(self._clients.items()):
            if one is client:
                del self._clients[fd]
                if client.fileno() == fd:
                    self._epoll.unregister(fd)
        client.close()


def described(errors: dict[str, int]) -> str:
    """`12 NOREPL, 1 connection lost`, the most frequent first."""
    ordered = sorted(errors.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{count:,} {kind}" for kind, count in ordered)
