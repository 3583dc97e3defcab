"""ADDJOB. Source of the order of checks and of the error texts: Disque 1.0-rc1."""

from __future__ import annotations

from disquectl.sandbox import replies
from disquectl.sandbox.arguments import SYNTAX_ERROR, Refused, deadline_ms, integer, option
from disquectl.sandbox.delivery import enqueue
from disquectl.sandbox.job import Job, State, make_id
from disquectl.sandbox.node import Node
from disquectl.sandbox.registry import register, schedule
from disquectl.sandbox.replication import hand_over, replicate
from disquectl.sandbox.session import Session
from disquectl.sandbox.waiting import WaitForReplicas, wait

_DEFAULT_TTL_S = 86400
_LONGEST_DEFAULT_RETRY_S = 300
_UINT32 = 0xFFFFFFFF
_FEW_NODES = b"NOREPL Not enough reachable nodes for the requested replication level"
_NO_REPLICA_HERE = _FEW_NODES + b", since I'm unable to hold a copy of the message for the following reason: "
_AT_MOST_ONCE_COPIES = (
    b"ERR With RETRY set to 0 please explicitly set  REPLICATE to 1 (at-most-once delivery)"
)
_LATE = b"ERR The specified DELAY is greater than TTL. Job refused since would never be delivered"


class _Options:
    """The options after the three fixed arguments; `retry_s` and `replicate` are None if not given."""

    __slots__ = ("delay_s", "is_async", "longest", "replicate", "retry_s", "ttl_s")

    def __init__(self, words: list[bytes]) -> None:
        self.replicate: int | None = None
        self.retry_s: int | None = None
        self.ttl_s = _DEFAULT_TTL_S
        self.delay_s = 0
        self.longest = 0
        self.is_async = False
        at = 4
        while at < len(words):
            name = option(words[at])
            if name == b"async":
                self.is_async = True
                at += 1
            elif at + 1 < len(words):
                self._read(name, words[at + 1])
                at += 2
            else:
                raise Refused(SYNTAX_ERROR)

    def _read(self, name: bytes, value: bytes) -> None:
        if name == b"replicate":
            self.replicate = integer(value, b"ERR REPLICATE must be between 1 and 65535", 1, 65535)
        elif name == b"ttl":
            self.ttl_s = integer(value, b"ERR TTL must be a number > 0", 1)
        elif name == b"retry":
            self.retry_s = integer(value, b"ERR RETRY time must be a non negative number", 0)
        elif name == b"delay":
            self.delay_s = integer(value, b"ERR DELAY time must be a non negative number", 0)
        elif name == b"maxlen":
            self.longest = integer(value, b"ERR MAXLEN must be a positive number", 1)
        else:
            raise Refused(SYNTAX_ERROR)


_NO_OPTIONS = _Options([])


def addjob(node: Node, session: Session, words: list[bytes], now_ms: int) -> bytes | None:
    options = _Options(words) if len(words) > 4 else _NO_OPTIONS
    timeout_at_ms = deadline_ms(words[3], now_ms)
    replicas = options.replicate or min(len(node.peers) + 1, 3)
    keeps_no_replica = node.leaving or node.is_crowded
    elsewhere = replicas if keeps_no_replica else replicas - 1
    _check_options(options, replicas)
    if elsewhere:
        _check_nodes(node, elsewhere, keeps_no_replica, now_ms)
    _check_queue(node, words[1], options.longest)
    job = _make_job(node, words, options, replicas, now_ms)
    if not keeps_no_replica:
        job.holders = (node.node_id,)
    if keeps_no_replica and options.is_async:
        replicate(node, job, elsewhere, now_ms, False)
        hand_over(node, job, job.holders)
        return replies.status(job.id)
    register(node, job)
    if elsewhere and not options.is_async:
        job.confirmed = job.holders
        job.waiter = session
        schedule(node, job, now_ms)
        wait(node, session, WaitForReplicas(timeout_at_ms, job, now_ms))
        replicate(node, job, elsewhere, now_ms, True)
        return None
    job.state = State.ACTIVE
    if job.delay_s:
        schedule(node, job, now_ms)
    else:
        enqueue(node, job, now_ms)
    if elsewhere:
        replicate(node, job, elsewhere, now_ms, False)
    return replies.status(job.id)


def _check_options(options: _Options, replicas: int) -> None:
    if replicas > 1 and options.retry_s == 0:
        raise Refused(_AT_MOST_ONCE_COPIES)
    if options.delay_s >= options.ttl_s:
        raise Refused(_LATE)


def _check_nodes(node: Node, elsewhere: int, keeps_no_replica: bool, now_ms: int) -> None:
    missing = elsewhere - len(node.reachable(now_ms))
    if missing == 1 and keeps_no_replica:
        raise Refused(
            _NO_REPLICA_HERE + (b"I'm leaving the cluster" if node.leaving else b"I'm out of memory")
        )
    if missing > 0:
        raise Refused(_FEW_NODES)


def _check_queue(node: Node, name: bytes, longest: int) -> None:
    queue = node.queues.get(name)
    if queue is not None:
        if longest and len(queue) >= longest:
            raise Refused(b"MAXLEN Queue is already longer than the specified MAXLEN count")
        if queue.paused_in:
            raise Refused(b"PAUSED Queue paused in input, try later")


def _make_job(node: Node, words: list[bytes], options: _Options, replicas: int, now_ms: int) -> Job:
    # The server keeps times in 32 bits: larger values wrap around.
    ttl_s = options.ttl_s & _UINT32
    retry_s = options.retry_s
    if retry_s is None:
        retry_s = min(max(options.ttl_s // 10, 1), _LONGEST_DEFAULT_RETRY_S)
    retry_s &= _UINT32
    job_id = make_id(node.node_id, node.random.getrandbits(144), ttl_s, retry_s)
    job = Job(job_id, words[1], words[2], State.WAIT_REPL)
    node.last_created_ns = max(now_ms * 1_000_000, node.last_created_ns + 1)
    job.created_ns = node.last_created_ns
    job.replicate = replicas
    job.expires_s = (now_ms // 1000 + ttl_s) & _UINT32
    job.delay_s = options.delay_s & _UINT32
    job.retry_s = retry_s
    job.requeue_ms = now_ms + (options.delay_s or retry_s) * 1000
    return job
