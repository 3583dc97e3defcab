"""One simulated node: everything it keeps, and the post between nodes.

Plain state with a few questions about it. What commands and timers do with it is in the modules of rules
(`registry`, `delivery`, `replication`, ...). Knows no clock and no socket.
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

# What a node without jobs takes, so that a tiny maxmemory is over its limit at once, as with the real server.
_EMPTY_NODE_BYTES = 800_000
_QUEUE_BYTES = 600

# What a node does with a message: the node, the sender's ID, the message, the time.
Receive = Callable[["Node", bytes, Message, int], None]


class Post:
    """Messages between the nodes of one process; they arrive when `deliver` is called, in their order."""

    def __init__(self, receive: Receive) -> None:
        self.members: list[Node] = []
        self._receive = receive
        self._messages: deque[tuple[Node, Node, Message]] = deque()
        # Those for nodes that sleep, so that nobody looks at them again and again.
        self._held: dict[Node, list[tuple[Node, Node, Message]]] = {}

    def send(self, sender: Node, target: Node, message: Message) -> None:
        sender.messages_sent += 1
        self._messages.append((sender, target, message))

    def deliver(self, now_ms: int) -> None:
        """Hand over all there is, also what is sent meanwhile. Messages to a node that sleeps wait for it."""
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
    """A try to meet a node at an address where nobody answers, until it is given up."""

    host: bytes
    port: int
    until_ms: int


class Node:
    """`stopwatch` answers microseconds that only grow: how long commands take is measured with it.

    `commands` are the names of those it knows, in the order in which INFO lists them.
    """

    def __init__(
        self,
        post: Post,
        address: tuple[bytes, int],
        password: bytes,
        now_ms: int,
        *,
        random: Random,
        stopwatch: Callable[[], int],
        commands: tuple[bytes, ...],
    ) -> None:
        self.post = post
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
        # By the ID that a node goes by until it tells its own.
        self.handshakes: dict[bytes, Handshake] = {}
        self.leaving = False
        self.down_since_ms = 0
        self.asleep_since_ms = self.asleep_until_ms = 0
        self.clients_paused_until_ms = 0
        # BGREWRITEAOF: until when it is said to run; 0 before the first one.
        self.rewrites_until_ms = 0
        self.stops = False
        # What makes a real server crash has happened: it stops at its next pulse.
        self.crashes = False
        self.settings = Settings(password, *address)
        self.serials = count(1)
        self.last_created_ns = 0
        self.forget_jobs()
        self._start_without_clients()
        self.slow_log = SlowLog()
        self.latency = LatencyEvents()
        self.swept_s = now_ms // 1000
        # Where the search for idle queues goes on; 0 is the beginning.
        self.sweep_cursor = 0
        self.messages_sent = self.messages_received = 0
        self.peak_bytes = 0
        self.reset_statistics(now_ms)

    def forget_jobs(self) -> None:
        """No job and no queue is left."""
        self.jobs: dict[bytes, Job] = {}
        self.queues: dict[bytes, Queue] = {}
        self.alarms = Alarms()
        self.job_scanner: Scanner[Job] = Scanner()
        self.queue_scanner: Scanner[Queue] = Scanner()
        # Jobs that may be thrown away when memory is short.
        self.disposable: dict[bytes, None] = {}
        # Queues that may have something for a client that waits.
        self.ready: dict[Queue, None] = {}
        self.job_bytes = 0

    def _start_without_clients(self) -> None:
        self.sessions: dict[int, Session] = {}
        # Ordered sets: sessions with something to send, that wait, and whose requests can go on.
        self.touched: dict[Session, None] = {}
        self.waiting: dict[Session, None] = {}
        self.resumed: dict[Session, None] = {}
        self.monitors: dict[Session, None] = {}

    def reset_statistics(self, now_ms: int) -> None:
        self.rates = Rates(now_ms)
        self.connections_received = self.connections_refused = 0
        self.commands_processed = 0
        self.input_bytes = self.output_bytes = 0
        # Per command: how often, and microseconds in all.
        self.calls = {name: [0, 0] for name in self._commands}

    def leave_ghost(self, now_ms: int) -> Node:
        """A dead node with this one's ID at no address: what the others keep when it takes a new ID."""
        ghost = Node(
            self.post,
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
        """Since when the others hear nothing of it: it is down, or it sleeps. 0 if they do."""
        return self.down_since_ms or (self.asleep_since_ms if self.asleep_until_ms else 0)

    @property
    def used_bytes(self) -> int:
        return _EMPTY_NODE_BYTES + self.job_bytes + len(self.queues) * _QUEUE_BYTES

    @property
    def is_crowded(self) -> bool:
        """Over 75 % of maxmemory: new jobs are kept by other nodes only."""
        return self.used_bytes > self.settings.crowded_above_bytes

    def is_failing(self, peer: Node, now_ms: int) -> bool:
        """Whether `peer` has been silent for too long. Nobody looks after one without an address."""
        since_ms = peer.silent_since_ms
        return since_ms > 0 and peer.port > 0 and now_ms - since_ms >= self.settings.node_timeout_ms

    def reachable(self, now_ms: int) -> list[Node]:
        """The others that can take copies."""
        return [
            peer for peer in self.peers.values() if not peer.leaving and not self.is_failing(peer, now_ms)
        ]

    def send(self, peer_id: bytes, message: Message) -> None:
        """Post a message to another node; to none that is unknown, dead, or this one itself."""
        peer = self.peers.get(peer_id)
        if peer is not None and not peer.is_down:
            self.post.send(self, peer, message)

    def queue_named(self, name: bytes, now_ms: int) -> Queue:
        """The queue, made when it is missing."""
        queue = self.queues.get(name)
        if queue is None:
            queue = self.queues[name] = Queue(name, next(self.serials), now_ms)
            self.queue_scanner.add(queue)
        return queue

    def forget_queue(self, name: bytes) -> None:
        self.queue_scanner.remove(self.queues.pop(name))

    def sessions_with_input(self) -> dict[Session, None]:
        """Those whose requests can be read on."""
        return {session: None for session in self.sessions.values() if session.reader.has_input}

    def note_duration(
        self, name: bytes, words: list[bytes], duration_us: int, now_ms: int, is_fast: bool = False
    ) -> None:
        """A command took so long: for INFO, SLOWLOG and LATENCY."""
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
