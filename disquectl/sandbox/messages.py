"""Messages between nodes, one class each. Data only."""

from __future__ import annotations

from typing import NamedTuple

from disquectl.sandbox.job import Job


class StoreReplica(NamedTuple):
    """Store this replica; confirm it if `wants_reply`."""

    job: Job
    wants_reply: bool


class ReplicaStored(NamedTuple):
    job_id: bytes


class PutInQueue(NamedTuple):
    """Queue the job, after a delay: the node that got the ADDJOB keeps no replica."""

    job_id: bytes
    delay_s: int


class WasQueued(NamedTuple):
    """The sender queued the job; `counts` is `nack`, `delivery`, or empty when it was queued before."""

    job_id: bytes
    counts: str


class Working(NamedTuple):
    """A client sent WORKING to the sender."""

    job_id: bytes


class WillQueue(NamedTuple):
    """The sender will queue the job in half a second."""

    job_id: bytes


class WasAcknowledged(NamedTuple):
    """The job was acknowledged. `holders`: how many nodes with a replica the sender knows."""

    job_id: bytes
    holders: int


class Confirmed(NamedTuple):
    """The reply to `WasAcknowledged`; `knows_it` is False if the sender does not know the job."""

    job_id: bytes
    knows_it: bool


class Delete(NamedTuple):
    job_id: bytes


class NeedJobs(NamedTuple):
    """The sender has clients waiting for this queue."""

    queue: bytes
    wanted: int


class HaveJobs(NamedTuple):
    """Jobs that the sender took from its queue, for the receiver to queue."""

    jobs: list[Job]


class SetPause(NamedTuple):
    queue: bytes
    paused_in: bool
    paused_out: bool


Message = (
    StoreReplica
    | ReplicaStored
    | PutInQueue
    | WasQueued
    | Working
    | WillQueue
    | WasAcknowledged
    | Confirmed
    | Delete
    | NeedJobs
    | HaveJobs
    | SetPause
)
