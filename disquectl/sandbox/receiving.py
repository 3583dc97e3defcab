"""Handles messages from other nodes. The only module that knows every message.

Source of the rules: the effects of Disque's messages between nodes.
"""

from __future__ import annotations

from disquectl.sandbox import messages as m
from disquectl.sandbox.acknowledgement import (
    receive_acknowledgement,
    receive_confirmation,
    send_acknowledgement,
)
from disquectl.sandbox.delivery import count_return, notify_holders, set_pause
from disquectl.sandbox.federation import receive_jobs, receive_need
from disquectl.sandbox.job import Job, State
from disquectl.sandbox.node import Node
from disquectl.sandbox.registry import dequeue, requeue_after_retry, unregister
from disquectl.sandbox.replication import receive_put_in_queue, receive_replica, receive_replica_stored


def receive(node: Node, sender: bytes, message: m.Message, now_ms: int) -> None:
    """Handle one message; `sender` is a node ID that `node` knows."""
    match message:
        case m.StoreReplica(job, wants_reply):
            receive_replica(node, sender, job, wants_reply, now_ms)
        case m.ReplicaStored(job_id):
            receive_replica_stored(node, sender, job_id, now_ms)
        case m.PutInQueue(job_id, delay_s):
            receive_put_in_queue(node, job_id, delay_s, now_ms)
        case m.WasAcknowledged(job_id, holders):
            receive_acknowledgement(node, sender, job_id, holders, now_ms)
        case m.Confirmed(job_id, knows_it):
            receive_confirmation(node, sender, job_id, knows_it)
        case m.NeedJobs(queue, wanted):
            receive_need(node, sender, queue, wanted, now_ms)
        case m.HaveJobs(jobs):
            receive_jobs(node, sender, jobs, now_ms)
        case m.SetPause(queue, paused_in, paused_out):
            _receive_pause(node, queue, paused_in, paused_out, now_ms)
        case _:
            known = node.jobs.get(message.job_id)
            if known is not None:
                _receive_about_job(node, sender, known, message, now_ms)


def _receive_about_job(
    node: Node,
    sender: bytes,
    job: Job,
    message: m.Delete | m.WasQueued | m.Working | m.WillQueue,
    now_ms: int,
) -> None:
    if isinstance(message, m.Delete):
        unregister(node, job)
    elif job.state is State.ACKED:
        # The sender still delivers a job that was acknowledged here: send it the acknowledgement.
        send_acknowledgement(node, sender, job)
    elif isinstance(message, m.WillQueue):
        if sender not in job.holders and job.state is not State.WAIT_REPL:
            job.holders = (*job.holders, sender)
        if job.state is State.QUEUED:
            notify_holders(node, job, m.WasQueued(job.id, ""))
    else:
        is_working = isinstance(message, m.Working)
        if is_working or _outranks(sender, node.node_id, job):
            dequeue(node, job)
        job.announce_soon = job.announce_soon or job.retry_s > 0
        requeue_after_retry(node, job, now_ms)
        if isinstance(message, m.WasQueued) and message.counts:
            count_return(job, message.counts == "nack")


def _outranks(sender: bytes, own: bytes, job: Job) -> bool:
    """Of two nodes with a job queued, one drops it; mixing in the job ID spreads that over the nodes."""
    key = job.id[11:35] * 2
    mixed_sender = bytes(a ^ b for a, b in zip(sender, key, strict=False))
    mixed_own = bytes(a ^ b for a, b in zip(own, key, strict=False))
    return mixed_sender > mixed_own


def _receive_pause(node: Node, name: bytes, paused_in: bool, paused_out: bool, now_ms: int) -> None:
    if paused_in or paused_out or name in node.queues:
        set_pause(node, node.queue_named(name, now_ms), paused_in, paused_out)
