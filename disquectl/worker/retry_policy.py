"""What becomes of a job that has failed: held for another attempt, dead, or left alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from disquectl.worker.job import Job, Life
    from disquectl.worker.plan import Plan

HOLD, DEAD_LETTER, ABANDON = "hold", "bury", "leave"


@dataclass(frozen=True, slots=True)
class Decision:
    """`seconds` until the next attempt of a job that is held; `why` of one that is not."""

    act: str
    seconds: float = 0.0
    why: str = ""


def refusal(job: Job, plan: Plan) -> str:
    """Why a job that has come is not to be run, or an empty text: it is past its retries.

    Failures that were reported count as retries. Returns without a report have a bound of their own, so
    that a job that ends its workers comes to an end, too.
    """
    if job.nacks > plan.max_retries:
        return f"not run again: {job.nacks} failed before, --max-retries is {plan.max_retries}"
    if job.additional_deliveries > plan.max_returns:
        return f"not run again: it came back {job.additional_deliveries} times without a result"
    return ""


def decide(job: Job, life: Life, server_now: float, *, held: int, plan: Plan, random: float) -> Decision:
    """Judge a job after a failed attempt.

    `server_now`: seconds since 1970 on its node's clock. `held`: how many jobs of its queue are held already.

    Disque refuses WORKING after half of the TTL. A job whose next attempt would come later cannot be kept
    from expiring unseen, so it dies now.
    """
    if job.condemned:
        return Decision(DEAD_LETTER, why=job.condemned)
    if not job.at_least_once:
        return Decision(DEAD_LETTER, why="it may be delivered once only")
    if job.attempt > plan.max_retries:
        return Decision(DEAD_LETTER, why=f"attempt {job.attempt} was the last")
    seconds = plan.backoff.seconds(job.attempt, random)
    if server_now + seconds > life.half:
        return Decision(DEAD_LETTER, why="the next attempt would come after half of its TTL")
    if held >= plan.hold:
        return Decision(ABANDON, why=f"{held} jobs of its queue are held already")
    return Decision(HOLD, seconds)
