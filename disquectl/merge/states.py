"""The state of a job, worked out from all its replicas. Pure.

Disque has four states, and each node only its own view: `active` is a job that is delayed, or that a client
has, or that was taken out of the queue, or a replica of one that is queued elsewhere. Each replica is a piece
of evidence; all pieces together are looked up in RULES, and the first rule that matches applies.

    evidence  a replica that is
    ACKED     acked
    QUEUED    queued
    WAITING   wait-repl
    DELAYED   active, was never queued, and becomes due when the delay of ADDJOB ends
    PROXY     active, was never queued, and becomes due a retry time after that: a replica of a delayed job;
              or later, at a node that has read it from its append-only file: its clock began anew there
    ACTIVE    active otherwise

Replicas that were never queued: both counters are 0, and the job becomes due exactly at ctime + delay. A node
that got the job by ADDJOB also wakes at that moment; it wakes half a second early for a job that was queued
before (Disque 1.0-rc1, job.c: updateJobAwakeTime).

What cannot be distinguished: a job that a client has from one that DEQUEUE or WORKING took out; and a job
that ENQUEUE took out of its delay, if its retry time ends within 1.5 s of the end of the delay.
"""

from __future__ import annotations

from disquectl.merge.replicas import AWAKE, CTIME, DELAY, DELIVERIES, ID, NACKS, REQUEUE, RETRY
from disquectl.spec.selection import STATES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import FlatReplica

QUEUED, DELAYED, IN_FLIGHT, ACKNOWLEDGED, WAITING, UNKNOWN = STATES

IS_ACKED, IS_QUEUED, IS_WAITING, IS_DELAYED, IS_PROXY, IS_ACTIVE = 1, 2, 4, 8, 16, 32
EVIDENCE_BITS = 6
ALL_EVIDENCE = (1 << EVIDENCE_BITS) - 1

# Evidence of any replica -> the state of the job; the first that is present applies.
RULES = (
    # It is done: nodes that still have it queued are about to be informed.
    (IS_ACKED, ACKNOWLEDGED),
    # The next consumer at that node gets it.
    (IS_QUEUED, QUEUED),
    # ADDJOB has not been answered yet.
    (IS_WAITING, WAITING),
    # The node that will queue it at the end of its delay is among those that answered.
    (IS_DELAYED, DELAYED),
    # A consumer has it, or took it out. If a node that did not answer may have it queued: unknown.
    (IS_ACTIVE, IN_FLIGHT),
    # Only replicas that have never been queued, at nodes that will not queue it first.
    (IS_PROXY, DELAYED),
)

EVIDENCE_OF = {b"acked": IS_ACKED, b"queued": IS_QUEUED, b"wait-repl": IS_WAITING, b"active": IS_ACTIVE}

# By how much clocks and the travel time of a reply may shift the end of a delay.
TOLERANCE_MS = 1_500
# A node wakes this long before a job returns to its queue, but not before the end of a delay.
EARLY_MS = 500


def active_evidence(
    delay_left_ms: float, retry: int, returns: int, requeue_ms: int | None, awake_ms: int | None
) -> int:
    """The evidence in an active replica of a job with a delay.

    delay_left_ms  until ctime + delay, by the clock of the node that made the job; negative after that
    retry          seconds
    returns        nacks and additional deliveries
    requeue_ms     the replica's next-requeue-within, awake_ms its next-awake-within
    """
    if returns or requeue_ms is None or delay_left_ms < -TOLERANCE_MS:
        return IS_ACTIVE
    wakes_when_due = awake_ms is not None and abs(requeue_ms - awake_ms) <= 2 and requeue_ms > EARLY_MS
    if wakes_when_due or abs(requeue_ms - delay_left_ms) <= TOLERANCE_MS:
        return IS_DELAYED
    if abs(requeue_ms - delay_left_ms - retry * 1000) <= TOLERANCE_MS:
        return IS_PROXY
    # Further away than a retry time: its clock still has a delay in it.
    return IS_PROXY if requeue_ms > retry * 1000 + TOLERANCE_MS else IS_ACTIVE


def evidence_of_delayed(replica: FlatReplica, now_ms: float, clocks: Clocks) -> int:
    """The evidence in an active replica with a delay, when our clock says `now_ms`.

    The delay ends by the clock of the node that made the job.
    """
    maker_ms = now_ms + clocks.of_maker(replica[ID])
    return active_evidence(
        replica[CTIME] / 1_000_000 + replica[DELAY] * 1000 - maker_ms,
        replica[RETRY],
        replica[NACKS] + replica[DELIVERIES],
        replica[REQUEUE],
        replica[AWAKE],
    )


def state_of(evidence: int, elsewhere: bool = False) -> str:
    """The state of a job. `elsewhere`: a node that did not answer may have a replica."""
    for bit, state in RULES:
        if evidence & bit:
            return UNKNOWN if elsewhere and state == IN_FLIGHT else state
    return UNKNOWN


class Bits:
    """Sets of nodes as numbers: each node ID gets a bit, in the order of first use."""

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
