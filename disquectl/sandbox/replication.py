"""Replication: sends replicas of a job to other nodes, stores them, and answers ADDJOB when there are enough.

Source of the rules: Disque's ADDJOB with REPLICATE. A node that is leaving or short of memory stores none.
"""

from __future__ import annotations

from disquectl.sandbox import replies
from disquectl.sandbox.delivery import enqueue
from disquectl.sandbox.job import Job, State
from disquectl.sandbox.messages import PutInQueue, ReplicaStored, StoreReplica
from disquectl.sandbox.node import Node
from disquectl.sandbox.registry import jitter_ms, register, schedule, unregister
from disquectl.sandbox.waiting import WaitForReplicas, release

_ASK_ANOTHER_AFTER_MS = 50


def replicate(node: Node, job: Job, more: int, now_ms: int, wants_reply: bool) -> int:
    """Send replicas to `more` random nodes, and again to those that have not confirmed.

    Returns how many nodes were added.
    """
    others = [peer for peer in node.reachable(now_ms) if not peer.is_down and peer.node_id not in job.holders]
    chosen = node.random.sample(others, min(more, len(others)))
    job.holders += tuple(peer.node_id for peer in chosen)
    confirmed = job.confirmed or ()
    for holder in job.holders:
        if holder == node.node_id:
            continue
        has_it = holder in confirmed
        # Nodes that have it only need to learn the new holders.
        if chosen or not has_it:
            node.send(holder, StoreReplica(job.replica_for_another_node(), wants_reply and not has_it))
    return len(chosen)


def ask_another(node: Node, waiting: WaitForReplicas, now_ms: int) -> None:
    """While an ADDJOB waits, periodically try one more node, and those that did not answer."""
    if now_ms - waiting.asked_ms >= _ASK_ANOTHER_AFTER_MS and replicate(node, waiting.job, 1, now_ms, True):
        waiting.asked_ms = now_ms


def set_first_return(node: Node, copy: Job, now_ms: int) -> None:
    """Set when a replica is queued here, unless the other nodes announce it."""
    if copy.retry_s:
        copy.announce_soon = True
        copy.requeue_ms = now_ms + copy.delay_s * 1000 + copy.retry_ms + jitter_ms(node)
    else:
        copy.requeue_ms = 0


def receive_replica(node: Node, sender: bytes, copy: Job, wants_reply: bool, now_ms: int) -> None:
    queue = node.queues.get(copy.queue or b"")
    if node.is_crowded or node.leaving or (queue is not None and queue.paused_in):
        return
    known = node.jobs.get(copy.id)
    if known is None:
        copy.announce_queued = True
        set_first_return(node, copy, now_ms)
        register(node, copy)
        schedule(node, copy, now_ms)
    else:
        known.holders += tuple(holder for holder in copy.holders if holder not in known.holders)
    if wants_reply:
        node.send(sender, ReplicaStored(copy.id))


def receive_replica_stored(node: Node, sender: bytes, job_id: bytes, now_ms: int) -> None:
    job = node.jobs.get(job_id)
    if job is None or job.state is not State.WAIT_REPL or job.confirmed is None or sender in job.confirmed:
        return
    job.confirmed = (*job.confirmed, sender)
    if len(job.confirmed) == job.replicate:
        finish_replication(node, job, now_ms)


def finish_replication(node: Node, job: Job, now_ms: int) -> bool:
    """Answer the waiting ADDJOB, and queue the job. Return False if the job is not kept here."""
    job.state = State.ACTIVE
    waiter, job.waiter = job.waiter, None
    if waiter is not None:
        waiter.reply(replies.status(job.id))
        release(node, waiter)
    if node.node_id not in job.holders:
        hand_over(node, job, job.confirmed or ())
        unregister(node, job)
        return False
    job.confirmed = None
    if job.delay_s:
        schedule(node, job, now_ms)
    else:
        enqueue(node, job, now_ms)
    return True


def hand_over(node: Node, job: Job, holders: tuple[bytes, ...]) -> None:
    """Let one of `holders` queue the job, instead of this node."""
    if holders:
        node.send(node.random.choice(holders), PutInQueue(job.id, job.delay_s))


def receive_put_in_queue(node: Node, job_id: bytes, delay_s: int, now_ms: int) -> None:
    job = node.jobs.get(job_id)
    if job is None or job.state not in (State.ACTIVE, State.WAIT_REPL):
        return
    queue = node.queues.get(job.queue or b"")
    if queue is not None and queue.paused_in:
        return
    job.announce_queued = False
    if not delay_s:
        enqueue(node, job, now_ms)
    elif job.retry_s and job.requeue_ms:
        job.requeue_ms = now_ms + delay_s * 1000
        schedule(node, job, now_ms)
