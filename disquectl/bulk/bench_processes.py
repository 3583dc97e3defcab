"""Runs a phase of a measurement in several processes at once, and adds up what they measured.

Each process is forked, sends its figures as lines of JSON, and stops at TERM. Ctrl-C of a terminal reaches
them, too; only this process decides what it means.
"""

from __future__ import annotations

import json
import os
import select
import signal
import threading

from disquectl.errors import ConnectionFailed, DisquectlError
from disquectl.execution.signals import STOPPING
from disquectl.merge.measured import Measured, together

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from disquectl.bulk.bench_run import Load, Phase, Reporting
    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.execution.signals import Stop

_CHUNK_BYTES = 1 << 16


def number_of_processes(clients: int) -> int:
    """As many as half of the cores, so that nodes on this machine have the other half; one beside threads.

    On two cores one process was fastest: it adds more jobs than redis-benchmark does.
    """
    if threading.active_count() > 1:
        return 1  # a forked process would have their locks, and not them
    return max(min(len(os.sched_getaffinity(0)) // 2, clients), 1)


def measure(
    phase: Phase,
    load: Load,
    jobs: int | None,
    factory: ConnectionFactory,
    *,
    stop: Stop,
    report: Reporting,
    processes: int,
) -> Measured:
    """Carry out `phase` (produce or consume) with its load divided among processes."""
    if processes == 1:
        return phase(load, jobs, factory, stop=stop, report=report)
    children = []
    try:
        for part in range(processes):
            share = None if jobs is None else jobs // processes + (part < jobs % processes)
            children.append(_Child(phase, load.share(part, processes), share, factory))
        _wait(children, stop, report)
    except BaseException:
        for child in children:
            child.kill(signal.SIGKILL)
        raise
    finally:
        for child in children:
            child.close()
    return together([child.result() for child in children])


def _wait(children: list[_Child], stop: Stop, report: Reporting) -> None:
    """Read what the processes say until all have ended."""
    poll = select.poll()
    poll.register(stop.fd, select.POLLIN)
    by_descriptor = {child.fd: child for child in children}
    for fd in by_descriptor:
        poll.register(fd, select.POLLIN)
    while by_descriptor:
        for fd, _ in poll.poll():
            if fd == stop.fd:
                poll.unregister(fd)
                for child in children:
                    child.kill(signal.SIGTERM)
            elif not by_descriptor[fd].read():
                poll.unregister(fd)
                del by_descriptor[fd]
        report(sum(child.done for child in children))


class _Child:
    """A forked process. `done`: the jobs that it has reported so far."""

    def __init__(self, phase: Phase, load: Load, jobs: int | None, factory: ConnectionFactory) -> None:
        self.done = 0
        self._data = b""
        self._said = b""
        self._has_ended = False
        reading, writing = os.pipe()
        # A signal that came before the new process has its own handlers would be lost.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        try:
            self.pid = os.fork()
            if not self.pid:
                os.close(reading)
                _run(phase, load, jobs, factory, writing)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(writing)
        self.fd = reading

    def read(self) -> bool:
        """Read what it says; return whether it may say more."""
        data = os.read(self.fd, _CHUNK_BYTES)
        *lines, self._data = (self._data + data).split(b"\n")
        for line in lines:
            if line.startswith(b"{"):
                self._said = line
            else:
                self.done = int(line)
        return bool(data)

    def kill(self, number: int) -> None:
        """Send it a signal."""
        if not self._has_ended:
            os.kill(self.pid, number)

    def close(self) -> None:
        """Wait for its end."""
        if not self._has_ended:
            os.close(self.fd)
            os.waitpid(self.pid, 0)
            self._has_ended = True

    def result(self) -> Measured:
        """What it measured. Raises ConnectionFailed."""
        said = json.loads(self._said or b'{"error": "a process ended without its figures"}')
        if "error" in said:
            raise ConnectionFailed(said["error"])
        return Measured.from_parts(said)


class _Stopping:
    """TERM asks to stop."""

    def __init__(self) -> None:
        self.asked = False
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._ask)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)

    def _ask(self, _number: int, _frame: object) -> None:
        self.asked = True


def _run(phase: Phase, load: Load, jobs: int | None, factory: ConnectionFactory, writing: int) -> NoReturn:
    """The life of a forked process: it measures, says what, and ends without the parent's cleaning up."""
    code = 1
    try:
        stop = _Stopping()
        said: object
        try:
            measured = phase(
                load, jobs, factory, stop=stop, report=lambda done: os.write(writing, b"%d\n" % done)
            )
            said = measured.parts()
        except DisquectlError as problem:
            said = {"error": problem.message}
        with open(writing, "wb") as file:
            file.write(json.dumps(said).encode() + b"\n")
        code = 0
    finally:
        os._exit(code)
