"""The network server around the engine, with asyncio.

Transfers bytes between sockets and sessions, advances the time, and bounds memory: clients that do not read
their replies are no longer served and finally dropped, and all incomplete requests together are limited.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from disquectl.sandbox import replies
from disquectl.sandbox.clock import Clock, stopwatch_us
from disquectl.sandbox.dispatch import OUTPUT_LIMIT_BYTES, may_run
from disquectl.sandbox.engine import Engine
from disquectl.sandbox.listening import address_of, join_address
from disquectl.sandbox.node import Node
from disquectl.sandbox.requests import MAX_REQUEST_BYTES
from disquectl.sandbox.session import Session

# Turns of the loop in which aborted connections are closed.
_CLOSE_TURNS = 3
# After a failure to accept a connection, such as too many open files.
_ACCEPT_AGAIN_SECONDS = 1.0
_TICK_MS = 100
# Due jobs processed at once; then clients are served.
JOBS_PER_TICK = 1000
# How much a client that is not being served may send ahead.
_READ_AHEAD_BYTES = 1024 * 1024
# Unread replies: a single one may be larger, but nothing is added beyond this.
_UNREAD_LIMIT_BYTES = 64 * 1024 * 1024
_PENDING_LIMIT_BYTES = MAX_REQUEST_BYTES + 64 * 1024 * 1024
_CRASHED = "ACKJOB of a job in state wait-repl, which crashes Disque"
_TOO_MANY_CLIENTS = replies.error(b"ERR max number of clients reached")

Log = Callable[[str], None]


class Connection(asyncio.Protocol):
    """One client's socket."""

    def __init__(self, server: SandboxServer, node: Node) -> None:
        self._server = server
        self.node = node
        self.session: Session | None = None
        self.transport: asyncio.Transport
        self.pending_bytes = 0
        self.reads = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=OUTPUT_LIMIT_BYTES)
        self._server.open_connections.add(self)
        self._server.add(self)

    def data_received(self, data: bytes) -> None:
        self._server.receive(self, data)

    def connection_lost(self, _problem: Exception | None) -> None:
        self._server.open_connections.discard(self)
        self._server.remove(self)

    def pause_writing(self) -> None:
        if self.session is not None:
            self.session.held = True

    def resume_writing(self) -> None:
        if self.session is not None:
            self.session.held = False
            self.node.resumed[self.session] = None
            self._server.carry_on()

    def send(self, data: bytes) -> bool:
        """Send data; return False if too much earlier data is unread."""
        if self.transport.get_write_buffer_size() > _UNREAD_LIMIT_BYTES:
            return False
        self.transport.write(data)
        return True


class SandboxServer:
    """One listening socket a node, all in the running event loop."""

    def __init__(self, sockets: list[socket.socket], password: str | None, log: Log) -> None:
        addresses = [address_of(listener) for listener in sockets]
        self.addresses = [join_address(*address) for address in addresses]
        self.clock = Clock()
        self.engine = Engine(
            addresses, self.clock.now_ms(), (password or "").encode(), stopwatch=stopwatch_us
        )
        self.all_stopped = asyncio.Event()
        self.has_crashed = False
        # Called with the time ten times a second, before timers run.
        self.before_tick: Callable[[int], None] | None = None
        self._log = log
        self._sockets = sockets
        self._accepting: set[asyncio.Task[tuple[asyncio.Transport, Connection]]] = set()
        # With those that have no session yet, or no longer have one.
        self.open_connections: set[Connection] = set()
        self._connections: dict[Session, Connection] = {}
        self._pending_bytes = 0
        self._not_reading: set[Connection] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._continues = False

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for node, listener in zip(self.engine.nodes, self._sockets, strict=True):
            loop.add_reader(listener, self._accept, listener, _ConnectionMaker(self, node))
        self._tick()

    async def close(self) -> None:
        """Stop all nodes and end their connections."""
        for index in range(len(self.engine.nodes)):
            self.stop_node(index)
        if self._timer is not None:
            self._timer.cancel()
        if self._accepting:
            await asyncio.wait(self._accepting)
        for _ in range(_CLOSE_TURNS):
            for connection in list(self.open_connections):
                connection.transport.abort()
            await asyncio.sleep(0)

    def _accept(self, listener: socket.socket, make: _ConnectionMaker) -> None:
        """Accept what is waiting.

        Not asyncio's own server: a connection that it has accepted while it is closed is never closed.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as problem:
                self._log(f"cannot accept a connection: {problem.strerror}")
                loop.remove_reader(listener)
                loop.call_later(_ACCEPT_AGAIN_SECONDS, self._accept_again, listener, make)
                return
            accepted.setblocking(False)
            task = loop.create_task(loop.connect_accepted_socket(make, accepted))
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    def _accept_again(self, listener: socket.socket, make: _ConnectionMaker) -> None:
        if listener.fileno() >= 0:
            asyncio.get_running_loop().add_reader(listener, self._accept, listener, make)

    def stop_node(self, index: int) -> None:
        """End a node as if its process had died."""
        node = self.engine.nodes[index]
        if node.is_down:
            return
        asyncio.get_running_loop().remove_reader(self._sockets[index])
        self._sockets[index].close()
        self.engine.stop_node(node, self.clock.now_ms())
        self.carry_on()
        if all(other.is_down for other in self.engine.nodes):
            self.all_stopped.set()

    def advance(self, seconds: float) -> None:
        """Move the clock forward; run what becomes due."""
        self.clock.move_forward(seconds)
        self.engine.advance(self.clock.now_ms())
        self.carry_on()

    def add(self, connection: Connection) -> None:
        node, transport = connection.node, connection.transport
        if node.is_down:
            # It was accepted while the node stopped.
            transport.abort()
            return
        peer = transport.get_extra_info("peername")
        address = join_address(*peer[:2]) if peer else "?:0"
        fd = transport.get_extra_info("socket").fileno()
        session = self.engine.connect(node, address.encode(), fd, self.clock.now_ms())
        if session is None:
            transport.write(_TOO_MANY_CLIENTS)
            transport.close()
            return
        connection.session = session
        self._connections[session] = connection

    def remove(self, connection: Connection) -> None:
        session = connection.session
        if session is None:
            return
        connection.session = None
        self._connections.pop(session, None)
        self._not_reading.discard(connection)
        self._pending_bytes -= connection.pending_bytes
        self.engine.disconnect(connection.node, session, self.clock.now_ms())
        self.carry_on()

    def receive(self, connection: Connection, data: bytes) -> None:
        session = connection.session
        if session is None or session.killed or session.closing:
            return
        self.engine.receive(connection.node, session, data, self.clock.now_ms())
        self._note_pending(connection, session)
        self.carry_on()

    def _note_pending(self, connection: Connection, session: Session) -> None:
        """Count the bytes of incomplete requests, and stop reading from a client that sends too far ahead."""
        pending_bytes = session.reader.pending_bytes
        self._pending_bytes += pending_bytes - connection.pending_bytes
        connection.pending_bytes = pending_bytes
        if self._pending_bytes > _PENDING_LIMIT_BYTES:
            self._log(f"too many incomplete requests: client {session.address.decode()} dropped")
            session.kill()
        elif pending_bytes > _READ_AHEAD_BYTES and not may_run(connection.node, session):
            connection.transport.pause_reading()
            self._not_reading.add(connection)

    def carry_on(self) -> None:
        """Send pending output; schedule the work that is left."""
        for index, node in enumerate(self.engine.nodes):
            # First, because a server that stops does not send its pending replies.
            if node.stops and not node.is_down:
                self._log(f"{_CRASHED if node.crashes else 'SHUTDOWN'}: {self.addresses[index]} stops")
                self.has_crashed = self.has_crashed or node.crashes
                self.stop_node(index)
            if node.touched:
                self._flush(node)
        for connection in [
            one for one in self._not_reading if one.session and may_run(one.node, one.session)
        ]:
            self._not_reading.discard(connection)
            connection.transport.resume_reading()
        if self.engine.has_more_to_do and not self._continues:
            self._continues = True
            asyncio.get_running_loop().call_soon(self._continue)

    def _continue(self) -> None:
        self._continues = False
        self.engine.settle(self.clock.now_ms())
        self.carry_on()

    def _flush(self, node: Node) -> None:
        touched = list(node.touched)
        node.touched.clear()
        for session in touched:
            connection = self._connections.get(session)
            if connection is None:
                continue
            if session.out and not session.killed:
                data = session.take_output()
                # A reply or a line of MONITOR also resets the client's idle time.
                session.seen_ms = self.clock.now_ms()
                node.output_bytes += len(data)
                if not connection.send(data):
                    self._log(f"client {session.address.decode()} does not read its replies: dropped")
                    session.killed = True
            if session.killed:
                connection.transport.abort()
            elif session.closing:
                connection.transport.close()

    def _tick(self) -> None:
        now_ms = self.clock.now_ms()
        if self.before_tick is not None:
            self.before_tick(now_ms)
        self.engine.advance(now_ms, JOBS_PER_TICK)
        self.carry_on()
        next_ms = self.engine.next_event_ms()
        delay_ms = _TICK_MS if next_ms is None else min(max(next_ms - now_ms, 1), _TICK_MS)
        self._timer = asyncio.get_running_loop().call_later(delay_ms / 1000, self._tick)


class _ConnectionMaker:
    """Creates the connections of one node."""

    def __init__(self, server: SandboxServer, node: Node) -> None:
        self._server = server
        self._node = node

    def __call__(self) -> Connection:
        return Connection(self._server, self._node)
