"""Which clients wait, for what, and how they stop waiting. Knows nothing of what they are answered."""

from __future__ import annotations

from disquectl.sandbox.node import Node
from disquectl.sandbox.session import Session, Wait, WaitForJobs


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
