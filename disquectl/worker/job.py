"""The data that the worker's rules share: jobs, failures, lifetimes, events, requests. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Literal, TypeAlias

from disquectl.protocol.jobid import is_at_least_once
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply

    # The words of one request.
    Words: TypeAlias = "tuple[bytes | str | int, ...]"

State: TypeAlias = Literal[
    "running", "checking TTL", "held", "acknowledging", "returned", "adding letter", "letter refused"
]
RUNNING: State = "running"  # its command runs
CHECKING_TTL: State = "checking TTL"  # it failed, and its node is asked for its remaining TTL
HELD: State = "held"  # it failed, and waits for its next attempt
ACKNOWLEDGING: State = "acknowledging"  # its command is done, or its dead letter is added
RETURNED: State = "returned"  # it was put back; it may be delivered again before that is confirmed
ADDING_LETTER: State = "adding letter"  # its dead letter is being added to the dead queue
LETTER_REFUSED: State = "letter refused"  # the dead letter was not added, and is sent again later

EventKind: TypeAlias = Literal[
    "failed",  # it is held for its next attempt
    "dead",  # it is in the dead queue, or dropped
    "left",  # the worker abandoned it: it is delivered again after its retry time
    "put back",  # the worker ends, and ended its command
    "too late",  # WORKING was refused, because half of its TTL has passed
    "unknown",  # its node does not know it
    "not acknowledged",  # a node that delivered it did not confirm ACKJOB; another node did
    "already done",  # it was delivered again after it was acknowledged, and was not run
    "letter refused",  # its dead letter was not added, and is sent again
]

_LONGEST_REASON = 2000


def shortened(reason: str) -> str:
    """Return a reason that fits into a line of the log, whatever an exception or an answer says."""
    return reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 1] + "\u2026"


@dataclass(slots=True)
class Failure:
    """A failed attempt. `exit` or `signal` is None, both if no command ran; `at` is in seconds since 1970.

    `stderr` is the end of what the command wrote there. `why` is the reason in words, if the exit code does
    not say it. `interrupted`: the worker ended the command, so the attempt does not count. `after`: the
    seconds until the next attempt; None leaves them to the backoff.
    """

    exit: int | None
    signal: int | None
    stderr: bytes
    at: float
    seconds: float = 0.0
    why: str = ""
    interrupted: bool = False
    after: float | None = None

    def __post_init__(self) -> None:
        self.why = shortened(self.why)


@dataclass(frozen=True, slots=True)
class Life:
    """What SHOW tells: times in seconds, `created` and `expires` since 1970 on the server's clock."""

    created: float
    expires: float
    retry: int
    replicate: int

    @property
    def ttl(self) -> int:
        """The TTL that the job was added with, in seconds."""
        return round(self.expires) - int(self.created)

    @property
    def half(self) -> float:
        """From when on Disque refuses WORKING: half of the TTL."""
        return (self.created + self.expires) / 2


@dataclass(slots=True, eq=False)
class Job:
    """A job in the worker's hands. Times are seconds on the worker's clock (`time.monotonic`).

    node              the node that delivered it last; `earlier_nodes` delivered it before
    asked_working_at  when WORKING was sent last
    working_at        when WORKING is due; None for never again
    due_at            when something else is due: the next attempt, or asking its node again
    give_up_at        how long the worker waits for its node to come back
    connections_lost  how many connections to its node had been lost when it was delivered
    too_late          WORKING was refused, because half of its TTL has passed
    dead_reason       why it is not run again; empty if it may be
    was_run           False if it was past its retries when it was delivered
    dead_letter       the body of its dead letter, which stays the same however often it is sent
    letter_refusals   how many times the dead letter was refused
    replicas          how many replicas are asked for the dead letter
    """

    id: str
    queue: bytes
    body: bytes
    nacks: int
    additional_deliveries: int
    node: Node
    state: State = RUNNING
    retry: int | None = None
    asked_working_at: float = 0.0
    working_at: float | None = None
    due_at: float = inf
    give_up_at: float = inf
    connections_lost: int = 0
    earlier_nodes: tuple[Node, ...] = ()
    too_late: bool = False
    dead_reason: str = ""
    was_run: bool = True
    dead_letter: bytes = b""
    letter_refusals: int = 0
    replicas: int = 1
    failure: Failure | None = None
    life: Life | None = None
    at_least_once: bool = field(init=False)

    def __post_init__(self) -> None:
        self.at_least_once = is_at_least_once(self.id)

    @property
    def raw_queue(self) -> bytes:
        """Its queue, by the name that the jobs of functions have for it."""
        return self.queue

    @property
    def node_prefix(self) -> str:
        """The first 8 digits of the ID of the node where it was created."""
        return self.id[2:10]

    @property
    def attempt(self) -> int:
        """Which attempt this is, counted from 1. Each failed attempt before it was reported by a NACK."""
        return 1 + self.nacks

    def may_wait(self, now: float) -> bool:
        """Whether to wait for its node, which cannot be reached: for one retry time, in case it restarts."""
        if self.give_up_at == inf:
            self.give_up_at = now + (self.retry or 1)
        return now < self.give_up_at


@dataclass(frozen=True, slots=True)
class JobEvent:
    """What happened to a job, for the log.

    `seconds`: until the next attempt, or until the dead letter is sent again.
    """

    kind: EventKind
    job: Job
    failure: Failure | None
    why: str = ""
    seconds: float | None = None


@dataclass(slots=True)
class OpenAcknowledgement:
    """A job that is done, but not acknowledged at every node yet.

    pending          nodes that delivered it and have not confirmed ACKJOB
    asked            how many requests about it have no reply yet
    is_acknowledged  a node has acknowledged it
    is_search        only replicas that no other replica lists are looked for
    due_at           when the pending nodes are asked again
    since            when this began
    """

    job: Job
    since: float
    pending: set[Node] = field(default_factory=set)
    asked: int = 0
    is_acknowledged: bool = False
    is_search: bool = False
    due_at: float = inf


@dataclass(slots=True)
class Request:
    """Words for one node. `job` is the job that they concern; `about` is what an ACKJOB or SHOW is for."""

    words: Words
    node: Node
    job: Job | None = None
    about: list[Job] | OpenAcknowledgement | None = None


def jobs_of(reply: Reply, node: Node) -> list[Job]:
    """The jobs of a GETJOB with WITHCOUNTERS. Raises NotDisque for a reply of another shape."""
    if reply is None:
        return []
    try:
        return [_job_of(node, *element) for element in reply]  # type: ignore[union-attr, misc]
    except (TypeError, ValueError, AttributeError):
        raise unexpected("GETJOB", reply) from None


def _job_of(  # noqa: PLR0917 - an element of the reply, in its order
    node: Node, queue: bytes, job_id: bytes, body: bytes, _n: bytes, nacks: int, _d: bytes, deliveries: int
) -> Job:
    if [*map(type, (queue, body, nacks, deliveries))] != [bytes, bytes, int, int]:
        raise TypeError
    return Job(job_id.decode(), queue, body, nacks, deliveries, node)
