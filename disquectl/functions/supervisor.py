"""The parent of the processes that call a function: starts them, replaces them, passes on signals, and logs.

It takes no jobs and imports no code of users. Each process is a fresh Python with its own connections.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from dataclasses import replace
from math import inf

from disquectl.errors import UsageError
from disquectl.execution.signals import STOPPING, Signals
from disquectl.functions.child import CallingProcess
from disquectl.functions.messages import (
    COUNTS,
    ERROR,
    FIGURES,
    INHERIT,
    READY,
    RETIRED,
    RETIRING,
    end_of,
    framed,
    share,
    unpacked,
)
from disquectl.worker.child import ended_processes
from disquectl.worker.ending import OPEN, Ending
from disquectl.worker.figures import added, text_of, without_present
from disquectl.worker.poller import READ, WRITE, Poller
from disquectl.worker.scrapes import Scrapes
from disquectl.worker.stdout import Stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket
    from typing import Any

    from disquectl.functions.messages import Kind, Start
    from disquectl.worker.figures import Numbers
    from disquectl.worker.log import Log
    from disquectl.worker.systemd import Systemd

_TURN_SECONDS = 1.0
# A process that ended unexpectedly is started again after this long, doubled each time up to the most.
_AGAIN_SECONDS, _AGAIN_MOST_SECONDS = 1.0, 30.0
# How long after the grace time a process is sent KILL: one whose GIL is held does not react.
_SLACK_SECONDS = 2.0
_SHOWN = ("done", "failed", "dead", "left")
_GOOD, _IN_PART, _CUT_OFF = 0, 3, 5


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
        self._start = start
        most = start.plan.max_jobs
        self._count = count if most is None else min(count, most)
        self._environ = environ
        self._log = log
        self._service = service
        self._poller = Poller()
        self._stdout = Stdout(self._poller, log, self._stdout_is_gone)
        self._scrapes = None if listening is None else Scrapes(listening, self._poller, self._metrics)
        self._past: dict[bytes, Numbers] = {}  # the figures of processes that have ended
        self._processes: dict[int, CallingProcess] = {}
        self._received: list[int] = []
        self._is_ready = False
        self._ending = Ending(start.plan.grace)
        # Places of processes that ended unexpectedly -> when to start another one there, and the last pause.
        self._due: dict[int, float] = {}
        self._pause: dict[int, float] = {}
        # When the first process was ready, and how many attempts were made in each place.
        self._began = 0.0
        self._attempts: Counter[int] = Counter()
        self._codes: set[int] = set()
        self._error: UsageError | None = None
        self._heirless: list[Any] = []

    def run(self) -> int:
        """Run until all processes have ended; return the exit code of `work`.

        Raises UsageError if there is no such function or its module cannot be imported.
        """
        handled = (*STOPPING, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1)
        with Signals(handled, self._received.append, always=[signal.SIGCHLD]) as signals:
            self._poller.set(signals.fd, READ, lambda _: signals.clear())
            try:
                self._spawn(0)
                while self._processes or (self._due and not self._is_ending):
                    self._turn(signals)
            finally:
                self._close()
        if self._error is not None:
            raise self._error
        return max(self._codes, default=_GOOD)

    def _close(self) -> None:
        for process in self._processes.values():
            process.signal(signal.SIGKILL)
            process.close()
        self._stdout.close()
        self._service.close()
        if self._scrapes is not None:
            self._scrapes.close()
        if self._error is None:
            self._log.totals(0)
        self._log.close()

    def _turn(self, signals: Signals) -> None:
        self._draw()
        if self._scrapes is not None:
            self._scrapes.tick(time.monotonic())
        self._service.tick(time.monotonic(), is_stopping=self._is_ending)
        until = min(self._due.values(), default=inf) if not self._is_ending else inf
        until = min(until, self._service.next_deadline)
        ready = self._poller.wait(min(max(until - time.monotonic(), 0), _TURN_SECONDS))
        self._poller.dispatch(ready)
        # A signal to all processes ends this one, too.
        while self._received:
            self._handle(self._received.pop(0), signals)
        for pid, status in ended_processes():
            process = self._processes.pop(pid, None)
            if process is not None:
                self._ended(process, os.waitstatus_to_exitcode(status))
        now = time.monotonic()
        # Each process keeps to the same times, and sends its functions what is due.
        self._ending.due(now)
        if now >= self._ending.exit_at + _SLACK_SECONDS:
            for process in self._processes.values():
                process.signal(signal.SIGKILL)
        for place, at in list(self._due.items()):
            if now >= at and not self._is_ending:
                del self._due[place]
                self._spawn(place)

    def _spawn(self, place: int) -> None:
        seconds = time.monotonic() - self._began if self._is_ready else 0.0
        plan = share(self._start.plan, place, self._count, attempts=self._attempts[place], seconds=seconds)
        if plan is None:
            return
        start = replace(self._start, plan=plan)
        process = CallingProcess(place, self._poller, self._log, self._heard)
        process.spawn(self._environ, start, self._stdout.fd)
        self._processes[process.pid] = process

    # What processes say

    def _heard(self, process: CallingProcess, kind: Kind, value: Any) -> None:  # noqa: ANN401 - JSON
        if kind == READY:
            self._ready(process)
        elif kind == ERROR and not self._is_ready:
            self._error = UsageError(*value)
        elif kind == ERROR:
            self._log.message(value[0])
        elif kind == COUNTS:
            for name in _SHOWN:
                self._log.counts[name] += value[name] - process.counts.get(name, 0)
                if name != "left":
                    self._attempts[process.place] += value[name] - process.counts.get(name, 0)
            process.counts = value
        elif kind == FIGURES:
            process.figures = {os.fsencode(name): tuple(some) for name, some in value.items()}
        elif kind == RETIRING:
            process.is_replaced = True
            if not self._is_ending:
                self._spawn(process.place)
        elif kind == INHERIT:
            self._heirless.append(value)
            self._give_to_heirs()

    @property
    def _is_ending(self) -> bool:
        return self._ending.stage != OPEN

    def _stdout_is_gone(self, _why: str) -> None:
        """Each process ends because of that, and says so."""
        self._ending.signalled(signal.SIGTERM, time.monotonic())

    def _metrics(self) -> str:
        return text_of(added([self._past, *(process.figures for process in self._processes.values())]))

    def _ready(self, process: CallingProcess) -> None:
        process.is_ready = True
        self._give_to_heirs()
        if not self._is_ready:
            self._is_ready = True
            self._began = time.monotonic()
            self._service.ready(time.monotonic())
            for place in range(1, self._count):
                if not self._is_ending:
                    self._spawn(place)

    def _give_to_heirs(self) -> None:
        """Give the jobs of a process that was replaced to another one."""
        heirs = [one for one in self._processes.values() if one.is_ready and not one.is_replaced]
        if heirs:
            for jobs in self._heirless:
                heirs[-1].tell(framed(unpacked(jobs)))
            self._heirless.clear()

    def _ended(self, process: CallingProcess, code: int) -> None:
        process.read_the_rest()
        process.close()
        self._past = added([self._past, without_present(process.figures)])
        if self._error is not None:
            return
        if process.is_replaced:
            self._replaced_ended(process, code)
            return
        if self._is_ending and not process.is_ready:
            # It has taken no job.
            self._codes.add(_GOOD)
            return
        code, is_over, was_stopped = end_of(code)
        is_alone = was_stopped and code != _CUT_OFF and not self._is_ending
        if (is_over and code != _CUT_OFF and not is_alone) or (
            self._is_ending and code in (RETIRED, -signal.SIGTERM)
        ):
            self._codes.add(_IN_PART if code else _GOOD)
            return
        if is_over and self._start.plan.burst and code == _CUT_OFF:
            self._codes.add(code)
            return
        what = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        fate = "its jobs come back after their retry time" if process.is_ready else "it has taken no job"
        if is_alone:
            what, fate = "was stopped", "it takes no more jobs"
        self._codes.add(code if is_alone else _IN_PART)
        again = ""
        # With --burst, one that has not found its function may never find it.
        if not (self._is_ending or (self._start.plan.burst and not (process.is_ready or self._processes))):
            again = f"; starting another one in {self._start_again_later(process):g}s"
        self._log.message(f"process {process.pid} {what}: {fate}{again}")

    def _start_again_later(self, process: CallingProcess) -> float:
        """Start another one in its place after a pause; return the seconds."""
        pause = self._pause.get(process.place, _AGAIN_SECONDS / 2) * 2
        if time.monotonic() - process.began > _AGAIN_MOST_SECONDS:
            pause = _AGAIN_SECONDS
        self._pause[process.place] = min(pause, _AGAIN_MOST_SECONDS)
        self._due[process.place] = time.monotonic() + self._pause[process.place]
        return self._pause[process.place]

    def _replaced_ended(self, process: CallingProcess, code: int) -> None:
        code, _, _ = end_of(code)
        went_wrong = code == RETIRED and (process.counts.get("dead") or process.counts.get("left"))
        if went_wrong or code not in (_GOOD, RETIRED):
            self._codes.add(_IN_PART)
        plan = self._start.plan
        if plan.burst and plan.max_jobs is None and not (self._is_ending or self._processes):
            # It may have put jobs back after the others found no more.
            self._spawn(process.place)

    # Signals, and the log

    def _handle(self, number: int, signals: Signals) -> None:
        if number == signal.SIGTSTP:
            self._log.hide_status()
            for process in self._processes.values():
                process.signal(signal.SIGTSTP)
            before = time.monotonic()
            signals.stop_here()
            self._ending.postpone(time.monotonic() - before)
            for process in self._processes.values():
                process.signal(signal.SIGCONT)
            return
        if number == signal.SIGCHLD:
            return
        if number != signal.SIGUSR1:
            self._ending.signalled(number, time.monotonic())
        for process in self._processes.values():
            if process.is_ready or number != signal.SIGUSR1:
                process.signal(number if process.is_ready else signal.SIGTERM)

    def _draw(self) -> None:
        log = self._log
        if log.has_lines:
            log.write()
        if log.is_waiting:
            self._poller.set(log.fd, WRITE, lambda _: log.write())
        elif log.fd >= 0:
            self._poller.drop(log.fd)
        for process in self._processes.values():
            process.set_reading(not log.is_behind)
        running = sum(process.counts.get("running", 0) for process in self._processes.values())
        held = sum(process.counts.get("held", 0) for process in self._processes.values())
        log.draw(time.monotonic(), running, held)
