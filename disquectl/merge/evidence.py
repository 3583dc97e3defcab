"""A copy of a job with a delay, read as evidence: by the clock of the node that made the job. Pure."""

from __future__ import annotations

from disquectl.merge.replicas import AWAKE, CTIME, DELAY, DELIVERIES, ID, NACKS, REQUEUE, RETRY
from disquectl.merge.states import active_evidence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import Copy


def evidence_of_delayed(copy: Copy, now_ms: float, clocks: Clocks) -> int:
    """What an active copy with a delay is evidence of, when our clock says `now_ms`; see `states`."""
    maker_ms = now_ms + clocks.of_maker(copy[ID])
    return active_evidence(
        copy[CTIME] / 1_000_000 + copy[DELAY] * 1000 - maker_ms,
        copy[RETRY],
        copy[NACKS] + copy[DELIVERIES],
        copy[REQUEUE],
        copy[AWAKE],
    )
