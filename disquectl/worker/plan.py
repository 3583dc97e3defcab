"""What a worker was asked to do: its options as values. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disquectl.worker.backoff import Backoff

# A queue's dead jobs go to the queue of this prefix and its name.
DEAD_PREFIX = b"dead:"
# How the command gets a job: its body on stdin, as one argument, or as the arguments of a JSON array; or
# jobs as lines of JSON to one process that stays.
STDIN, ARG, ARGS, LINES = "stdin", "arg", "args", "lines"
# Returns that no NACK reported say nothing against a job up to this many, however few retries it has.
_UNREPORTED_RETURNS = 5


@dataclass(frozen=True, slots=True)
class Program:
    """The file of the command, and the environment that it gets."""

    path: bytes
    environ: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Plan:
    """Times are in seconds; None is without limit.

    queues        names with weights, in the order given; `strict` takes them in this order
    hold          so many failed jobs of a queue may be held until their next attempt
    dead_queue    where dead jobs go; None is the prefix, `dead:` and the queue's name without the prefix
    keep_dead     False drops them
    backtrace     lines of stderr that a dead job keeps
    term_done     exit code 0 after the TERM of a worker that ends is done, too
    """

    command: tuple[bytes, ...]
    queues: tuple[tuple[bytes, int], ...]
    backoff: Backoff
    prefix: bytes = b""
    strict: bool = False
    concurrency: int = 25
    takes: str = STDIN
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
    dead_ttl: int = 180 * 86_400

    @property
    def max_returns(self) -> int:
        """How often a job may return without a NACK: by a crash, a shutdown or the end of its retry time."""
        return max(self.max_retries, _UNREPORTED_RETURNS)

    def dead_queue_of(self, queue: bytes) -> bytes:
        """Where a dead job of this queue goes."""
        return self.dead_queue or self.prefix + DEAD_PREFIX + queue.removeprefix(self.prefix)
