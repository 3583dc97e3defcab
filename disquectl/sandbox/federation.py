"""Federation: a node with waiting clients asks other nodes for jobs, and sends jobs when asked.

Source of the rules: Disque's federation. All nodes are asked at first, then less and less often; nodes that
sent jobs in the last seconds are asked much more often. The import rate determines how many to ask for.
"""

from __future__ import annotations

from disquectl.sandbox import replies
from disquectl.sandbox.delivery import enqueue, fetch
from disquectl.sandbox.job import Job
from disquectl.sandbox.messages import HaveJobs, NeedJobs
from disquectl.sandbox.node import Node
from disquectl.sandbox.queue import Queue
from disquectl.sandbox.registry import register, schedule, unregister
from disquectl.sandbox.replication import set_first_return
from disquectl.sandbox.waiting import WaitForJobs, release

_FEWEST, _MOST = 5, 100
_ASK_ALL_MS, _ASK_ALL_MAX_MS = 2000, 30_000
_ASK_SOURCES_MS, _ASK_SOURCES_MAX_MS = 25, 2000
_SOURCE_LIFETIME_S = 5
_MAX_DOUBLINGS = 10


def need_jobs(node: Node, queue: Queue, now_ms: int, ran_dry: bool = False) -> None:
    """Ask other nodes for jobs of `queue`, if it is time to.

    `ran_dry`: the last job was just delivered. Then only a queue with imports asks, but at once.
    """
    if not node.peers or node.leaving:
        return
    rate = queue.import_rate(now_ms)
    if ran_dry and not rate:
        return
    for source, heard_s in list(queue.sources.items()):
        if now_ms // 1000 - heard_s > _SOURCE_LIFETIME_S:
            del queue.sources[source]
    if now_ms - queue.asked_ms > _doubled(_ASK_ALL_MS, queue.attempts, _ASK_ALL_MAX_MS):
        queue.asked_ms = now_ms
        queue.attempts += 1
        for peer in tuple(node.peers):
            node.send(peer, NeedJobs(queue.name, 1))
    pause_ms = _doubled(_ASK_SOURCES_MS, queue.adhoc_attempts, _ASK_SOURCES_MAX_MS)
    if queue.sources and (ran_dry or now_ms - queue.adhoc_asked_ms > pause_ms):
        queue.adhoc_asked_ms = now_ms
        queue.adhoc_attempts += 1
        count = min(max(rate // len(queue.sources), _FEWEST), _MOST)
        for source in tuple(queue.sources):
            node.send(source, NeedJobs(queue.name, count))


def _doubled(first_ms: int, times: int, most_ms: int) -> int:
    return min(first_ms << min(times, _MAX_DOUBLINGS), most_ms)


def receive_need(node: Node, sender: bytes, name: bytes, count: int, now_ms: int) -> None:
    """Send up to `count` jobs, but at most half of the queue; a queue with imports sends none."""
    queue = node.queues.get(name)
    if queue is None or not queue or queue.paused_out or queue.import_rate(now_ms):
        return
    if len(queue) < count * 2:
        count = max(len(queue) // 2, 1)
    given = [fetch(node, queue, now_ms) for _ in range(count)]
    node.send(sender, HaveJobs([job.replica_for_another_node() for job in given]))
    for job in given:
        # An at-most-once job has one replica only: it moves.
        if not job.retry_s:
            unregister(node, job)


def receive_jobs(node: Node, sender: bytes, jobs: list[Job], now_ms: int) -> None:
    """Queue jobs from another node. As in Disque, this node is not added to the holders.

    So a job with one replica that is acknowledged here is queued again on the node that sent it. A job that
    was acknowledged here while it was in transit is queued again, too; a dummy is not (it crashes Disque).
    """
    for given in jobs:
        job = node.jobs.get(given.id)
        if job is None:
            job = given
            set_first_return(node, job, now_ms)
            register(node, job)
            schedule(node, job, now_ms)
        # Moving between nodes does not count as a delivery.
        job.announce_queued = False
        if not job.retry_s:
            job.requeue_ms = now_ms
        if enqueue(node, job, now_ms):
            _note_import(node.queue_named(job.queue or b"", now_ms), sender, now_ms)


def _note_import(queue: Queue, sender: bytes, now_ms: int) -> None:
    if sender not in queue.sources:
        queue.attempts = 0
    queue.sources[sender] = now_ms // 1000
    queue.count_import(now_ms)
    queue.adhoc_attempts = 0


def serve_waiting(node: Node, now_ms: int) -> None:
    """Deliver jobs to waiting clients: one job each, in the order in which they blocked."""
    while node.ready:
        queue = next(iter(node.ready))
        del node.ready[queue]
        while queue and queue.waiting:
            session = next(iter(queue.waiting))
            waiting = session.wait
            job = fetch(node, queue, now_ms)
            if not queue:
                need_jobs(node, queue, now_ms, ran_dry=True)
            with_counters = isinstance(waiting, WaitForJobs) and waiting.with_counters
            session.reply(replies.array([encode_job(job, with_counters)]))
            release(node, session)


def encode_job(job: Job, with_counters: bool = False) -> bytes:
    """Encode a job as in the replies of GETJOB and QPEEK."""
    fields = [replies.bulk(job.queue or b""), replies.bulk(job.id), replies.bulk(job.body or b"")]
    if with_counters:
        fields += [replies.bulk(b"nacks"), replies.integer(job.nacks)]
        fields += [replies.bulk(b"additional-deliveries"), replies.integer(job.additional_deliveries)]
    return replies.array(fields)
