"""One node's replica of a job, and job IDs.

Data only; `registry` and `delivery` change it.
Units: `_ms` milliseconds and `_s` seconds since 1970, `created_ns` nanoseconds.
"""

from __future__ import annotations

import enum
import string
from binascii import b2a_base64

from disquectl.sandbox.session import Session

ID_LENGTH = 40
_SIGN = 2**31
# Approximate memory of a job besides its body, for used_memory.
_JOB_OVERHEAD_BYTES = 500
_HEX_DIGITS = string.hexdigits.encode()


class State(enum.Enum):
    """The state of a job on this node; the value is its name on the wire."""

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
        # When it is queued (again); 0: never.
        self.requeue_ms = 0
        # When this node has to process it; 0 before it is registered.
        self.awake_ms = 0
        # IDs of the nodes that may have a replica, and of those that confirmed it (or its acknowledgement).
        self.holders: tuple[bytes, ...] = ()
        self.confirmed: tuple[bytes, ...] | None = None
        # Delivered by this node: an at-most-once job is then never queued again.
        self.delivered = False
        # Whether to announce the next enqueue to the other holders, and whether to do so half a second ahead.
        self.announce_queued = False
        self.announce_soon = False
        self.collections = 0
        self.serial = 0
        # The client whose ADDJOB waits for replication.
        self.waiter: Session | None = None

    @property
    def weight_bytes(self) -> int:
        return _JOB_OVERHEAD_BYTES + len(self.body or b"") + len(self.queue or b"")

    @property
    def retry_ms(self) -> int:
        """The retry time in milliseconds; the server keeps 32 bits, so it wraps around after 50 days."""
        return self.retry_s * 1000 & 0xFFFFFFFF

    def replica_for_another_node(self) -> Job:
        """Return the replica to send. The expiry loses up to a second in transit, so one is added."""
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
    """Return the sort key of queues: creation time, then ID."""
    return job.created_ns, job.id


def make_id(node_id: bytes, entropy: int, ttl_s: int, retry_s: int) -> bytes:
    """Return a new job ID; `entropy` has 144 bits. Its last field is odd for at-least-once jobs."""
    # The server treats both as signed 32 bit numbers here.
    minutes = min(ttl_s // 60, 0xFFFF) if ttl_s < _SIGN else 0
    minutes = minutes | 1 if 0 < retry_s < _SIGN else minutes & ~1
    middle = b2a_base64(entropy.to_bytes(18, "big"), newline=False)
    return b"D-%b-%b-%04x" % (node_id[:8], middle, minutes)


def is_id(word: bytes) -> bool:
    """Whether `word` has the shape of a job ID; Disque checks nothing else."""
    return len(word) == ID_LENGTH and word[:2] == b"D-" and word[10] == 0x2D and word[35] == 0x2D


def ttl_minutes(job_id: bytes) -> int:
    """Return the TTL in an ID; invalid digits count as 0."""
    digits = bytes(digit if digit in _HEX_DIGITS else 0x30 for digit in job_id[36:40])
    return int(digits, 16)
