"""What the parent and the processes that call functions say to each other.

To a process: a Start, then Limit, Heir and Keep, pickled, each with its length before it. From a process: the
lines of its log, and among them lines that begin with NUL: a word, a blank and JSON.
"""

from __future__ import annotations

import json
import pickle
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.worker.job import Job
    from disquectl.worker.plan import Plan

MARK = b"\0"
_LENGTH_BYTES = 4
# The descriptors of a process: from the parent, and to it.
FROM_PARENT_FD, TO_PARENT_FD = 3, 4
# The exit codes of a process that ends by itself: those of `work`, plus one of these: the second at a signal.
# A function may end its process with any code, but hardly with such a one; a line that says so may be lost.
_OVER, _STOPPED = 80, 90
_CODES_OF_WORK = (0, 3, 5)

Kind: TypeAlias = Literal["ready", "error", "counts", "figures", "taken", "closing", "retiring", "inherit"]
READY: Kind = "ready"  # the function is there; the names of its queues
ERROR: Kind = "error"  # it is not; why, and advice
COUNTS: Kind = "counts"  # how many jobs were done, failed, ..., and are running and held
FIGURES: Kind = "figures"  # queue -> its numbers (worker.figures), with --metrics
TAKEN: Kind = "taken"  # how many jobs it has taken, with --max-jobs
CLOSING: Kind = "closing"  # it takes no more jobs, and no other process is started; why
# It takes no more jobs: how many run, the tokens of its rates, and its node. Another process is started.
RETIRING: Kind = "retiring"
INHERIT: Kind = "inherit"  # jobs for the next process to keep


@dataclass(frozen=True, slots=True)
class Start:
    """All that a process needs to know. `given`: the names of the options of the command line."""

    call: str
    plan: Plan
    given: frozenset[str]
    seeds: tuple[Node, ...]
    connect_timeout: float
    response_timeout: float | None
    password: str | bytes | None
    tls: dict[str, Any] | None
    has_metrics: bool
    as_json: bool
    quiet: bool
    verbose: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """How many functions a process may run at a time: none before it is told, and more each time."""

    most: int


@dataclass(frozen=True, slots=True)
class Heir:
    """For a process that is replaced: whether another one keeps its jobs that wait for their next attempt."""

    exists: bool


@dataclass(frozen=True, slots=True)
class Keep:
    """Jobs of a process that is replaced, and in how many seconds each is due."""

    jobs: list[tuple[Job, float]]


def framed(message: object) -> bytes:
    """Return a message to a process."""
    data = pickle.dumps(message)
    return len(data).to_bytes(_LENGTH_BYTES) + data


class Frames:
    """Takes messages from a stream of bytes."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """Add bytes; return the messages that are complete."""
        self._data += data
        found = []
        while len(self._data) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(self._data[:_LENGTH_BYTES])
            if len(self._data) < end:
                break
            found.append(pickle.loads(self._data[_LENGTH_BYTES:end]))
            del self._data[:end]
        return found


def exit_code(code: int, *, was_signalled: bool) -> int:
    """Return the exit code of a process that ends by itself; `code` is that of its work."""
    return (_STOPPED if was_signalled else _OVER) + code


def end_of(exit_code: int) -> tuple[int, bool, bool]:
    """Return the exit code of `work`, whether the process ended by itself, and whether at a signal."""
    for base in (_OVER, _STOPPED):
        if exit_code - base in _CODES_OF_WORK:
            return exit_code - base, True, base == _STOPPED
    return exit_code, False, False


def line(kind: Kind, value: object = None) -> bytes:
    """Return a message from a process, without the end of the line."""
    return MARK + f"{kind} {json.dumps(value)}".encode()


def read_line(data: bytes) -> tuple[Kind, Any]:
    """Return what such a line says."""
    kind, _, value = data[len(MARK) :].decode().partition(" ")
    return kind, json.loads(value)  # type: ignore[return-value]


def packed(jobs: list[tuple[Job, float]]) -> str:
    """Return jobs as text, for a line."""
    return b64encode(pickle.dumps(jobs)).decode()


def unpacked(text: str) -> list[tuple[Job, float]]:
    """Return the jobs in such a text."""
    found: list[tuple[Job, float]] = pickle.loads(b64decode(text))
    return found


def share(plan: Plan, index: int, count: int) -> Plan:
    """Return the plan of one of `count` places: its share of jobs, of their rate, and of those held."""
    from dataclasses import replace

    most = None
    if plan.max_jobs is not None:
        most = plan.max_jobs // count + (index < plan.max_jobs % count)
    rates = tuple((queue, rate / count) for queue, rate in plan.rates)
    return replace(plan, max_jobs=most, hold=-(-plan.hold // count), rates=rates)
