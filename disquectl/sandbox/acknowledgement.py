"""Acknowledgement: an acknowledged job is deleted once every node with a replica has confirmed.

Source of the rules: Disque's garbage collection of acknowledgements. A dummy is the acknowledgement of a
job that this node has never seen; it has no holders.
"""

from __future__ import annotations

from disquectl.sandbox.job import Job, State, ttl_minutes
from disquectl.sandbox.messages import Confirmed, WasAcknowledged
from disquectl.sandbox.node import Node
from disquectl.sandbox.registry import delete_everywhere, dequeue, register, schedule, unregister
from disquectl.sandbox.replication import finish_replication


def acknowledge(node: Node, job_id: bytes, now_ms: int) -> bool:
    """ACKJOB of one ID. Return whether the job was known and not yet acknowledged."""
    job = node.jobs.get(job_id)
    if job is None:
        # An even last field means at-most-once: such a job exists only where it was added.
        if not node.peers or node.leaving or not ttl_minutes(job_id) & 1:
            return False
        job = Job(job_id, None, None, State.ACKED)
        job.expires_s = now_ms // 1000 + ttl_minutes(job_id) * 60
        register(node, job)
        node.disposable[job.id] = None
        schedule(node, job, now_ms)
        try_collect(node, job)
        return False
    was_new = job.state is not State.ACKED
    if job.state is State.WAIT_REPL:
        # Disque frees the job while the ADDJOB still waits for it, and crashes at its next access.
        job.state, job.waiter = State.ACTIVE, None
        node.crashes = True
    mark_acknowledged(node, job, now_ms)
    if job.id in node.jobs:
        try_collect(node, job)
    return was_new


def mark_acknowledged(node: Node, job: Job, now_ms: int) -> None:
    if job.state is State.WAIT_REPL and not finish_replication(node, job, now_ms):
        return
    if job.state is not State.ACKED:
        dequeue(node, job)
        job.state = State.ACKED
        node.disposable[job.id] = None
        job.confirmed = None
        schedule(node, job, now_ms)


def try_collect(node: Node, job: Job) -> None:
    """Ask the holders (for a dummy: all nodes) to acknowledge; delete the job if there is none to ask."""
    job.collections += 1
    if job.confirmed is None:
        job.confirmed = (node.node_id,)
    if len(job.holders) == len(job.confirmed) or (not job.holders and not node.peers):
        unregister(node, job)
        return
    for target in job.holders or tuple(node.peers):
        if target not in job.confirmed:
            send_acknowledgement(node, target, job)


def send_acknowledgement(node: Node, target: bytes, job: Job) -> None:
    """Send an acknowledgement to another node, with the number of holders known here."""
    node.send(target, WasAcknowledged(job.id, len(job.holders)))


def receive_acknowledgement(node: Node, sender: bytes, job_id: bytes, holders: int, now_ms: int) -> None:
    job = node.jobs.get(job_id)
    if job is not None:
        mark_acknowledged(node, job, now_ms)
        if job.id not in node.jobs:
            return
    if job is None or len(job.holders) <= holders:
        node.send(sender, Confirmed(job_id, job is not None))
        return
    # This node knows more holders than the sender, so it takes over the collection.
    if holders == 0:
        node.send(sender, Confirmed(job_id, True))
    try_collect(node, job)


def receive_confirmation(node: Node, sender: bytes, job_id: bytes, knows_it: bool) -> None:
    """Handle the confirmation of another node: it acknowledged the job, or does not know it."""
    job = node.jobs.get(job_id)
    if job is None or job.state is not State.ACKED:
        return
    if not job.holders:
        _confirm_dummy(node, sender, job, knows_it)
        return
    if knows_it and sender not in job.holders:
        job.holders = (*job.holders, sender)
    if sender in job.holders and job.confirmed is not None and sender not in job.confirmed:
        job.confirmed = (*job.confirmed, sender)
    if job.confirmed is not None and len(job.confirmed) >= len(job.holders):
        delete_everywhere(node, job)


def _confirm_dummy(node: Node, sender: bytes, job: Job, knows_it: bool) -> None:
    """A node that knows the job takes over; if no node does, the dummy is deleted."""
    if not knows_it:
        confirmed = job.confirmed or (node.node_id,)
        job.confirmed = confirmed if sender in confirmed else (*confirmed, sender)
        if len(job.confirmed) <= len(node.peers):
            return
    unregister(node, job)
