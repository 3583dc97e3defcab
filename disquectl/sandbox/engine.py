"""The engine: the sandbox without sockets. Nodes, their clients, and time that is passed in.

The interface for the server and the tests: connect, receive, settle, advance.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count
from random import Random

from disquectl.sandbox.commands.table import COMMANDS
from disquectl.sandbox.dispatch import run_requests
from disquectl.sandbox.federation import serve_waiting
from disquectl.sandbox.membership import meet
from disquectl.sandbox.node import Network, Node
from disquectl.sandbox.receiving import receive
from disquectl.sandbox.session import Session
from disquectl.sandbox.upkeep import pulse, run_due, stop_waiting


class Engine:
    """`addresses` are host and port of each node; they know each other from the start."""

    def __init__(
        self,
        addresses: list[tuple[str, int]],
        now_ms: int,
        password: bytes = b"",
        random: Random | None = None,
        stopwatch: Callable[[], int] = lambda: 0,
    ) -> None:
        network = Network(receive)
        random = random or Random()
        self._network = network
        self._now_ms = now_ms
        self._numbers = count(1)
        self.nodes = [
            Node(
                network,
                (host.encode(), port),
                password,
                now_ms,
                random=random,
                stopwatch=stopwatch,
                commands=tuple(COMMANDS),
            )
            for host, port in addresses
        ]
        network.members.extend(self.nodes)
        for node in self.nodes[1:]:
            meet(node, self.nodes[0].host, self.nodes[0].port, now_ms)

    def connect(self, node: Node, address: bytes, fd: int, now_ms: int) -> Session | None:
        """Return the session of a new client; None if the node has maxclients."""
        if len(node.sessions) >= node.settings.max_clients:
            node.connections_refused += 1
            return None
        node.connections_received += 1
        session = Session(next(self._numbers), address, fd, now_ms, node.touched)
        node.sessions[session.number] = session
        return session

    def disconnect(self, node: Node, session: Session, now_ms: int) -> None:
        """Remove a client; jobs that it waited for stay."""
        session.killed = True
        if session.wait is not None:
            stop_waiting(node, session)
        node.sessions.pop(session.number, None)
        node.monitors.pop(session, None)
        node.touched.pop(session, None)
        node.resumed.pop(session, None)
        self.settle(now_ms)

    def receive(self, node: Node, session: Session, data: bytes, now_ms: int) -> None:
        """Handle bytes from a client: run the complete requests, and their effects on other nodes."""
        node.input_bytes += len(data)
        session.seen_ms = now_ms
        session.reader.feed(data)
        run_requests(node, session, now_ms)
        self.settle(now_ms)

    def settle(self, now_ms: int) -> None:
        """Deliver the messages between nodes, and run each resumed session for one turn."""
        self._deliver(now_ms)
        for node in self.nodes:
            resumed = list(node.resumed)
            node.resumed.clear()
            for session in resumed:
                run_requests(node, session, now_ms)
        self._deliver(now_ms)
        for node in self.nodes:
            _drop_killed(node)

    def _deliver(self, now_ms: int) -> None:
        """Deliver all messages, and the jobs that came with them, which may cause more messages."""
        self._network.deliver(now_ms)
        while ready := [node for node in self.nodes if node.ready]:
            for node in ready:
                serve_waiting(node, now_ms)
            self._network.deliver(now_ms)

    @property
    def has_more_to_do(self) -> bool:
        """Whether another `settle` has something to do."""
        return any(node.resumed for node in self.nodes)

    def next_event_ms(self) -> int | None:
        """Return the time of the next timer, or None."""
        times = []
        for node in self.nodes:
            if node.is_down:
                continue
            at_ms = node.asleep_until_ms or node.alarms.next_ms()
            if at_ms is not None:
                times.append(at_ms)
        return min(times, default=None)

    def advance(self, now_ms: int, most: int = sys.maxsize) -> None:
        """Advance the time to `now_ms`: run all timers, each at its own time and in order.

        At most `most` jobs are processed; the others wait for the next call, so that clients are served in
        between.
        """
        left = most
        while left > 0 and (at_ms := self.next_event_ms()) is not None and at_ms <= now_ms:
            # Overdue timers run now: time never goes back.
            left -= self._step(max(at_ms, self._now_ms), left)
        self._step(max(now_ms, self._now_ms), left)
        for node in self.nodes:
            pulse(node, self._now_ms)
            node.rates.update(self._now_ms, node.commands_processed, node.input_bytes, node.output_bytes)
        self.settle(self._now_ms)

    def _step(self, now_ms: int, most: int) -> int:
        self._now_ms = now_ms
        count = sum([run_due(node, now_ms, most) for node in self.nodes])
        self.settle(now_ms)
        return count

    def stop_node(self, node: Node, now_ms: int) -> None:
        """Stop a node; the others notice after their node timeout."""
        node.down_since_ms = max(now_ms, 1)
        for session in list(node.sessions.values()):
            session.kill()


def _drop_killed(node: Node) -> None:
    """Clean up the sessions that CLIENT KILL ended."""
    for session in node.touched:
        if session.killed and session.wait is not None:
            stop_waiting(node, session)
        if session.killed:
            node.resumed.pop(session, None)
            node.monitors.pop(session, None)
