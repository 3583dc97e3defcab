"""GETJOB. Source of the rules: Disque 1.0-rc1, one job of each queue per round."""

from __future__ import annotations

from disquectl.sandbox import replies
from disquectl.sandbox.arguments import SYNTAX_ERROR, Refused, deadline_ms, integer, option
from disquectl.sandbox.delivery import fetch
from disquectl.sandbox.federation import encode_job, need_jobs
from disquectl.sandbox.node import Node
from disquectl.sandbox.session import Session
from disquectl.sandbox.waiting import WaitForJobs, wait

_LEAVING = b"LEAVING This node is leaving the cluster, please connect to a different one"


class _Options:
    __slots__ = ("count", "deadline_ms", "no_hang", "queues", "with_counters")

    def __init__(self, words: list[bytes], now_ms: int) -> None:
        self.count = 1
        self.deadline_ms = 0
        self.no_hang = self.with_counters = False
        at = 1
        while at < len(words):
            name = option(words[at])
            at += 1
            if name == b"from" and at < len(words):
                # All words after FROM are queues.
                self.queues = words[at:]
                return
            if name == b"nohang":
                self.no_hang = True
            elif name == b"withcounters":
                self.with_counters = True
            elif name == b"timeout" and at < len(words):
                self.deadline_ms = deadline_ms(words[at], now_ms)
                at += 1
            elif name == b"count" and at < len(words):
                self.count = integer(words[at], b"ERR COUNT must be a number greater than zero", 1)
                at += 1
            else:
                break
        raise Refused(SYNTAX_ERROR)


def getjob(node: Node, session: Session, words: list[bytes], now_ms: int) -> bytes | None:
    options = _Options(words, now_ms)
    found = _collect(node, options, now_ms)
    if found:
        return replies.array(found)
    if options.no_hang:
        return replies.NIL_ARRAY
    if node.leaving:
        raise Refused(_LEAVING)
    # A queue may be named twice, but is waited for once.
    queues = [node.queue_named(name, now_ms) for name in dict.fromkeys(options.queues)]
    wait(node, session, WaitForJobs(options.deadline_ms, queues, options.with_counters))
    return None


def _collect(node: Node, options: _Options, now_ms: int) -> list[bytes]:
    """Return queued jobs, encoded. Asking for a queue creates it."""
    found: list[bytes] = []
    while len(found) < options.count:
        before = len(found)
        for name in options.queues:
            queue = node.queue_named(name, now_ms)
            if not queue or queue.paused_out:
                need_jobs(node, queue, now_ms)
                continue
            job = fetch(node, queue, now_ms)
            if not queue:
                need_jobs(node, queue, now_ms, ran_dry=True)
            found.append(encode_job(job, options.with_counters))
            if len(found) == options.count:
                break
        if len(found) == before:
            break
    return found
