"""What to do with the original of a job that was copied, from a last look at all its replicas. Pure.

Between the claim and the last look a job may return to its queue, be delivered, or be acknowledged. Its
counters show a return; a job that was delayed until then has none for its first one, but its time shows it.
"""

from __future__ import annotations

from disquectl.merge.replicas import DELAY, DELIVERED, DELIVERIES, NACKS, REQUEUE, STATE
from disquectl.merge.states import EVIDENCE_OF, IS_ACTIVE, evidence_of_delayed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import FlatReplica

    # A replica by the ID of its node.
    Replicas = dict[bytes, FlatReplica]

# A delayed job that is due sooner is moved when it is queued.
DUE_SOON_MS = 5_000

# What to do with the original.
ACKNOWLEDGE: Final = "acknowledge"
RECLAIM: Final = "reclaim"  # it has returned to its queue: take it out again, then acknowledge it
TOO_LATE: Final = "too late"  # it was delivered or acknowledged, or may have been


class Look:
    """A look at all replicas of a job that is in flight or delayed for us.

    returns  nacks and additional deliveries
    due_ms   until the first node queues it; None for never
    """

    __slots__ = ("due_ms", "replicas", "returns")

    def __init__(self, replicas: Replicas) -> None:
        self.replicas = replicas
        self.returns = 0
        self.due_ms: int | None = None
        for one in replicas.values():
            self.returns = max(self.returns, one[NACKS] + one[DELIVERIES])
            due = one[REQUEUE]
            if due is not None and (self.due_ms is None or due < self.due_ms):
                self.due_ms = due

    @property
    def is_acknowledged(self) -> bool:
        """Whether it was acknowledged, or no node knows it."""
        states = [one[STATE] for one in self.replicas.values()]
        return not states or b"acked" in states or b"wait-repl" in states

    @property
    def queued_at(self) -> list[bytes]:
        """The nodes that have it queued."""
        return [node_id for node_id, one in self.replicas.items() if one[STATE] == b"queued"]

    @property
    def listed(self) -> set[bytes]:
        """The nodes that are in the list of some replica."""
        return {node_id for one in self.replicas.values() for node_id in one[DELIVERED]}

    def is_delayed(self, now_ms: float, clocks: Clocks) -> bool:
        """Whether it was never queued, at `now_ms` of our clock."""
        return not self.is_acknowledged and all(
            EVIDENCE_OF[one[STATE]] == IS_ACTIVE and evidence_of_delayed(one, now_ms, clocks) != IS_ACTIVE
            for one in self.replicas.values()
        )


def after_copy(look: Look, returns_before: int) -> str:
    """What to do with a job that had this number of returns when it was claimed, or seen in flight."""
    if look.is_acknowledged:
        return TOO_LATE
    if look.queued_at:
        return RECLAIM if look.returns <= returns_before + 1 else TOO_LATE
    return ACKNOWLEDGE if look.returns == returns_before else TOO_LATE


def is_still_held(look: Look, now_ms: float, clocks: Clocks) -> bool:
    """Whether a job that an earlier run claimed, or copied while it was delayed, was not queued since.

    If it was queued at the end of its delay, no counter shows that.
    """
    if look.is_acknowledged or look.queued_at or look.returns:
        return False
    return not any(one[DELAY] for one in look.replicas.values()) or look.is_delayed(now_ms, clocks)


def acknowledgements(look: Look, claimed_at: bytes | None) -> list[tuple[bytes, bytes]]:
    """The nodes to send to, each with its verb.

    ACKJOB goes where the job was claimed, otherwise to the node whose list has the most of the others: that
    node tells those in its list. FASTACK goes to nodes with a replica that are not in the list.
    """
    holders = look.replicas.keys()
    if claimed_at is None or claimed_at not in holders:
        claimed_at = max(holders, key=lambda node: (len(holders & {*look.replicas[node][DELIVERED]}), node))
    told = {claimed_at, *look.replicas[claimed_at][DELIVERED]}
    return [(claimed_at, b"ACKJOB"), *((node, b"FASTACK") for node in holders if node not in told)]
