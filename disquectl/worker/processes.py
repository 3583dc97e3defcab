"""One process for each job: the body on its stdin or as arguments; its exit code is the outcome."""

from __future__ import annotations

import os
import tempfile
import time
from math import inf

from disquectl.worker.arguments import arguments, environment
from disquectl.worker.child import Child, ended_processes, not_run
from disquectl.worker.plan import STDIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disquectl.worker.child import StderrLog
    from disquectl.worker.job import Failure, Job
    from disquectl.worker.plan import Plan, Program
    from disquectl.worker.poller import Poller
    from disquectl.worker.tagged_stdout import TaggedStdout

    # Called when an attempt has ended: the job, its failure or None, and how many seconds it took.
    Ended = Callable[[Job, Failure | None, float], object]

# A new pipe has room for this much on every system, so it can be filled before it is read.
_PIPE_BYTES = 4096


class Processes:
    """Runs up to `plan.concurrency` processes at a time."""

    def __init__(
        self,
        plan: Plan,
        program: Program,
        poller: Poller,
        ended: Ended,
        *,
        log: StderrLog,
        stdout: int | None,
        tagged: TaggedStdout | None = None,
    ) -> None:
        """`stdout` is the descriptor for the commands' output, None for ours; `tagged` gets it instead."""
        self._plan = plan
        self._path = program.path
        self._ended = ended
        self._environ = dict(program.environ)
        self._output = [] if stdout is None else [(stdout, 1)]
        self._idle = [Child(poller, log, plan, tagged) for _ in range(plan.concurrency)]
        self._running: dict[int, Child] = {}
        self._nothing = os.open(os.devnull, os.O_RDONLY)

    @property
    def free(self) -> int:
        """How many more jobs can be started."""
        return len(self._idle)

    @property
    def running(self) -> int:
        """How many jobs run."""
        return len(self._running)

    def start(self, job: Job, now: float) -> None:
        """Run the command for the job. `free` must not be 0."""
        child = self._idle.pop()
        child.job = job
        failure = self._spawn(child, job, now)
        if failure is not None:
            self._idle.append(child)
            self._ended(job, failure, 0.0)
            return
        child.deadline = None if self._plan.timeout is None else now + self._plan.timeout
        self._running[child.pid] = child

    def _spawn(self, child: Child, job: Job, now: float) -> Failure | None:
        plan = self._plan
        try:
            words = [*plan.command, *arguments(plan.input_mode, job.body)]
            environ = self._environ | environment(job)
            takes_stdin = plan.input_mode == STDIN and job.body
            stdin = _file_of(job.body) if takes_stdin else os.dup(self._nothing)
        except (ValueError, OSError) as problem:
            return not_run(str(problem))
        try:
            return child.spawn(self._path, words, environ, [(stdin, 0), *self._output], now)
        finally:
            os.close(stdin)

    def reap(self) -> None:
        """Handle the processes that have ended."""
        for pid, status in ended_processes():
            child = self._running.pop(pid, None)
            if child is not None and child.job is not None:
                job, now = child.job, time.monotonic()
                failure = child.ended(status, now)
                self._idle.append(child)
                self._ended(job, failure, now - child.started)

    def tick(self, now: float) -> None:
        """End processes that take too long."""
        for child in self._running.values():
            child.expire(now)

    @property
    def next_deadline(self) -> float:
        """When `tick` has something to do."""
        return min((one.deadline for one in self._running.values() if one.deadline), default=inf)

    def end(self) -> None:
        """Send all processes TERM, because the worker ends."""
        for child in self._running.values():
            child.interrupt()

    def children(self) -> Iterator[Child]:
        """Yield those that have a process."""
        yield from self._running.values()

    def slots(self) -> Iterator[Child]:
        """Yield all of them."""
        yield from self._idle
        yield from self._running.values()

    def running_since(self) -> Iterator[tuple[Child, float]]:
        """Yield those that have a job, and since when."""
        for child in self._running.values():
            yield child, child.started

    def close_stdin(self) -> None:
        """Nothing to do: no process waits for another job."""

    @property
    def alive(self) -> int:
        """How many processes there are."""
        return len(self._running)

    def close(self) -> None:
        """Close all descriptors. Processes that still run are no longer watched."""
        os.close(self._nothing)
        for child in self.slots():
            child.close()


def _file_of(body: bytes) -> int:
    """Return a descriptor to read the body from. Nothing blocks if it is never read."""
    if len(body) <= _PIPE_BYTES:
        reading, writing = os.pipe()
        try:
            os.write(writing, body)
        finally:
            os.close(writing)
        return reading
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.flush()
        file.seek(0)
        return os.dup(file.fileno())
