"""The parent of the processes that call a function: starts them, replaces them, passes on signals, and logs.

It takes no jobs and imports no code of users. Each process is a fresh Python with its own connections.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from math import inf

from disquectl.client.address import Node
from disquectl.errors import UsageError
from disquectl.execution.signals import STOPPING, Signals
from disquectl.functions.child import CallingProcess
from disquectl.functions.messages import (
    COUNTS,
    ERROR,
    FIGURES,
    INHERIT,
    READY,
    RETIRING,
    TAKEN,
    Keep,
    end_of,
    share,
    unpacked,
)
from disquectl.functions.place import Place
from disquectl.worker.child import ended_processes
from disquectl.worker.ending import OPEN, Ending
from disquectl.worker.figures import added, text_of, without_present
from disquectl.worker.poller import READ, WRITE, Poller
from disquectl.worker.scrapes import Scrapes
from disquectl.worker.stdout import Stdout
from disquectl.worker.tagged_stdout import TaggedStdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket
    from typing import Any

    from disquectl.functions.messages import Kind, Start
    from disquectl.worker.figures import Numbers
    from disquectl.worker.job import Job
    from disquectl.worker.log import Log
    from disquectl.worker.systemd import Systemd

_TURN_SECONDS = 1.0
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
        self._tagged = TaggedStdout(self._poller, log, self._stdout_is_gone) if start.plan.tag else None
        self._stdout = self._tagged or Stdout(self._poller, log, self._stdout_is_gone)
        self._scrapes = None if listening is None else Scrapes(listening, self._poller, self._metrics)
        self._past: dict[bytes, Numbers] = {}  # the figures of processes that have ended
        self._processes: dict[int, CallingProcess] = {}
        self._received: list[int] = []
        self._is_ready = False
        self._ending = Ending(start.plan.grace)
        self._codes: set[int] = set()
        self._error: UsageError | None = None
        # Jobs that were kept by processes that are replaced, and that no process keeps now.
        self._heirless: list[tuple[Job, float]] = []
        self._places = [Place(share(start.plan, place, self._count)) for place in range(self._count)]

    def run(self) -> int:
        """Run until all processes have ended; return the exit code of `work`.

        Raises UsageError if there is no such function or its module cannot be imported.
        """
        handled = (*STOPPING, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1)
        with Signals(handled, self._received.append, always=[signal.SIGCHLD]) as signals:
            self._poller.set(signals.fd, READ, lambda _: signals.clear())
            try:
                self._spawn(0)
                while self._processes or self._next_start < inf:
                    self._turn(signals)
            finally:
                self._close()
        if self._error is not None:
            raise self._error
        if self._stdout.has_failed or self._heirless:
            self._codes.add(_IN_PART)
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
            self._log.totals(len(self._heirless))
        self._log.close()

    def _turn(self, signals: Signals) -> None:
        self._draw()
        if self._scrapes is not None:
            self._scrapes.tick(time.monotonic())
        self._service.tick(time.monotonic(), is_stopping=self._is_ending)
        until = min(self._next_start, self._service.next_deadline)
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
        if now >= self._next_start:
            for number, place in enumerate(self._places):
                if now >= place.due:
                    self._spawn(number)
        self._share_out()

    @property
    def _next_start(self) -> float:
        """When to start another process for one that ended unexpectedly."""
        return inf if self._is_ending else min(place.due for place in self._places)

    @property
    def _is_ending(self) -> bool:
        return self._ending.stage != OPEN

    def _spawn(self, number: int) -> None:
        """Start a process in this place, if there is something left to do."""
        place = self._places[number]
        place.due = inf
        plan = place.next_plan(time.monotonic())
        if plan is None:
            return
        start = replace(self._start, plan=plan, seeds=place.seeds(self._start.seeds))
        process = CallingProcess(number, self._poller, self._log, self._heard, self._tagged)
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
            process.counts = value
        elif kind == FIGURES:
            process.figures = {os.fsencode(name): tuple(some) for name, some in value.items()}
        elif kind == TAKEN and not process.is_replaced:
            process.taken = value
        elif kind == RETIRING:
            running, tokens, node = value
            self._replace(process, running, tokens, Node(*node))
        elif kind == INHERIT:
            self._heirless += unpacked(value)

    def _metrics(self) -> str:
        return text_of(added([self._past, *(process.figures for process in self._processes.values())]))

    def _ready(self, process: CallingProcess) -> None:
        process.is_ready = True
        if not self._is_ready:
            self._is_ready = True
            now = time.monotonic()
            self._service.ready(now)
            for place in self._places:
                place.begin(now)
            for number in range(1, self._count):
                if not self._is_ending:
                    self._spawn(number)

    # Processes that are replaced

    def _replace(self, process: CallingProcess, running: int, tokens: list[float], node: Node) -> None:
        """It takes no more jobs: start another process in its place, which takes jobs from the same node."""
        process.is_replaced = True
        process.counts["running"] = running
        self._places[process.place].took(process.taken, tokens, node)
        if not self._is_ending:
            self._spawn(process.place)

    def _share_out(self) -> None:
        """Let processes run as many functions as those that they replace leave, and keep their jobs."""
        replaced = [one for one in self._processes.values() if one.is_replaced]
        others = [one for one in self._processes.values() if not one.is_replaced]
        ready = [one for one in others if one.is_ready]
        for process in ready:
            running = [one.counts.get("running", 0) for one in replaced if one.place == process.place]
            process.tell_limit(self._places[process.place].limit(running))
        if self._heirless and ready:
            ready[-1].tell(Keep(self._heirless))
            self._heirless = []
        if ready or not (others or self._next_start < inf):
            for process in replaced:
                process.tell_heir(bool(ready))

    # Processes that have ended

    def _ended(self, process: CallingProcess, exit_code: int) -> None:
        process.read_the_rest()
        process.close()
        self._past = added([self._past, without_present(process.figures)])
        if self._error is not None:
            return
        if not process.is_replaced:
            self._places[process.place].took(process.taken)
        code, is_over, was_stopped = end_of(exit_code)
        if self._is_ending and (not process.is_ready or (code == -signal.SIGTERM and not process.counts)):
            # It has taken no job: TERM came before it handled signals.
            self._codes.add(_GOOD)
        elif was_stopped and code != _CUT_OFF and not (self._is_ending or process.is_replaced):
            self._codes.add(code)
            self._start_again_later(process, "was stopped: it takes no more jobs")
        elif (is_over and code != _CUT_OFF) or (is_over and self._start.plan.burst):
            self._codes.add(code)
        else:
            self._codes.add(_IN_PART)
            if not (self._is_ending and code == -signal.SIGTERM):
                what = (
                    f"was ended by {signal.Signals(-code).name}"
                    if code < 0
                    else f"ended with exit code {code}"
                )
                fate = (
                    "its jobs come back after their retry time" if process.is_ready else "it has taken no job"
                )
                self._start_again_later(process, f"{what}: {fate}")
        if process.is_replaced and self._start.plan.burst and not (self._is_ending or self._processes):
            # It may have put jobs back after the others found no more.
            self._spawn(process.place)

    def _start_again_later(self, process: CallingProcess, what: str) -> None:
        """Log what became of it, and start another one in its place after a pause, if there is reason to."""
        place, now, again = self._places[process.place], time.monotonic(), ""
        # With --burst, one that has not found its function may never find it.
        is_hopeless = self._start.plan.burst and not (process.is_ready or self._processes)
        if not (process.is_replaced or self._is_ending or is_hopeless or place.next_plan(now) is None):
            again = f"; starting another one in {place.start_later(process.began, now):g}s"
        self._log.message(f"process {process.pid} {what}{again}")

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
        self._pass_on(number)

    def _stdout_is_gone(self, why: str) -> None:
        """Without --tag, each process ends because of that, and says so."""
        if self._tagged is None:
            self._ending.signalled(signal.SIGTERM, time.monotonic())
        else:
            self._log.message(why)
            self._pass_on(signal.SIGTERM)

    def _pass_on(self, number: int) -> None:
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
            process.set_reading(not log.is_behind, not self._stdout.is_behind)
        running = sum(process.counts.get("running", 0) for process in self._processes.values())
        held = sum(process.counts.get("held", 0) for process in self._processes.values())
        log.draw(time.monotonic(), running, held)
