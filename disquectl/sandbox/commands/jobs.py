"""The commands that take job IDs: ACKJOB, FASTACK, DELJOB, ENQUEUE, NACK, DEQUEUE, WORKING, SHOW, LOADJOB."""

from __future__ import annotations

from disquectl.sandbox import replies
from disquectl.sandbox.acknowledgement import acknowledge
from disquectl.sandbox.arguments import Refused
from disquectl.sandbox.delivery import enqueue as put_in_queue
from disquectl.sandbox.delivery import mark_working
from disquectl.sandbox.job import Job, State, is_id
from disquectl.sandbox.messages import Delete
from disquectl.sandbox.node import Node
from disquectl.sandbox.registry import delete_everywhere, unregister
from disquectl.sandbox.registry import dequeue as take_from_queue
from disquectl.sandbox.session import Session

_TOO_LATE = (
    b"TOOLATE Half of job TTL already elapsed, you are no longer allowed to postpone the next delivery."
)


def _ids(words: list[bytes]) -> list[bytes]:
    """Return the IDs of a request. Raises Refused for an invalid ID, before anything is done."""
    for word in words[1:]:
        if not is_id(word):
            raise Refused(b"BADID Invalid Job ID format.")
    return words[1:]


def ackjob(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    return replies.integer(sum([acknowledge(node, job_id, now_ms) for job_id in _ids(words)]))


def fastack(node: Node, _session: Session, words: list[bytes], _now_ms: int) -> bytes:
    deleted = 0
    for job_id in _ids(words):
        job = node.jobs.get(job_id)
        if job is None:
            for peer in tuple(node.peers):
                node.send(peer, Delete(job_id))
        else:
            delete_everywhere(node, job)
            deleted += 1
    return replies.integer(deleted)


def deljob(node: Node, _session: Session, words: list[bytes], _now_ms: int) -> bytes:
    deleted = 0
    for job_id in _ids(words):
        job = node.jobs.get(job_id)
        if job is not None:
            unregister(node, job)
            deleted += 1
    return replies.integer(deleted)


def enqueue(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    return _return_jobs(node, _ids(words), now_ms, is_nack=False)


def nack(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    return _return_jobs(node, _ids(words), now_ms, is_nack=True)


def _return_jobs(node: Node, job_ids: list[bytes], now_ms: int, is_nack: bool) -> bytes:
    queued = 0
    for job_id in job_ids:
        job = node.jobs.get(job_id)
        if job is not None and job.state is State.ACTIVE:
            queued += put_in_queue(node, job, now_ms, is_nack)
    return replies.integer(queued)


def dequeue(node: Node, _session: Session, words: list[bytes], _now_ms: int) -> bytes:
    taken = 0
    for job_id in _ids(words):
        job = node.jobs.get(job_id)
        taken += job is not None and take_from_queue(node, job)
    return replies.integer(taken)


def working(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    job = node.jobs.get(_ids(words)[0])
    if job is None:
        raise Refused(b"NOJOB Job not known in the context of this node.")
    created_ms = job.created_ns // 1_000_000
    ttl_ms = job.expires_s * 1000 - created_ms
    if ttl_ms > 0 and now_ms - created_ms > ttl_ms // 2:
        raise Refused(_TOO_LATE)
    mark_working(node, job, now_ms)
    return replies.integer(job.retry_s)


def show(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    job = node.jobs.get(_ids(words)[0])
    return replies.NIL_BULK if job is None else describe(job, now_ms)


def describe(job: Job, now_ms: int) -> bytes:
    """Encode all fields of a job, as in the replies of SHOW and JSCAN."""
    fields = [
        (b"id", replies.bulk(job.id)),
        (b"queue", replies.bulk_or_nil(job.queue)),
        (b"state", replies.bulk(job.state.value)),
        (b"repl", replies.integer(job.replicate)),
        (b"ttl", replies.integer(max(job.expires_s - now_ms // 1000, 0))),
        (b"ctime", replies.integer(job.created_ns)),
        (b"delay", replies.integer(job.delay_s)),
        (b"retry", replies.integer(job.retry_s)),
        (b"nacks", replies.integer(job.nacks)),
        (b"additional-deliveries", replies.integer(job.additional_deliveries)),
        (b"nodes-delivered", replies.bulks(job.holders)),
        (b"nodes-confirmed", replies.bulks(job.confirmed or ())),
        (b"next-requeue-within", _time_left(job.requeue_ms, now_ms)),
        (b"next-awake-within", _time_left(job.awake_ms, now_ms)),
        (b"body", replies.bulk_or_nil(job.body)),
    ]
    return replies.array([part for name, value in fields for part in (replies.bulk(name), value)])


def _time_left(at_ms: int, now_ms: int) -> bytes:
    return replies.integer(max(at_ms - now_ms, 0)) if at_ms else replies.NIL_BULK


def loadjob(_node: Node, _session: Session, _words: list[bytes], _now_ms: int) -> bytes:
    raise Refused(b"ERR LOADJOB is a special command only processed from AOF")
