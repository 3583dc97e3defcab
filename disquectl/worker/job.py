"""A job in the worker's hands, how an attempt at it failed, and how long it may live. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, TypeAlias

from disquectl.protocol.jobid import is_at_least_once
from disquectl.protocol.shapes import unexpected

if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply

    # What one request consists of.
    Words: TypeAlias = "tuple[bytes | str | int, ...]"

# Where a job stands.
RUNNING = "running"  # its command runs
ASKING = "asking"  # it failed, and its node is asked how long it may still live
HELD = "held"  # it failed, and waits for its next attempt
LEAVING = "leaving"  # it is being acknowledged
RETURNED = "returned"  # it was put back, and may come again before that is confirmed
DYING = "dying"  # its letter is on its way to the dead queue
PENDING = "pending"  # the dead queue did not take its letter, which is sent again


@dataclass(slots=True)
class Failure:
    """A failed attempt. `exit` or `signal` is None, both where no command ran; `at`: seconds since 1970.

    `stderr` is the tail of what the command wrote there; `why` is said where it is more than a code.
    `interrupted`: the worker ended it, which says nothing against the job.
    """

    exit: int | None
    signal: int | None
    stderr: bytes
    at: float
    seconds: float = 0.0
    why: str = ""
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Life:
    """What SHOW tells: times in seconds, `created` and `expires` since 1970 on the server's clock."""

    created: float
    expires: float
    retry: int
    replicate: int

    @property
    def ttl(self) -> int:
        """The TTL that it was added with."""
        return round(self.expires) - int(self.created)

    @property
    def half(self) -> float:
        """When WORKING begins to be refused."""
        return (self.created + self.expires) / 2


@dataclass(slots=True, eq=False)
class Job:
    """A job as GETJOB gave it; `home` is the node that did, `earlier_homes` are others that gave it before.

    Times are seconds of the worker's clock, never those since 1970: `working_at` is when WORKING is due, None
    for never again; `due_at` when something else is: a held job is tried again, or its node is asked again;
    `give_up_at` is when its node is not waited for any longer.

    breaks      how many connections of its home had been lost when it was taken
    too_late    WORKING was refused: half of its TTL is over
    condemned   why it is never run again, or empty
    refused     its letter was refused this many times
    replicas    how many replicas are asked for its letter
    """

    id: str
    queue: bytes
    body: bytes
    nacks: int
    additional_deliveries: int
    home: Node
    state: str = RUNNING
    retry: int | None = None
    asked_working_at: float = 0.0
    working_at: float | None = None
    due_at: float = inf
    give_up_at: float = inf
    breaks: int = 0
    earlier_homes: tuple[Node, ...] = ()
    too_late: bool = False
    condemned: str = ""
    was_run: bool = True
    letter: bytes = b""
    refused: int = 0
    replicas: int = 1
    failure: Failure | None = None
    life: Life | None = None
    at_least_once: bool = field(init=False)

    def __post_init__(self) -> None:
        self.at_least_once = is_at_least_once(self.id)

    @property
    def node_prefix(self) -> str:
        """The first 8 digits of the ID of the node where it was created."""
        return self.id[2:10]

    @property
    def attempt(self) -> int:
        """Which attempt this is, counted from 1: each that failed before it was reported by a NACK."""
        return 1 + self.nacks

    def may_wait(self, now: float) -> bool:
        """Whether its node, which is lost, is waited for: one retry time, in which it may be restarted."""
        if self.give_up_at == inf:
            self.give_up_at = now + (self.retry or 1)
        return now < self.give_up_at


@dataclass(slots=True)
class OpenAcknowledgement:
    """A job that is not acknowledged everywhere yet, though its command is done.

    owed        nodes it was taken from that have not acknowledged it
    asked       how many requests about it have no answer yet
    is_known    a node has acknowledged it
    is_look     only replicas that are in no list are asked for
    due_at      when the owed nodes are asked again
    since       when that began
    """

    job: Job
    since: float
    owed: set[Node] = field(default_factory=set)
    asked: int = 0
    is_known: bool = False
    is_look: bool = False
    due_at: float = inf


@dataclass(slots=True)
class Request:
    """Words for one node. `job` is whose they are; `about` what an acknowledgement is about."""

    words: Words
    home: Node
    job: Job | None = None
    about: list[Job] | OpenAcknowledgement | None = None


def jobs_of(reply: Reply, home: Node) -> list[Job]:
    """The jobs of a GETJOB with WITHCOUNTERS. Raises NotDisque for a reply of another shape."""
    if reply is None:
        return []
    try:
        return [_job_of(home, *element) for element in reply]  # type: ignore[union-attr, misc]
    except (TypeError, ValueError, AttributeError):
        raise unexpected("GETJOB", reply) from None


def _job_of(  # noqa: PLR0917 - an element of the reply, in its order
    home: Node, queue: bytes, job_id: bytes, body: bytes, _n: bytes, nacks: int, _d: bytes, deliveries: int
) -> Job:
    if [*map(type, (queue, body, nacks, deliveries))] != [bytes, bytes, int, int]:
        raise TypeError
    return Job(job_id.decode(), queue, body, nacks, deliveries, home)
