"""Runs `disquectl sandbox`: listens, prints the addresses, and serves until stopped or until a command ends.

Knows neither the command line nor the client; returns exit codes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
from collections.abc import Callable
from functools import partial
from math import inf
from typing import BinaryIO

from disquectl.sandbox.demo import Demo
from disquectl.sandbox.listening import listen
from disquectl.sandbox.server import SandboxServer

_NOTE = (
    "disquectl sandbox: a stand-in for trying things out, not a real Disque server; "
    "everything is lost when it stops"
)
_FILES_BESIDE_CLIENTS = 100
_CANNOT_EXECUTE, _NOT_FOUND, _SIGNALLED = 126, 127, 128


def run(  # noqa: PLR0917 - one argument per option of the command
    host: str,
    port: int,
    nodes: int,
    password: str | None,
    demo: bool,
    command: list[str],
    stdout: BinaryIO,
    stderr: BinaryIO,
) -> int:
    """Serve until SIGINT, SIGTERM or the last SHUTDOWN: 0; with `command` until it ends: its exit code.

    Without `command`, 1 if all nodes have stopped, one of them by a request that crashes Disque.

    Without `command`, `DISQUE_NODES=host:port,...` is written to `stdout` once every node listens, and the
    log to `stderr`. The command's environment points to the sandbox only; 128+N is a signal, 127 not found,
    126 not executable. Raises OSError if a port is not available.
    """
    sockets = listen(host, port, nodes)
    # There are many jobs, without reference cycles; searching them for cycles took a sixth of the time.
    gc.set_threshold(100_000, 50, 100)
    log = partial(_write_line, stderr)
    sandbox = _Sandbox(sockets, password, demo, (lambda _line: None) if command else log)
    if command:
        return asyncio.run(sandbox.run_command(command, log))
    return asyncio.run(sandbox.serve(stdout, log))


def _write_line(stream: BinaryIO, line: str) -> None:
    # A closed stderr must not stop the sandbox.
    with contextlib.suppress(OSError):
        stream.write(line.encode("utf-8", "replace") + b"\n")
        stream.flush()


class _Sandbox:
    def __init__(
        self, sockets: list[socket.socket], password: str | None, demo: bool, log: Callable[[str], None]
    ) -> None:
        self._sockets = sockets
        self._password = password
        self._demo = demo
        self._log = log

    async def _start(self) -> SandboxServer:
        loop = asyncio.get_running_loop()
        # In dev mode asyncio would log each step that takes 0.1 s to stderr.
        loop.slow_callback_duration = inf
        loop.set_exception_handler(lambda _loop, context: self._log(_one_line(context)))
        server = SandboxServer(self._sockets, self._password, self._log)
        _allow_open_files(server.engine.nodes[0].settings.max_clients)
        if self._demo:
            server.before_tick = Demo(server.engine.nodes, server.clock.now_ms()).step
        await server.start()
        return server

    async def serve(self, stdout: BinaryIO, log: Callable[[str], None]) -> int:
        stop = asyncio.Event()
        _on_signals(lambda _number: stop.set())
        server = await self._start()
        log(_NOTE)
        stdout.write(f"DISQUE_NODES={','.join(server.addresses)}\n".encode())
        stdout.flush()
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, server.all_stopped)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for waiting in waits:
            waiting.cancel()
        await server.close()
        log("stopped")
        return 1 if server.has_crashed and not stop.is_set() else 0

    async def run_command(self, command: list[str], log: Callable[[str], None]) -> int:
        server = await self._start()
        environment = _environment(server.addresses, self._password)
        process: asyncio.subprocess.Process | None = None
        early: list[signal.Signals] = []

        def pass_on(number: signal.Signals) -> None:
            if process is None:
                early.append(number)
            else:
                _pass_on(process, number)

        _on_signals(pass_on)
        try:
            process = await asyncio.create_subprocess_exec(*command, env=environment)
        except OSError as problem:
            log(f"disquectl sandbox: {command[0]}: {problem.strerror}")
            await server.close()
            return _NOT_FOUND if isinstance(problem, FileNotFoundError) else _CANNOT_EXECUTE
        for number in early:
            _pass_on(process, number)
        code = await process.wait()
        await server.close()
        return code if code >= 0 else _SIGNALLED - code


def _one_line(context: dict[str, object]) -> str:
    problem = context.get("exception")
    return f"{context['message']}: {problem!r}" if problem else str(context["message"])


def _allow_open_files(clients: int) -> None:
    """Raise the limit of open files to what maxclients needs, or as far as possible."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = clients + _FILES_BESIDE_CLIENTS
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _on_signals(handle: Callable[[signal.Signals], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, handle, number)


def _pass_on(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Forward a signal to the command, unless the terminal did: Ctrl-C reaches both."""
    if process.returncode is None and not (number is signal.SIGINT and _is_in_foreground()):
        process.send_signal(number)


def _is_in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _environment(addresses: list[str], password: str | None) -> dict[str, str]:
    """Return the command's environment: without what could point to another cluster or change its output."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DISQUE_")
        and name not in ("DISQUECTL_READ_ONLY", "DISQUECTL_CLUSTER", "DISQUECTL_OUTPUT")
    }
    kept["DISQUE_NODES"] = ",".join(addresses)
    if password is not None:
        kept["DISQUE_PASSWORD"] = password
    return kept
