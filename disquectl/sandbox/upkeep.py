"""Background tasks of a node: due jobs, client timeouts, idle queues, memory.

Times are passed in.
"""

from __future__ import annotations

from disquectl.sandbox import replies
from disquectl.sandbox.acknowledgement import try_collect
from disquectl.sandbox.delivery import enqueue, notify_holders
from disquectl.sandbox.federation import need_jobs, serve_waiting
from disquectl.sandbox.job import Job, State
from disquectl.sandbox.membership import ping_another
from disquectl.sandbox.messages import WillQueue
from disquectl.sandbox.node import Node
from disquectl.sandbox.queue import Queue
from disquectl.sandbox.registry import (
    ANNOUNCE_AHEAD_MS,
    delete_everywhere,
    jitter_ms,
    requeue_after_retry,
    schedule,
    unregister,
)
from disquectl.sandbox.replication import ask_another
from disquectl.sandbox.session import Session
from disquectl.sandbox.waiting import WaitForJobs, WaitForReplicas, WaitForWakeUp, release

_IDLE_QUEUE_S = 300
# How many idle queues are removed at once; ten times as many are checked.
QUEUES_PER_SWEEP = 1000
_IDLE_QUEUE_CROWDED_S = 10
_IDLE_QUEUE_FULL_S = 2
_TIMED_OUT = replies.error(b"NOREPL Timeout reached before replicating to the requested number of nodes")
_LEAVING = replies.error(b"LEAVING This node is leaving the cluster, please connect to a different one")


def run_due(node: Node, now_ms: int, most: int) -> int:
    """Process everything due at `now_ms`, but at most `most` jobs. A sleeping node does nothing.

    Returns how many jobs were processed.
    """
    if node.is_down or (node.asleep_until_ms and not _wake_up(node, now_ms)):
        return 0
    if 0 < node.clients_paused_until_ms < now_ms:
        node.clients_paused_until_ms = 0
        node.resumed.update(node.sessions_with_input())
    _end_waiting(node, now_ms)
    count = _run_alarms(node, now_ms, most)
    serve_waiting(node, now_ms)
    return count


def _run_alarms(node: Node, now_ms: int, most: int) -> int:
    for count in range(most):
        entry = node.alarms.pop_due(now_ms)
        if entry is None:
            return count
        at_ms, job_id = entry
        job = node.jobs[job_id]
        wake(node, job, now_ms)
        if job.awake_ms == at_ms and node.jobs.get(job_id) is job:
            # Nothing was done: next is its expiry.
            job.awake_ms = max(job.expires_s * 1000 + 1000, now_ms + 1000)
            node.alarms.add(job.awake_ms, job_id)
    return most


def wake(node: Node, job: Job, now_ms: int) -> None:
    """Do what is due for `job`: expire, announce the requeue, requeue, or collect it again."""
    if job.expires_s <= now_ms // 1000:
        unregister(node, job)
    elif job.state is State.ACKED:
        try_collect(node, job)
        if job.id in node.jobs:
            schedule(node, job, now_ms)
    elif job.state is not State.WAIT_REPL:
        if job.announce_soon and job.requeue_ms - ANNOUNCE_AHEAD_MS <= now_ms:
            if job.state is State.ACTIVE:
                notify_holders(node, job, WillQueue(job.id))
            job.announce_soon = False
            schedule(node, job, now_ms)
        if job.requeue_ms <= now_ms:
            _return_to_queue(node, job, now_ms)


def _return_to_queue(node: Node, job: Job, now_ms: int) -> None:
    if job.state is State.QUEUED:
        if job.retry_s:
            job.announce_soon = True
            job.requeue_ms = now_ms + job.retry_ms + jitter_ms(node)
            schedule(node, job, now_ms)
        return
    queue = node.queues.get(job.queue or b"")
    if queue is not None and queue.paused_in and job.retry_s:
        requeue_after_retry(node, job, now_ms)
    else:
        # Deferring an at-most-once job whose delay has ended would lose it.
        enqueue(node, job, now_ms)


def _end_waiting(node: Node, now_ms: int) -> None:
    """Answer the clients whose timeout has ended; on a leaving node, all waiting clients."""
    for session in list(node.waiting):
        waiting = session.wait
        if isinstance(waiting, WaitForWakeUp) or waiting is None:
            continue
        is_over = waiting.deadline_ms != 0 and waiting.deadline_ms < now_ms
        if not is_over and not node.leaving:
            continue
        if is_over:
            session.reply(_TIMED_OUT if isinstance(waiting, WaitForReplicas) else replies.NIL_ARRAY)
        else:
            session.reply(_LEAVING)
        stop_waiting(node, session)


def stop_waiting(node: Node, session: Session) -> None:
    """End a client's wait after another reply or a disconnect; a job waiting for replication is deleted."""
    waiting = session.wait
    if isinstance(waiting, WaitForReplicas) and waiting.job.state is State.WAIT_REPL:
        waiting.job.waiter = None
        waiting.job.state = State.ACTIVE
        delete_everywhere(node, waiting.job)
    release(node, session)


def _wake_up(node: Node, now_ms: int) -> bool:
    """End the node's DEBUG SLEEP if it is due, and answer its client; return whether it has ended.

    Requests that came meanwhile run in the order in which they came, those of new connections last.
    """
    if now_ms < node.asleep_until_ms:
        return False
    node.asleep_until_ms = 0
    for session in list(node.waiting):
        if isinstance(session.wait, WaitForWakeUp):
            duration_us = (now_ms - session.wait.started_ms) * 1000
            node.note_duration(b"debug", session.wait.words, duration_us, now_ms)
            session.reply(replies.OK)
            release(node, session)
    since_ms = node.asleep_since_ms

    def turn(session: Session) -> tuple[bool, int]:
        return session.created_ms > since_ms, session.seen_ms

    node.resumed.update(dict.fromkeys(sorted(node.sessions_with_input(), key=turn)))
    return True


def pulse(node: Node, now_ms: int) -> None:
    """Ten times a second: ask other nodes for waiting clients. Once a second: the slower tasks.

    A node that is short of memory removes idle queues ten times a second.
    """
    if node.is_down or node.asleep_until_ms:
        return
    if node.crashes:
        node.stops = True
        return
    for session in list(node.waiting):
        waiting = session.wait
        if isinstance(waiting, WaitForJobs):
            for queue in waiting.queues:
                need_jobs(node, queue, now_ms)
        elif isinstance(waiting, WaitForReplicas):
            ask_another(node, waiting, now_ms)
    is_new_second = now_ms // 1000 != node.swept_s
    if is_new_second or node.is_crowded:
        remove_idle_queues(node, now_ms)
    if is_new_second:
        node.swept_s = now_ms // 1000
        ping_another(node)
        if node.settings.idle_limit_s:
            _end_idle_sessions(node, now_ms)


def _end_idle_sessions(node: Node, now_ms: int) -> None:
    """CONFIG's `timeout`: disconnect clients that were idle for longer, unless they wait for a reply."""
    for session in node.sessions.values():
        idle_s = now_ms // 1000 - session.seen_ms // 1000
        if session.wait is None and idle_s > node.settings.idle_limit_s:
            session.kill()


def remove_idle_queues(node: Node, now_ms: int) -> None:
    """Remove queues that were not used for minutes; if memory is short, for seconds.

    If there are very many queues, only some are checked each time.
    """
    limit_s = _IDLE_QUEUE_S
    if node.is_crowded:
        is_full = node.used_bytes > node.settings.full_above_bytes
        limit_s = _IDLE_QUEUE_FULL_S if is_full else _IDLE_QUEUE_CROWDED_S

    def is_idle(queue: Queue) -> bool:
        is_needed = queue or queue.waiting or queue.paused_in or queue.paused_out
        return now_ms // 1000 - queue.used_s >= limit_s and not is_needed

    node.sweep_cursor, idle = node.queue_scanner.page(node.sweep_cursor, QUEUES_PER_SWEEP, is_idle)
    for queue in idle:
        node.forget_queue(queue.name)


def evict(node: Node, now_ms: int) -> bool:
    """Over 95 % of maxmemory: evict jobs. Return whether that was enough.

    Acknowledged jobs may be evicted, and at-most-once jobs that were delivered.
    """
    limit = node.settings.full_above_bytes
    if not node.settings.evicts:
        return False
    while node.disposable and node.used_bytes > limit:
        job_id, _ = node.disposable.popitem()
        unregister(node, node.jobs[job_id])
    if not node.jobs:
        remove_idle_queues(node, now_ms)
    return node.used_bytes <= limit
