"""What happened to a job, for whoever writes it down. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from disquectl.worker.job import Failure, Job


@dataclass(frozen=True, slots=True)
class News:
    """`seconds`: until the next attempt. `event` is one of

    failed            it is held for its next attempt
    dead              it is in the dead queue, or dropped
    left              it is left to its retry time
    put back          its command was ended because the worker leaves
    too late          WORKING was refused
    unknown           its node does not know it
    not acknowledged  ACKJOB was refused
    """

    event: str
    job: Job
    failure: Failure | None
    why: str = ""
    seconds: float | None = None
