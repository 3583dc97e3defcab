"""What became of a job, worked out from all its copies.

Disque knows four states, and each node only its own view: `active` is a job that is delayed, or that a
client has, or that was taken out of the queue, or a copy of one that is queued elsewhere. Each copy is read
as a piece of evidence; all pieces together are looked up in RULES, and the first that applies counts.

    evidence  a copy that is
    ACKED     acked
    QUEUED    queued
    WAITING   wait-repl
    DELAYED   active, was never queued, and becomes due when the delay of ADDJOB ends
    PROXY     active, was never queued, and becomes due a retry time after that: a copy of a delayed job
    ACTIVE    active otherwise

Which copies were never queued: both counters are 0, and the job becomes due just when ctime + delay says. A
node that was given the job by ADDJOB also wakes at that very moment; it wakes half a second early for what
was queued before (Disque 1.0-rc1, job.c: updateJobAwakeTime).

What cannot be told apart: a job that a client has from one that DEQUEUE or WORKING took out; and a job that
ENQUEUE took out of its delay, if its retry time ends within a second and a half of when the delay would have.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

QUEUED, DELAYED, IN_FLIGHT, ACKNOWLEDGED, WAITING, UNKNOWN = STATES = (
    "queued",
    "delayed",
    "in-flight",
    "acked",
    "waiting",
    "unknown",
)

IS_ACKED, IS_QUEUED, IS_WAITING, IS_DELAYED, IS_PROXY, IS_ACTIVE = 1, 2, 4, 8, 16, 32
EVIDENCE_BITS = 6
ALL_EVIDENCE = (1 << EVIDENCE_BITS) - 1

# Evidence of any copy -> the state of the job; from top to bottom, the first that is there.
RULES = (
    # It is done: whoever still has it queued is about to be told.
    (IS_ACKED, ACKNOWLEDGED),
    # Whoever asks that node next gets it.
    (IS_QUEUED, QUEUED),
    # ADDJOB has not been answered yet.
    (IS_WAITING, WAITING),
    # The node that queues it at the end of its delay says so itself.
    (IS_DELAYED, DELAYED),
    # Somebody has it, or took it out. With a node missing that may have it queued: unknown.
    (IS_ACTIVE, IN_FLIGHT),
    # Only copies are left, and none of them was ever told that it was queued.
    (IS_PROXY, DELAYED),
)

EVIDENCE_OF = {b"acked": IS_ACKED, b"queued": IS_QUEUED, b"wait-repl": IS_WAITING, b"active": IS_ACTIVE}

# How far the clocks of two nodes, and the way of a reply, may put the end of a delay.
TOLERANCE_MS = 1_500
# A job is woken so much before it returns to its queue, and not before the end of a delay.
EARLY_MS = 500


def active_evidence(
    delay_left_ms: float, retry: int, returns: int, requeue_ms: int | None, awake_ms: int | None
) -> int:
    """What an active copy of a job with a delay is evidence of.

    delay_left_ms  until ctime + delay, by the clock of the node that made the job; below 0 when over
    retry          seconds
    returns        nacks and additional deliveries
    requeue_ms     the copy's next-requeue-within, awake_ms its next-awake-within
    """
    if returns or requeue_ms is None or delay_left_ms < -TOLERANCE_MS:
        return IS_ACTIVE
    wakes_when_due = awake_ms is not None and abs(requeue_ms - awake_ms) <= 2 and requeue_ms > EARLY_MS
    if wakes_when_due or abs(requeue_ms - delay_left_ms) <= TOLERANCE_MS:
        return IS_DELAYED
    if abs(requeue_ms - delay_left_ms - retry * 1000) <= TOLERANCE_MS:
        return IS_PROXY
    return IS_ACTIVE


def state_of(evidence: int, elsewhere: bool = False) -> str:
    """The state of a job. `elsewhere`: a node that did not answer may have a copy of it."""
    for bit, state in RULES:
        if evidence & bit:
            return UNKNOWN if elsewhere and state == IN_FLIGHT else state
    return UNKNOWN


class Bits:
    """Nodes as bits, so that sets of them are numbers: by ID, in the order in which they are met."""

    __slots__ = ("_bits",)

    def __init__(self) -> None:
        self._bits: dict[str | bytes, int] = {}

    def of(self, node_id: str) -> int:
        """The bit of a node."""
        return self.mask((node_id.encode(),))

    def mask(self, node_ids: Iterable[bytes]) -> int:
        """The bits of several nodes."""
        total = 0
        for node_id in node_ids:
            bit = self._bits.get(node_id)
            if bit is None:
                bit = self._bits[node_id] = 1 << len(self._bits)
            total |= bit
        return total
