"""Delivery: puts jobs into queues and hands them out to clients.

Source of the rules: the behaviour of Disque 1.0-rc1. The retry time starts when a job is queued, and is
restarted while the job stays in the queue.
"""

from __future__ import annotations

from disquectl.sandbox.job import Job, State
from disquectl.sandbox.messages import Message, WasQueued, Working
from disquectl.sandbox.node import Node
from disquectl.sandbox.queue import Queue
from disquectl.sandbox.registry import dequeue, jitter_ms, requeue_after_retry, schedule


def enqueue(node: Node, job: Job, now_ms: int, is_nack: bool = False) -> bool:
    """Put `job` into its queue. Return False if it is queued, or must not be delivered a second time."""
    was_handed_out = not job.retry_s and job.delivered
    if job.queue is None or job.state is State.QUEUED or not job.requeue_ms or was_handed_out:
        return False
    job.state = State.QUEUED
    node.disposable.pop(job.id, None)
    if job.retry_s:
        job.announce_soon = True
        job.requeue_ms = now_ms + job.retry_ms + jitter_ms(node)
    else:
        job.requeue_ms = 0
    # The first enqueue is neither announced nor counted.
    if job.announce_queued or is_nack:
        count_return(job, is_nack)
        notify_holders(node, job, WasQueued(job.id, "nack" if is_nack else "delivery"))
    else:
        job.announce_queued = True
    schedule(node, job, now_ms)
    queue = node.queue_named(job.queue, now_ms)
    queue.insert(job)
    queue.used_s = now_ms // 1000
    queue.jobs_in += 1
    if queue.waiting and not queue.paused_out:
        node.ready[queue] = None
    return True


def count_return(job: Job, is_nack: bool) -> None:
    """Count a nack or an additional delivery."""
    if is_nack:
        job.nacks += 1
    else:
        job.additional_deliveries += 1


def fetch(node: Node, queue: Queue, now_ms: int) -> Job:
    """Remove and return the oldest job of `queue`; the queue must not be empty."""
    job = queue.pop()
    job.state = State.ACTIVE
    job.delivered = True
    if not job.retry_s:
        node.disposable[job.id] = None
    queue.used_s = now_ms // 1000
    queue.jobs_out += 1
    return job


def mark_working(node: Node, job: Job, now_ms: int) -> None:
    """WORKING: take `job` out of the queue on all nodes with a replica, and restart its retry time."""
    dequeue(node, job)
    job.announce_soon = True
    requeue_after_retry(node, job, now_ms)
    notify_holders(node, job, Working(job.id))


def set_pause(node: Node, queue: Queue, paused_in: bool, paused_out: bool) -> None:
    """Pause or resume a queue; waiting clients are served when the output is resumed."""
    if queue.paused_out and not paused_out and queue.waiting:
        node.ready[queue] = None
    queue.paused_in = paused_in
    queue.paused_out = paused_out


def notify_holders(node: Node, job: Job, message: Message) -> None:
    """Send `message` to the other nodes that may have a replica."""
    for holder in job.holders:
        node.send(holder, message)
