"""Adds jobs to a node and removes them; schedules when a job is processed next.

The lowest module of rules: it takes jobs out of queues, but never puts one in (see `delivery`).
"""

from __future__ import annotations

from disquectl.sandbox import replies
from disquectl.sandbox.job import Job, State
from disquectl.sandbox.messages import Delete
from disquectl.sandbox.node import Node
from disquectl.sandbox.waiting import release

# How long before its return a job is announced to the other holders.
ANNOUNCE_AHEAD_MS = 500
_COLLECT_MS = 1000
_COLLECT_MAX_MS = 180_000
_JITTER_MS = 500

_REMOVED = replies.error(b"NOREPL job removed (expired?) before the requested replication level was achieved")


def jitter_ms(node: Node) -> int:
    """Return -250 to 249 ms, so that nodes do not act at the same time."""
    return int(node.random.random() * _JITTER_MS) - _JITTER_MS // 2


def register(node: Node, job: Job) -> None:
    """Add `job` to the node; the caller schedules it."""
    job.serial = next(node.serials)
    node.jobs[job.id] = job
    node.job_scanner.add(job)
    node.job_bytes += job.weight_bytes


def schedule(node: Node, job: Job, now_ms: int) -> None:
    """Set the timer for the next processing of `job`."""
    # One second more, so that it has certainly expired.
    at_ms = job.expires_s * 1000 + 1000
    if job.state is State.ACKED:
        period_ms = min(_COLLECT_MS << min(job.collections, 10), _COLLECT_MAX_MS)
        at_ms = min(at_ms, now_ms + period_ms + jitter_ms(node))
    elif job.state is not State.WAIT_REPL and job.requeue_ms:
        at_ms = min(at_ms, job.requeue_ms - (ANNOUNCE_AHEAD_MS if job.announce_soon else 0))
    if at_ms != job.awake_ms:
        node.alarms.remove(job.awake_ms, job.id)
        job.awake_ms = at_ms
        node.alarms.add(at_ms, job.id)


def requeue_at(node: Node, job: Job, at_ms: int, now_ms: int) -> None:
    """Change when `job` is queued again; an at-most-once job never is."""
    if job.retry_s and job.requeue_ms:
        job.requeue_ms = at_ms
        schedule(node, job, now_ms)


def requeue_after_retry(node: Node, job: Job, now_ms: int) -> None:
    """Restart the retry time."""
    requeue_at(node, job, now_ms + job.retry_ms + jitter_ms(node), now_ms)


def dequeue(node: Node, job: Job) -> bool:
    """Take `job` out of its queue and make it active; return whether it was queued."""
    if job.state is not State.QUEUED or job.queue is None:
        return False
    node.queues[job.queue].remove(job)
    job.state = State.ACTIVE
    return True


def unregister(node: Node, job: Job) -> None:
    """Remove `job` from this node, in any state. An ADDJOB that waits for replication gets an error."""
    dequeue(node, job)
    del node.jobs[job.id]
    node.job_scanner.remove(job)
    node.alarms.remove(job.awake_ms, job.id)
    node.disposable.pop(job.id, None)
    node.job_bytes -= job.weight_bytes
    waiter = job.waiter
    if waiter is not None:
        job.waiter = None
        job.state = State.ACTIVE
        delete_on_holders(node, job)
        waiter.reply(_REMOVED)
        release(node, waiter)


def delete_on_holders(node: Node, job: Job) -> None:
    for holder in job.holders:
        node.send(holder, Delete(job.id))


def delete_everywhere(node: Node, job: Job) -> None:
    """Remove `job` here and, best effort, on all nodes with a replica."""
    delete_on_holders(node, job)
    unregister(node, job)
