"""The retry policy: whether a failed job is held for another attempt, dead-lettered or abandoned. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from disquectl.worker.job import Job, Life
    from disquectl.worker.plan import Plan

    class Counted(Protocol):
        """A job's counters."""

        nacks: int
        additional_deliveries: int


Action: TypeAlias = Literal["hold", "dead-letter", "abandon"]
HOLD: Action = "hold"
DEAD_LETTER: Action = "dead-letter"
ABANDON: Action = "abandon"


@dataclass(frozen=True, slots=True)
class Decision:
    """`seconds` until the next attempt if the job is held; else `why` it is not."""

    action: Action
    seconds: float = 0.0
    why: str = ""


def refusal(job: Counted, plan: Plan) -> str:
    """Return why not to run a job that was delivered: it is past its retries. Empty if it may be run.

    Failures that NACK reported count as retries. Other returns are bounded separately, so that a job that
    crashes its workers ends, too.
    """
    if job.nacks > plan.max_retries:
        return f"not run again: {job.nacks} failed before, --max-retries is {plan.max_retries}"
    if job.additional_deliveries > plan.max_returns:
        return f"not run again: it was delivered again {job.additional_deliveries} times without a result"
    return ""


def decide(job: Job, life: Life, server_now: float, *, held: int, plan: Plan, random: float) -> Decision:
    """Return what to do with a job after a failed attempt.

    `server_now`: seconds since 1970 on its node's clock. `held`: how many jobs of its queue are held already.

    Disque refuses WORKING after half of the TTL. A job whose next attempt would be later could expire without
    a dead letter, so it is dead-lettered now.
    """
    if job.dead_reason:
        return Decision(DEAD_LETTER, why=job.dead_reason)
    if not job.at_least_once:
        return Decision(DEAD_LETTER, why="it may be delivered only once")
    if job.attempt > plan.max_retries:
        return Decision(DEAD_LETTER, why=f"attempt {job.attempt} was the last")
    after = job.failure.after if job.failure is not None else None
    seconds = plan.backoff.seconds(job.attempt, random) if after is None else after
    if server_now + seconds > life.half:
        return Decision(DEAD_LETTER, why="the next attempt would be after half of its TTL")
    if held >= plan.hold:
        return Decision(ABANDON, why=f"{held} jobs of its queue are held already")
    return Decision(HOLD, seconds)
