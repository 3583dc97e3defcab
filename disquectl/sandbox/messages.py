"""What the nodes tell each other, one class a message. Plain data."""

from __future__ import annotations

from typing import NamedTuple

from disquectl.sandbox.job import Job


class TakeCopy(NamedTuple):
    """Keep this copy; say so, if asked to."""

    job: Job
    wants_answer: bool


class CopyTaken(NamedTuple):
    job_id: bytes


class PutInQueue(NamedTuple):
    """Queue the job, after a delay: its own node keeps no copy."""

    job_id: bytes
    delay_s: int


class WasQueued(NamedTuple):
    """The sender queued the job; `counts` is `nack`, `delivery`, or empty when it was queued before."""

    job_id: bytes
    counts: str


class IsWorkedOn(NamedTuple):
    """A client told the sender that it still works on the job."""

    job_id: bytes


class WillQueue(NamedTuple):
    """The sender will queue the job in half a second."""

    job_id: bytes


class WasAcknowledged(NamedTuple):
    """The job is done. `holders` is how many nodes with a copy the sender knows of."""

    job_id: bytes
    holders: int


class Confirmed(NamedTuple):
    """The answer to `WasAcknowledged`; `knows_it` is False if the sender has never heard of the job."""

    job_id: bytes
    knows_it: bool


class Delete(NamedTuple):
    job_id: bytes


class NeedJobs(NamedTuple):
    """The sender has clients waiting for this queue."""

    queue: bytes
    wanted: int


class HaveJobs(NamedTuple):
    """Jobs that were queued at the sender, now for the receiver to queue."""

    jobs: list[Job]


class SetPause(NamedTuple):
    queue: bytes
    paused_in: bool
    paused_out: bool


Message = (
    TakeCopy
    | CopyTaken
    | PutInQueue
    | WasQueued
    | IsWorkedOn
    | WillQueue
    | WasAcknowledged
    | Confirmed
    | Delete
    | NeedJobs
    | HaveJobs
    | SetPause
)
