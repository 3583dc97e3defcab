"""One node's copy of a job, and job IDs.

Plain data: who may change a job, and when, is said in `registry` and `delivery`.
Units: `_ms` milliseconds and `_s` seconds since 1970, `created_ns` nanoseconds.
"""

from __future__ import annotations

import enum
import string
from binascii import b2a_base64

from disquectl.sandbox.session import Session

ID_LENGTH = 40
_SIGN = 2**31
# What Python keeps beside the body: about this much, so that used_memory is near the truth.
_JOB_OVERHEAD_BYTES = 500
_HEX_DIGITS = string.hexdigits.encode()


class State(enum.Enum):
    """Where a job is, as this node sees it; the value is its name on the wire."""

    WAIT_REPL = b"wait-repl"
    ACTIVE = b"active"
    QUEUED = b"queued"
    ACKED = b"acked"


class Job:
    """A job as one node knows it. A dummy acknowledgement has no queue, no body and no holders."""

    __slots__ = (
        "additional_deliveries",
        "announce_queued",
        "announce_soon",
        "awake_ms",
        "body",
        "collections",
        "confirmed",
        "created_ns",
        "delay_s",
        "delivered",
        "expires_s",
        "holders",
        "id",
        "nacks",
        "queue",
        "replicate",
        "requeue_ms",
        "retry_s",
        "serial",
        "state",
        "waiter",
    )

    def __init__(self, job_id: bytes, queue: bytes | None, body: bytes | None, state: State) -> None:
        self.id = job_id
        self.queue = queue
        self.body = body
        self.state = state
        self.replicate = 0
        self.created_ns = 0
        self.expires_s = 0
        self.delay_s = 0
        self.retry_s = 0
        self.nacks = 0
        self.additional_deliveries = 0
        # When it goes to the queue (again); 0 is never.
        self.requeue_ms = 0
        # When this node has to look at it; 0 before it is registered.
        self.awake_ms = 0
        # IDs of the nodes that may have a copy, and of those that confirmed it (or its acknowledgement).
        self.holders: tuple[bytes, ...] = ()
        self.confirmed: tuple[bytes, ...] | None = None
        # Handed out by this node once: an at-most-once job is then never queued again.
        self.delivered = False
        # The next enqueue is told to the other holders; so is, half a second ahead, that it is coming.
        self.announce_queued = False
        self.announce_soon = False
        self.collections = 0
        self.serial = 0
        # The client whose ADDJOB waits for the copies.
        self.waiter: Session | None = None

    @property
    def weight_bytes(self) -> int:
        return _JOB_OVERHEAD_BYTES + len(self.body or b"") + len(self.queue or b"")

    @property
    def retry_ms(self) -> int:
        """The retry time in milliseconds, for which the server has 32 bits: 50 days, then it wraps around."""
        return self.retry_s * 1000 & 0xFFFFFFFF

    def copy_for_another_node(self) -> Job:
        """What travels to another node. The expiry loses up to a second on the way, so one is added."""
        copy = Job(self.id, self.queue, self.body, State.ACTIVE)
        copy.replicate = self.replicate
        copy.created_ns = self.created_ns
        copy.expires_s = self.expires_s + 1
        copy.delay_s = self.delay_s
        copy.retry_s = self.retry_s
        copy.nacks = self.nacks
        copy.additional_deliveries = self.additional_deliveries
        copy.holders = self.holders
        copy.announce_queued = self.announce_queued
        copy.announce_soon = self.announce_soon
        return copy


def queue_order(job: Job) -> tuple[int, bytes]:
    """What queues are sorted by: the time of creation, then the ID."""
    return job.created_ns, job.id


def make_id(node_id: bytes, entropy: int, ttl_s: int, retry_s: int) -> bytes:
    """A new job ID; `entropy` has 144 bits. Its last field is odd for at-least-once jobs."""
    # Read as signed numbers of 32 bits here.
    minutes = min(ttl_s // 60, 0xFFFF) if ttl_s < _SIGN else 0
    minutes = minutes | 1 if 0 < retry_s < _SIGN else minutes & ~1
    middle = b2a_base64(entropy.to_bytes(18, "big"), newline=False)
    return b"D-%b-%b-%04x" % (node_id[:8], middle, minutes)


def is_id(word: bytes) -> bool:
    """Whether `word` has the shape of a job ID; that is all that Disque looks at."""
    return len(word) == ID_LENGTH and word[:2] == b"D-" and word[10] == 0x2D and word[35] == 0x2D


def ttl_minutes(job_id: bytes) -> int:
    """The TTL that an ID tells; digits that are none count as 0."""
    digits = bytes(digit if digit in _HEX_DIGITS else 0x30 for digit in job_id[36:40])
    return int(digits, 16)
