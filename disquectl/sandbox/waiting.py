"""Waiting clients: what each waits for, and how a wait starts and ends. Knows nothing of the replies."""

from __future__ import annotations

from dataclasses import dataclass

from disquectl.sandbox.job import Job
from disquectl.sandbox.node import Node
from disquectl.sandbox.queue import Queue
from disquectl.sandbox.session import Session, Wait


@dataclass(slots=True)
class WaitForJobs(Wait):
    """A GETJOB that found nothing."""

    queues: list[Queue]
    with_counters: bool


@dataclass(slots=True)
class WaitForReplicas(Wait):
    """An ADDJOB whose replicas are not all confirmed."""

    job: Job
    asked_ms: int


@dataclass(slots=True)
class WaitForWakeUp(Wait):
    """A DEBUG SLEEP, during which the whole node sleeps. `words` are for the slow log."""

    words: list[bytes]
    started_ms: int


def wait(node: Node, session: Session, what: Wait) -> None:
    """Start a wait: the requests of `session` are not read until it ends."""
    session.wait = what
    node.waiting[session] = None
    if isinstance(what, WaitForJobs):
        for queue in what.queues:
            queue.waiting[session] = None


def release(node: Node, session: Session) -> None:
    """End a wait: the requests sent meanwhile run next."""
    what = session.wait
    if isinstance(what, WaitForJobs):
        for queue in what.queues:
            queue.waiting.pop(session, None)
    session.wait = None
    node.waiting.pop(session, None)
    node.resumed[session] = None
