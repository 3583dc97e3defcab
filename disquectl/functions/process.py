"""A process that calls a function for jobs: started by the supervisor, and told by it what to do."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from contextlib import suppress

from disquectl.client.connection_factory import ConnectionFactory, tls_of
from disquectl.errors import EXIT_BUG, ConnectionFailed, DisquectlError
from disquectl.functions import forks
from disquectl.functions.messages import (
    CLOSING,
    COUNTS,
    ERROR,
    FIGURES,
    FROM_PARENT_FD,
    INHERIT,
    READY,
    RETIRING,
    TAKEN,
    TO_PARENT_FD,
    Frames,
    Heir,
    Limit,
    Start,
    exit_code,
    line,
    packed,
)
from disquectl.functions.settings import with_settings
from disquectl.functions.target import load
from disquectl.functions.worker import FunctionWorker
from disquectl.worker.figures import Figures
from disquectl.worker.log import Log
from disquectl.worker.log_output import LogOutput
from disquectl.worker.poller import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from disquectl.execution.signals import Signals
    from disquectl.functions.entry import Entry
    from disquectl.functions.tagged_streams import TaggedStreams
    from disquectl.functions.target import Target
    from disquectl.worker.plan import Plan

_COUNTS_SECONDS = 0.25
_FIGURES_SECONDS = 1.0
_CHUNK_BYTES = 65536


class ProcessLog(Log):
    """The log of one process; the parent writes it, and adds up the totals."""

    _counted_at = 0.0

    def totals(self, unfinished: int) -> None:
        """Report the totals to the parent."""
        self.counts["left"] += unfinished
        self._report(0, 0)

    def draw(self, now: float, running: int, held: int) -> None:
        """Report what the parent's status line shows."""
        if now - self._counted_at >= _COUNTS_SECONDS:
            self._counted_at = now
            self._report(running, held)

    def _report(self, running: int, held: int) -> None:
        counts = {name: self.counts[name] for name in ("done", "failed", "dead", "left")}
        self.forward(line(COUNTS, {**counts, "running": running, "held": held}))


class Process(FunctionWorker):
    """The worker of a process, which also listens to its parent, and ends when that has died."""

    def measure(self) -> None:
        """Tell the parent the figures of the queues, once a second."""
        self._figures = Figures(self._plan)
        self._figures_at = 0.0

    def _turn(self, signals: Signals) -> None:
        super()._turn(signals)
        if self._figures is not None and self._now >= self._figures_at:
            self._figures_at = self._now + _FIGURES_SECONDS
            self._report_figures()

    def _close(self, signals: Signals) -> None:
        self._report_figures()
        super()._close(signals)

    def _report_figures(self) -> None:
        if self._figures is not None:
            numbers = self._figures.numbers(self._functions.by_queue(), self._lifecycle.held)
            self._log.forward(line(FIGURES, {os.fsdecode(name): some for name, some in numbers.items()}))

    def _delivered(self, entries: list[Entry]) -> None:
        if entries and self._plan.max_jobs is not None:
            # Before their functions begin, which may end the process.
            self._log.forward(line(TAKEN, self._source.taken))
            self._log.write()
        super()._delivered(entries)

    def _log_signal(self, number: int) -> None:
        """Say nothing: the parent gets each signal first, and logs it once."""

    def _log_ending(self, why: str) -> None:
        if self._is_replaced:
            super()._log_ending(why)
        else:
            self._log.forward(line(CLOSING, why))

    def _log_term(self) -> None:
        """Say nothing: the parent has the same grace time."""

    def listen(self, frames: Frames) -> None:
        """Do what the parent says."""
        self._frames = frames
        os.set_blocking(FROM_PARENT_FD, False)
        self._poller.set(FROM_PARENT_FD, READ, self._heard)

    def _heard(self, _events: int) -> None:
        try:
            data = os.read(FROM_PARENT_FD, _CHUNK_BYTES)
        except BlockingIOError:
            return
        for message in self._frames.feed(data):
            if isinstance(message, Limit):
                self.set_limit(message.most)
            elif isinstance(message, Heir):
                self.set_heir(message.exists)
            else:
                self.adopt(message.jobs)
        if not data:
            self._poller.drop(FROM_PARENT_FD)
            self._ending.signalled(signal.SIGTERM, self._now)
            self._log_ending("the parent process is gone")


def main() -> NoReturn:
    """Run until the parent or the plan says so, and exit."""
    for fd in (FROM_PARENT_FD, TO_PARENT_FD):
        os.set_inheritable(fd, False)
    frames = Frames()
    start = _first(frames)
    # What the function prints appears line by line, as the output of commands does.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    # Before the module is imported, which may keep sys.stderr, as handlers of `logging` do.
    tagged = _tagged_streams() if start.plan.tag else None
    out = LogOutput(TO_PARENT_FD)
    log = ProcessLog(out, as_json=start.as_json, live=False, quiet=start.quiet, verbose=start.verbose)
    try:
        target = load(start.call)
        plan = with_settings(start.plan, start.given, target.queue, target.settings)
    except DisquectlError as problem:
        log.forward(line(ERROR, [problem.message, problem.advice]))
        log.close()
        _exit(2, tagged)
    if tagged is not None:
        target.end_with(tagged.end)
    forks.watch()
    gc.collect()
    gc.freeze()
    log.forward(line(READY, [os.fsdecode(name) for name, _ in plan.queues]))
    log.write()
    try:
        code = _work(start, plan, target, log, frames)
    except BaseException:
        # Left to itself, Python would wait for threads that functions have started.
        traceback.print_exc()
        code = EXIT_BUG
    _exit(code, tagged)


def _tagged_streams() -> TaggedStreams:
    from disquectl.functions.tagged_streams import TaggedStreams

    return TaggedStreams()


def _first(frames: Frames) -> Start:
    while True:
        data = os.read(FROM_PARENT_FD, _CHUNK_BYTES)
        if not data:
            os._exit(0)
        for message in frames.feed(data):
            assert isinstance(message, Start)
            return message


def _work(start: Start, plan: Plan, target: Target, log: ProcessLog, frames: Frames) -> int:
    factory = ConnectionFactory(
        password=start.password,
        connect_timeout=start.connect_timeout,
        response_timeout=start.response_timeout,
        tls=tls_of(start.tls),
    )
    worker = Process(
        plan,
        target,
        start.seeds,
        factory,
        log,
        retiring=lambda running, tokens, node: log.forward(
            line(RETIRING, [running, tokens, [node.host, node.port, node.path]])
        ),
        inherit=lambda jobs: log.forward(line(INHERIT, packed(jobs))),
    )
    worker.listen(frames)
    if start.has_metrics:
        worker.measure()
    try:
        code = 0 if worker.run() else 3
    except ConnectionFailed as problem:
        log.message(problem.message)
        log.close()
        code = problem.exit_code
    return exit_code(code, was_signalled=worker.was_signalled)


def _exit(code: int, tagged: TaggedStreams | None) -> NoReturn:
    """Flush, and exit without waiting for threads whose functions still run."""
    if tagged is not None:
        with suppress(OSError):
            tagged.end_all()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
