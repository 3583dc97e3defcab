"""The commands on queues, and both scans: QLEN, QPEEK, QSTAT, PAUSE, QSCAN, JSCAN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from disquectl.sandbox import replies
from disquectl.sandbox.arguments import SYNTAX_ERROR, Refused, cursor, integer, option
from disquectl.sandbox.commands.jobs import describe
from disquectl.sandbox.delivery import set_pause
from disquectl.sandbox.federation import encode_job
from disquectl.sandbox.job import Job, State
from disquectl.sandbox.messages import SetPause
from disquectl.sandbox.node import Node
from disquectl.sandbox.queue import Queue
from disquectl.sandbox.session import Session

_DEFAULT_SCAN_COUNT = 100


def qlen(node: Node, _session: Session, words: list[bytes], _now_ms: int) -> bytes:
    queue = node.queues.get(words[1])
    return replies.integer(0 if queue is None else len(queue))


def qpeek(node: Node, _session: Session, words: list[bytes], _now_ms: int) -> bytes:
    count = integer(words[2])
    queue = node.queues.get(words[1])
    if queue is None:
        return replies.EMPTY_ARRAY
    return replies.array([encode_job(job) for job in queue.peek(count)])


def qstat(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    queue = node.queues.get(words[1])
    if queue is None:
        return replies.NIL_ARRAY
    now_s = now_ms // 1000
    fields = [
        (b"name", replies.bulk(queue.name)),
        (b"len", replies.integer(len(queue))),
        (b"age", replies.integer(max(now_s - queue.created_s, 0))),
        (b"idle", replies.integer(max(now_s - queue.used_s, 0))),
        (b"blocked", replies.integer(len(queue.waiting))),
        (b"import-from", replies.bulks(tuple(queue.sources))),
        (b"import-rate", replies.integer(queue.import_rate(now_ms))),
        (b"jobs-in", replies.integer(queue.jobs_in)),
        (b"jobs-out", replies.integer(queue.jobs_out)),
        (b"pause", replies.bulk(queue.pause_state)),
    ]
    return replies.array([part for name, value in fields for part in (replies.bulk(name), value)])


_PAUSES = {b"in": (True, False), b"out": (False, True), b"all": (True, True)}


def pause(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    paused_in = paused_out = changes = spreads = False
    for word in words[2:]:
        name = option(word)
        if name in _PAUSES:
            more_in, more_out = _PAUSES[name]
            paused_in, paused_out, changes = paused_in or more_in, paused_out or more_out, True
        elif name == b"none":
            paused_in, paused_out, changes = False, False, True
        elif name == b"bcast":
            spreads = True
        elif name != b"state":
            raise Refused(SYNTAX_ERROR)
    queue = node.queues.get(words[1])
    if changes and (queue is not None or paused_in or paused_out):
        queue = node.queue_named(words[1], now_ms)
        set_pause(node, queue, paused_in, paused_out)
    if spreads:
        is_in, is_out = (queue.paused_in, queue.paused_out) if queue is not None else (False, False)
        message = SetPause(words[1], is_in, is_out)
        for peer in tuple(node.peers):
            node.send(peer, message)
    return replies.status(b"none" if queue is None else queue.pause_state)


@dataclass(slots=True)
class _Scan:
    """The arguments of a scan. `numbers`: the filters of QSCAN, -1: off."""

    cursor: int | None = None
    count: int = _DEFAULT_SCAN_COUNT
    is_busy: bool = False
    numbers: dict[bytes, int] = field(default_factory=dict)
    queue: bytes | None = None
    states: set[State] = field(default_factory=set)
    replies_all: bool = False

    @property
    def wanted(self) -> int | None:
        return None if self.is_busy or self.count < 0 else self.count


def _read_scan(words: list[bytes], read_option: Callable[[_Scan, bytes, bytes], bool]) -> _Scan:
    """Read options and at most one cursor, in any order. Any other word is read as a cursor."""
    scan = _Scan()
    at = 1
    while at < len(words):
        name = option(words[at])
        if name == b"busyloop":
            scan.is_busy = True
        elif name == b"count" and at + 1 < len(words):
            at += 1
            scan.count = integer(words[at])
        elif at + 1 < len(words) and read_option(scan, name, words[at + 1]):
            at += 1
        elif scan.cursor is not None:
            raise Refused(SYNTAX_ERROR)
        else:
            scan.cursor = cursor(words[at])
        at += 1
    return scan


def _read_queue_option(scan: _Scan, name: bytes, value: bytes) -> bool:
    if name not in (b"minlen", b"maxlen", b"importrate"):
        return False
    scan.numbers[name] = integer(value)
    return True


def _read_job_option(scan: _Scan, name: bytes, value: bytes) -> bool:
    if name == b"queue":
        scan.queue = value
    elif name == b"state":
        try:
            scan.states.add(State(option(value)))
        except ValueError:
            raise Refused(b"ERR Invalid job state name") from None
    elif name == b"reply":
        if option(value) not in (b"id", b"all"):
            raise Refused(b"ERR Invalid REPLY type, try ID or ALL")
        scan.replies_all = option(value) == b"all"
    else:
        return False
    return True


def qscan(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    scan = _read_scan(words, _read_queue_option)
    shortest = scan.numbers.get(b"minlen", -1)
    longest = scan.numbers.get(b"maxlen", -1)
    rate = scan.numbers.get(b"importrate", -1)

    def fits(queue: Queue) -> bool:
        if (shortest != -1 and len(queue) < shortest) or (longest != -1 and len(queue) > longest):
            return False
        return rate == -1 or queue.import_rate(now_ms) >= rate

    following, queues = node.queue_scanner.page(scan.cursor or 0, scan.wanted, fits)
    return replies.array([replies.bulk(b"%d" % following), replies.bulks([queue.name for queue in queues])])


def jscan(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    scan = _read_scan(words, _read_job_option)

    def fits(job: Job) -> bool:
        # Skip dummy acknowledgements.
        if not job.holders and job.queue is None:
            return False
        return (scan.queue is None or job.queue == scan.queue) and (
            not scan.states or job.state in scan.states
        )

    following, jobs = node.job_scanner.page(scan.cursor or 0, scan.wanted, fits)
    if scan.replies_all:
        listed = [describe(job, now_ms) for job in jobs]
    else:
        listed = [replies.status(job.id) for job in jobs]
    return replies.array([replies.bulk(b"%d" % following), replies.array(listed)])
