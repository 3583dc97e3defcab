"""The parent of the processes that call a function: starts them, replaces them, passes on signals, and logs.

It takes no jobs and imports no code of users. Each process is a fresh Python with its own connections.
"""

from __future__ import annotations

import os
import signal
import time

from disquectl.execution.signals import STOPPING, Signals
from disquectl.functions.processes import Processes
from disquectl.worker.child import ended_processes
from disquectl.worker.ending import ENDING_SIGNALS, TERM, Ending
from disquectl.worker.poller import READ, WRITE, Poller
from disquectl.worker.scrapes import Scrapes
from disquectl.worker.stdout import Stdout
from disquectl.worker.tagged_stdout import TaggedStdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

    from disquectl.functions.messages import Start
    from disquectl.worker.log import Log
    from disquectl.worker.systemd import Systemd

_TURN_SECONDS = 1.0
# How long after the grace time a process is sent KILL: one whose GIL is held does not react.
_SLACK_SECONDS = 2.0
_GOOD, _IN_PART = 0, 3


class Supervisor:
    """Create one for each run."""

    def __init__(
        self,
        start: Start,
        count: int,
        environ: Mapping[bytes, bytes],
        log: Log,
        *,
        service: Systemd,
        listening: socket | None = None,
    ) -> None:
        """`count`: how many processes to run. Metrics are served at the socket `listening`."""
        self._log = log
        self._service = service
        self._poller = Poller()
        self._tagged = TaggedStdout(self._poller, log, self._stdout_is_gone) if start.plan.tag else None
        self._stdout = self._tagged or Stdout(self._poller, log, self._stdout_is_gone)
        self._processes = Processes(
            start,
            count,
            environ,
            self._poller,
            log,
            stdout=self._stdout,
            tagged=self._tagged,
            first_is_ready=lambda: service.ready(time.monotonic()),
        )
        metrics = self._processes.metrics
        self._scrapes = None if listening is None else Scrapes(listening, self._poller, metrics)
        self._received: list[int] = []
        self._ending = Ending(start.plan.grace)

    def run(self) -> int:
        """Run until all processes have ended; return the exit code of `work`.

        Raises UsageError if there is no such function or its module cannot be imported.
        """
        processes = self._processes
        handled = (*STOPPING, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1)
        with Signals(handled, self._received.append, always=[signal.SIGCHLD]) as signals:
            self._poller.set(signals.fd, READ, lambda _: signals.clear())
            try:
                processes.start_first()
                while not processes.are_over:
                    self._turn(signals)
            finally:
                self._close()
        if processes.error is not None:
            raise processes.error
        if self._stdout.has_failed or processes.heirless:
            processes.codes.add(_IN_PART)
        return max(processes.codes, default=_GOOD)

    def _close(self) -> None:
        for process in self._processes:
            process.signal(signal.SIGKILL)
            process.close()
        self._stdout.close()
        self._service.close()
        if self._scrapes is not None:
            self._scrapes.close()
        if self._processes.error is None:
            self._log.totals(len(self._processes.heirless))
        self._log.close()

    def _turn(self, signals: Signals) -> None:
        self._draw()
        if self._scrapes is not None:
            self._scrapes.tick(time.monotonic())
        self._service.tick(time.monotonic(), is_stopping=self._processes.is_ending)
        until = min(self._processes.next_start, self._service.next_deadline)
        ready = self._poller.wait(min(max(until - time.monotonic(), 0), _TURN_SECONDS))
        self._poller.dispatch(ready)
        # A signal to all processes ends this one, too.
        while self._received:
            self._handle(self._received.pop(0), signals)
        for pid, status in ended_processes():
            self._processes.ended(pid, os.waitstatus_to_exitcode(status))
        now = time.monotonic()
        # Each process keeps to the same times, and sends its functions what is due.
        if TERM in self._ending.due(now):
            self._log.message("ending the functions that still run")
        if now >= self._ending.exit_at + _SLACK_SECONDS:
            for process in self._processes:
                process.signal(signal.SIGKILL)
        self._processes.start_due(now)
        self._processes.share_out()

    # Signals, and the log

    def _handle(self, number: int, signals: Signals) -> None:
        if number == signal.SIGTSTP:
            self._log.hide_status()
            for process in self._processes:
                process.signal(signal.SIGTSTP)
            before = time.monotonic()
            signals.stop_here()
            self._ending.postpone(time.monotonic() - before)
            for process in self._processes:
                process.signal(signal.SIGCONT)
            return
        if number == signal.SIGCHLD:
            return
        if number != signal.SIGUSR1:
            self._end(number, f"received {ENDING_SIGNALS[signal.Signals(number)]}")
        self._pass_on(number)

    def _stdout_is_gone(self, why: str) -> None:
        """Without --tag, each process ends because of that, and says so."""
        if self._tagged is None:
            self._end(signal.SIGTERM)
        else:
            self._end(signal.SIGTERM, why)
            self._pass_on(signal.SIGTERM)

    def _pass_on(self, number: int) -> None:
        for process in self._processes:
            if process.is_ready or number != signal.SIGUSR1:
                process.signal(number if process.is_ready else signal.SIGTERM)

    def _end(self, number: int, why: str = "") -> None:
        now = time.monotonic()
        self._processes.is_ending = True
        self._ending.signalled(number, now)
        if why:
            self._log.message(self._ending.describe(why, "running functions", now))

    def _draw(self) -> None:
        log = self._log
        if log.has_lines:
            log.write()
        if log.is_waiting:
            self._poller.set(log.fd, WRITE, lambda _: log.write())
        elif log.fd >= 0:
            self._poller.drop(log.fd)
        for process in self._processes:
            process.set_reading(not log.is_behind, not self._stdout.is_behind)
        running = sum(process.counts.get("running", 0) for process in self._processes)
        held = sum(process.counts.get("held", 0) for process in self._processes)
        log.draw(time.monotonic(), running, held)
