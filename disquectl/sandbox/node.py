"""One simulated node: its state, and the network between nodes.

State with simple queries only. The modules of rules (`registry`, `delivery`, `replication`, ...) change it.
Knows no clock and no socket.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count
from random import Random
from typing import NamedTuple

from disquectl.sandbox.alarms import Alarms
from disquectl.sandbox.job import Job
from disquectl.sandbox.latency import LatencyEvents
from disquectl.sandbox.messages import Message
from disquectl.sandbox.queue import Queue
from disquectl.sandbox.rates import Rates
from disquectl.sandbox.scan import Scanner
from disquectl.sandbox.session import Session
from disquectl.sandbox.settings import Settings
from disquectl.sandbox.slowlog import SlowLog

# Memory of a node without jobs, so that a tiny maxmemory is exceeded at once, as on the real server.
_EMPTY_NODE_BYTES = 800_000
_QUEUE_BYTES = 600

# Handles a message: the node, the sender's ID, the message, the time.
Receive = Callable[["Node", bytes, Message, int], None]


class Network:
    """Messages between the nodes of one process; they arrive in order, when `deliver` is called."""

    def __init__(self, receive: Receive) -> None:
        self.members: list[Node] = []
        self._receive = receive
        self._messages: deque[tuple[Node, Node, Message]] = deque()
        # Messages for sleeping nodes, kept apart so that they are not checked again and again.
        self._held: dict[Node, list[tuple[Node, Node, Message]]] = {}

    def send(self, sender: Node, target: Node, message: Message) -> None:
        sender.messages_sent += 1
        self._messages.append((sender, target, message))

    def deliver(self, now_ms: int) -> None:
        """Deliver all messages, including those sent meanwhile. Messages to a sleeping node wait."""
        for node in [sleeper for sleeper in self._held if not sleeper.asleep_until_ms]:
            self._messages.extendleft(reversed(self._held.pop(node)))
        while self._messages:
            sender, target, message = self._messages.popleft()
            if target.asleep_until_ms:
                self._held.setdefault(target, []).append((sender, target, message))
            elif not target.is_down and not sender.is_down and sender.node_id in target.peers:
                target.messages_received += 1
                self._receive(target, sender.node_id, message, now_ms)


class Handshake(NamedTuple):
    """An attempt to meet a node at an address without an answer, until it times out."""

    host: bytes
    port: int
    until_ms: int


class Node:
    """One node.

    `stopwatch` returns monotonic microseconds, to measure commands. `commands`: the names of all commands, in
    the order of INFO.
    """

    def __init__(
        self,
        network: Network,
        address: tuple[bytes, int],
        password: bytes,
        now_ms: int,
        *,
        random: Random,
        stopwatch: Callable[[], int],
        commands: tuple[bytes, ...],
    ) -> None:
        self.network = network
        self.random = random
        self.stopwatch = stopwatch
        self._commands = commands
        self.node_id = self.make_node_id()
        self.run_id = self.make_node_id()
        self.host, self.port = address
        # A node learns its own address from others.
        self.known_host = b""
        self.started_ms = now_ms
        self.peers: dict[bytes, Node] = {}
        # By the temporary ID of a node whose real ID is not known yet.
        self.handshakes: dict[bytes, Handshake] = {}
        self.leaving = False
        # IDs of the peers that said so in their last ping.
        self.leaving_peers: set[bytes] = set()
        self.down_since_ms = 0
        self.asleep_since_ms = self.asleep_until_ms = 0
        self.clients_paused_until_ms = 0
        # BGREWRITEAOF: when it ends; 0 before the first one.
        self.rewrites_until_ms = 0
        self.stops = False
        # A request that crashes a real server has been run: this node stops at its next pulse.
        self.crashes = False
        self.settings = Settings(password, *address)
        self.serials = count(1)
        self.last_created_ns = 0
        self.forget_jobs()
        self._start_without_clients()
        self.slow_log = SlowLog()
        self.latency = LatencyEvents()
        self.swept_s = now_ms // 1000
        # The cursor of the search for idle queues; 0: start.
        self.sweep_cursor = 0
        self.messages_sent = self.messages_received = 0
        self.peak_bytes = 0
        self.reset_statistics(now_ms)

    def forget_jobs(self) -> None:
        """Remove all jobs and queues."""
        self.jobs: dict[bytes, Job] = {}
        self.queues: dict[bytes, Queue] = {}
        self.alarms = Alarms()
        self.job_scanner: Scanner[Job] = Scanner()
        self.queue_scanner: Scanner[Queue] = Scanner()
        # Jobs that may be evicted.
        self.disposable: dict[bytes, None] = {}
        # Queues that may have a job for a waiting client.
        self.ready: dict[Queue, None] = {}
        self.job_bytes = 0

    def _start_without_clients(self) -> None:
        self.sessions: dict[int, Session] = {}
        # Ordered sets: sessions with output, sessions that wait, sessions whose requests can continue.
        self.touched: dict[Session, None] = {}
        self.waiting: dict[Session, None] = {}
        self.resumed: dict[Session, None] = {}
        self.monitors: dict[Session, None] = {}

    def reset_statistics(self, now_ms: int) -> None:
        self.rates = Rates(now_ms)
        self.connections_received = self.connections_refused = 0
        self.commands_processed = 0
        self.input_bytes = self.output_bytes = 0
        # For each command: number of calls, total microseconds.
        self.calls = {name: [0, 0] for name in self._commands}

    def leave_ghost(self, now_ms: int) -> Node:
        """Return a dead node with this ID and no address, which replaces this node when it takes a new ID."""
        ghost = Node(
            self.network,
            (b"", 0),
            b"",
            now_ms,
            random=self.random,
            stopwatch=self.stopwatch,
            commands=(),
        )
        ghost.node_id, ghost.down_since_ms = self.node_id, max(now_ms, 1)
        return ghost

    def make_node_id(self) -> bytes:
        return b"%040x" % self.random.getrandbits(160)

    @property
    def is_down(self) -> bool:
        return self.down_since_ms > 0

    @property
    def silent_since_ms(self) -> int:
        """Since when it does not answer the others, because it is down or sleeps; 0 if it answers."""
        return self.down_since_ms or (self.asleep_since_ms if self.asleep_until_ms else 0)

    @property
    def used_bytes(self) -> int:
        return _EMPTY_NODE_BYTES + self.job_bytes + len(self.queues) * _QUEUE_BYTES

    @property
    def is_crowded(self) -> bool:
        """Over 75 % of maxmemory: new jobs are stored on other nodes only."""
        return self.used_bytes > self.settings.crowded_above_bytes

    def is_failing(self, peer: Node, now_ms: int) -> bool:
        """Whether `peer` has not answered for the node timeout. A peer without an address is not checked."""
        since_ms = peer.silent_since_ms
        return since_ms > 0 and peer.port > 0 and now_ms - since_ms >= self.settings.node_timeout_ms

    def sees_leaving(self, known: Node) -> bool:
        """Whether this node knows that it or a peer is leaving the cluster."""
        return self.leaving if known is self else known.node_id in self.leaving_peers

    def reachable(self, now_ms: int) -> list[Node]:
        """Return the peers that can store replicas."""
        return [
            peer
            for peer in self.peers.values()
            if not self.sees_leaving(peer) and not self.is_failing(peer, now_ms)
        ]

    def send(self, peer_id: bytes, message: Message) -> None:
        """Send a message to a peer; ignored if it is unknown, down, or this node itself."""
        peer = self.peers.get(peer_id)
        if peer is not None and not peer.is_down:
            self.network.send(self, peer, message)

    def queue_named(self, name: bytes, now_ms: int) -> Queue:
        """Return the queue; create it if it is missing."""
        queue = self.queues.get(name)
        if queue is None:
            queue = self.queues[name] = Queue(name, next(self.serials), now_ms)
            self.queue_scanner.add(queue)
        return queue

    def forget_queue(self, name: bytes) -> None:
        self.queue_scanner.remove(self.queues.pop(name))

    def sessions_with_input(self) -> dict[Session, None]:
        """Return the sessions with unread input."""
        return {session: None for session in self.sessions.values() if session.reader.has_input}

    def note_duration(
        self, name: bytes, words: list[bytes], duration_us: int, now_ms: int, is_fast: bool = False
    ) -> None:
        """Record the duration of a command, for INFO, SLOWLOG and LATENCY."""
        self.commands_processed += 1
        calls = self.calls[name]
        calls[0] += 1
        calls[1] += duration_us
        settings = self.settings
        if duration_us >= settings.slow_us:
            self.slow_log.add(words, now_ms // 1000, duration_us)
            self.slow_log.trim(settings.slow_log_length)
        if 0 < settings.latency_threshold_ms <= duration_us // 1000:
            self.latency.add(b"fast-command" if is_fast else b"command", now_ms // 1000, duration_us // 1000)
