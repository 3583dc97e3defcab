"""Which clients wait, for what, and how they stop waiting. Knows nothing of what they are answered."""

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
class WaitForCopies(Wait):
    """An ADDJOB whose copies are not all confirmed."""

    job: Job
    asked_ms: int


@dataclass(slots=True)
class WaitForWakeUp(Wait):
    """A DEBUG SLEEP: its whole node sleeps. The words are for the slow log."""

    words: list[bytes]
    started_ms: int


def wait(node: Node, session: Session, what: Wait) -> None:
    """From now on the requests of `session` are left unread."""
    session.wait = what
    node.waiting[session] = None
    if isinstance(what, WaitForJobs):
        for queue in what.queues:
            queue.waiting[session] = None


def release(node: Node, session: Session) -> None:
    """The end of waiting: what the client sent meanwhile is carried out next."""
    what = session.wait
    if isinstance(what, WaitForJobs):
        for queue in what.queues:
            queue.waiting.pop(session, None)
    session.wait = None
    node.waiting.pop(session, None)
    node.resumed[session] = None
