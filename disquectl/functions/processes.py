"""The processes that call a function, and their places: starts and replaces them, and does what they say."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from math import inf

from disquectl.client.address import Node
from disquectl.errors import UsageError
from disquectl.functions.child import CallingProcess
from disquectl.functions.messages import (
    CLOSING,
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
from disquectl.worker.dead_letter import signal_name
from disquectl.worker.figures import added, text_of, without_present

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from disquectl.functions.messages import Kind, Start
    from disquectl.worker.figures import Numbers
    from disquectl.worker.job import Job
    from disquectl.worker.log import Log
    from disquectl.worker.poller import Poller
    from disquectl.worker.stdout import Stdout
    from disquectl.worker.tagged_stdout import TaggedStdout

_SHOWN = ("done", "failed", "dead", "left")
_GOOD, _IN_PART, _CUT_OFF = 0, 3, 5


class Processes:
    """Yields those that have not ended.

    is_ending  set it to start no more processes
    codes      the exit codes of the worker, one for each end of a process so far
    error      there is no such function
    heirless   jobs that were kept by processes that are replaced, and that no process keeps now
    """

    def __init__(
        self,
        start: Start,
        count: int,
        environ: Mapping[bytes, bytes],
        poller: Poller,
        log: Log,
        *,
        stdout: Stdout,
        tagged: TaggedStdout | None,
        first_is_ready: Callable[[], object],
    ) -> None:
        """`first_is_ready` is called once, when a process has found its function."""
        self.is_ending = False
        self.codes: set[int] = set()
        self.error: UsageError | None = None
        self.heirless: list[tuple[Job, float]] = []
        self._start = start
        self._environ = environ
        self._poller = poller
        self._log = log
        self._stdout = stdout
        self._tagged = tagged
        self._first_is_ready = first_is_ready
        self._is_ready = False
        self._past: dict[bytes, Numbers] = {}  # the figures of processes that have ended
        self._processes: dict[int, CallingProcess] = {}
        most = start.plan.max_jobs
        count = count if most is None else min(count, most)
        self._places = [Place(share(start.plan, place, count)) for place in range(count)]

    def __iter__(self) -> Iterator[CallingProcess]:
        return iter(self._processes.values())

    @property
    def are_over(self) -> bool:
        """Whether all have ended, and none is to be started."""
        return not self._processes and self.next_start == inf

    @property
    def next_start(self) -> float:
        """When to start another process for one that ended unexpectedly."""
        return inf if self.is_ending else min(place.due for place in self._places)

    def start_first(self) -> None:
        """Start one; the others follow when it has found its function."""
        self._spawn(0)

    def start_due(self, now: float) -> None:
        """Start those that are due."""
        if now >= self.next_start:
            for number, place in enumerate(self._places):
                if now >= place.due:
                    self._spawn(number)

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
            self.error = UsageError(*value)
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
        elif kind == CLOSING:
            process.is_closing = True
            if all(one.is_closing or one.is_replaced for one in self._processes.values()):
                self._log.message(f"{value}: taking no more jobs")
        elif kind == RETIRING:
            running, tokens, node = value
            self._replace(process, running, tokens, Node(*node))
        elif kind == INHERIT:
            self.heirless += unpacked(value)

    def metrics(self) -> str:
        """Return the figures of all queues, for a scrape."""
        return text_of(added([self._past, *(process.figures for process in self._processes.values())]))

    def _ready(self, process: CallingProcess) -> None:
        process.is_ready = True
        if not self._is_ready:
            self._is_ready = True
            self._first_is_ready()
            for place in self._places:
                place.begin(time.monotonic())
            for number in range(1, len(self._places)):
                if not self.is_ending:
                    self._spawn(number)

    # Processes that are replaced

    def _replace(self, process: CallingProcess, running: int, tokens: list[float], node: Node) -> None:
        """It takes no more jobs: start another process in its place, which takes jobs from the same node."""
        process.is_replaced = True
        process.counts["running"] = running
        self._places[process.place].took(process.taken, tokens, node)
        if not self.is_ending:
            self._spawn(process.place)

    def share_out(self) -> None:
        """Let processes run as many functions as those that they replace leave, and keep their jobs."""
        replaced = [one for one in self._processes.values() if one.is_replaced]
        others = [one for one in self._processes.values() if not one.is_replaced]
        ready = [one for one in others if one.is_ready]
        for process in ready:
            running = [one.counts.get("running", 0) for one in replaced if one.place == process.place]
            process.tell_limit(self._places[process.place].limit(running))
        if self.heirless and ready:
            ready[-1].tell(Keep(self.heirless))
            self.heirless = []
        if ready or not (others or self.next_start < inf):
            for process in replaced:
                process.tell_heir(bool(ready))

    # Processes that have ended

    def ended(self, pid: int, exit_code: int) -> None:
        """A process has ended."""
        process = self._processes.pop(pid, None)
        if process is not None:
            self._ended(process, exit_code)

    def _ended(self, process: CallingProcess, exit_code: int) -> None:
        process.read_the_rest()
        process.close()
        self._past = added([self._past, without_present(process.figures)])
        if self.error is not None:
            return
        if not process.is_replaced:
            self._places[process.place].took(process.taken)
        code, is_over, was_stopped = end_of(exit_code)
        if self.is_ending and (not process.is_ready or (code == -signal.SIGTERM and not process.counts)):
            # It has taken no job: TERM came before it handled signals.
            self.codes.add(_GOOD)
        elif was_stopped and code != _CUT_OFF and not (self.is_ending or process.is_replaced):
            self.codes.add(code)
            self._start_again_later(process, "was stopped: it takes no more jobs")
        elif (is_over and code != _CUT_OFF) or (is_over and self._start.plan.burst):
            self.codes.add(code)
        else:
            self.codes.add(_IN_PART)
            if not (self.is_ending and code == -signal.SIGTERM):
                self._start_again_later(process, f"{_how(code)}: {_fate(process)}")
        if process.is_replaced and self._start.plan.burst and not (self.is_ending or self._processes):
            # It may have put jobs back after the others found no more.
            self._spawn(process.place)

    def _start_again_later(self, process: CallingProcess, what: str) -> None:
        """Log what became of it, and start another one in its place after a pause, if there is reason to."""
        place, now, again = self._places[process.place], time.monotonic(), ""
        # With --burst, one that has not found its function may never find it.
        is_hopeless = self._start.plan.burst and not (process.is_ready or self._processes)
        if not (process.is_replaced or self.is_ending or is_hopeless or place.next_plan(now) is None):
            again = f"; starting another one in {place.start_later(process.began, now):g}s"
        self._log.message(f"process {process.pid} {what}{again}")


def _how(code: int) -> str:
    return f"was ended by {signal_name(-code)}" if code < 0 else f"ended with exit code {code}"


def _fate(process: CallingProcess) -> str:
    return "its jobs come back after their retry time" if process.is_ready else "it has taken no job"
