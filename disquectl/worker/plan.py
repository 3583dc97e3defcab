"""The options of a worker as values. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from disquectl.spec.queue_names import DEAD_PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from disquectl.worker.backoff import Backoff

# How the command gets a job.
InputMode: TypeAlias = Literal["stdin", "arg", "args", "lines"]
STDIN: InputMode = "stdin"  # the body on stdin
ARG: InputMode = "arg"  # the body as the last argument
ARGS: InputMode = "args"  # the body is a JSON array of arguments
LINES: InputMode = "lines"  # one process for many jobs, each a line of JSON
# A job may be delivered again this many times without a NACK, however few retries it has.
_UNREPORTED_RETURNS = 5


@dataclass(frozen=True, slots=True)
class Program:
    """The executable of the command, and its environment."""

    path: bytes
    environ: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Plan:
    """Times are in seconds; None means no limit.

    queues        names with weights, in the order given; `strict` takes them in this order
    hold          how many failed jobs of a queue may be held until their next attempt
    dead_queue    the dead queue; None means the prefix, `dead:` and the queue's name without the prefix
    keep_dead     False drops dead jobs
    backtrace     how many lines of stderr a dead letter contains
    max_jobs_per_handler, max_memory
                  a process of --lines or --call is replaced after this many jobs, or when it uses more bytes
    rates         jobs per second: of a queue, or of all together (None)
    tokens        how many jobs each of these rates lets through at first; None: as many as at any time
    in_flight     how many jobs a --lines process may have at a time
    tag           lines that commands write begin with the job's ID
    term_done     exit code 0 after the worker sent TERM is a success, too
    """

    command: tuple[bytes, ...]
    queues: tuple[tuple[bytes, int], ...]
    backoff: Backoff
    prefix: bytes = b""
    strict: bool = False
    concurrency: int = 25
    input_mode: InputMode = STDIN
    burst: bool = False
    max_jobs: int | None = None
    max_time: float | None = None
    timeout: float | None = None
    grace: float = 25.0
    max_retries: int = 25
    hold: int = 1000
    dead_queue: bytes | None = None
    keep_dead: bool = True
    backtrace: int = 20
    term_done: bool = False
    max_jobs_per_handler: int | None = None
    max_memory: int | None = None
    in_flight: int = 1
    tag: bool = False
    rates: tuple[tuple[bytes | None, float], ...] = ()
    tokens: tuple[float, ...] | None = None
    dead_ttl: int = 180 * 86_400

    @property
    def max_returns(self) -> int:
        """How often a job may be delivered again without a NACK: after a crash, a shutdown, a retry time."""
        return max(self.max_retries, _UNREPORTED_RETURNS)

    def dead_queue_of(self, queue: bytes) -> bytes:
        """Return the dead queue for jobs of this queue."""
        return self.dead_queue or self.prefix + DEAD_PREFIX + queue.removeprefix(self.prefix)
