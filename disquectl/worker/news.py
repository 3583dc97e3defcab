"""What happened to a job, for whoever writes it down. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from disquectl.worker.job import Failure, Job


@dataclass(frozen=True, slots=True)
class JobEvent:
    """`seconds`: until the next attempt, or until its letter is sent again. `event` is one of

    failed            it is held for its next attempt
    dead              it is in the dead queue, or dropped
    left              it is left to its retry time
    put back          its command was ended because the worker leaves
    too late          WORKING was refused
    unknown           its node does not know it
    not acknowledged  a node that it was taken from did not take ACKJOB; another one did
    already done      it came again after it was acknowledged, and was not run
    not buried        the dead queue did not take its letter, which is sent again
    """

    event: str
    job: Job
    failure: Failure | None
    why: str = ""
    seconds: float | None = None
