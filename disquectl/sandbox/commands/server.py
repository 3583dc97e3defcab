"""AUTH, PING, TIME, INFO, MONITOR, SHUTDOWN, BGREWRITEAOF and DEBUG."""

from __future__ import annotations

import re

from disquectl.sandbox import replies
from disquectl.sandbox.arguments import SYNTAX_ERROR, Refused, c_string, option
from disquectl.sandbox.info import describe_node
from disquectl.sandbox.node import Node
from disquectl.sandbox.registry import unregister
from disquectl.sandbox.session import Session
from disquectl.sandbox.waiting import WaitForJobs, WaitForReplicas, WaitForWakeUp, release, wait

_SECONDS = re.compile(rb"\s*\+?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
_LONGEST_SLEEP_S = 1e9
_REWRITING_MS = 100
# The sizes of Disque's C structures on a 64 bit machine.
_STRUCTURE_SIZES = (
    b"bits:64 job:120 queue:112 robj:16 dictentry:24 sdshdr5:1 sdshdr8:3 sdshdr16:5 sdshdr32:9 sdshdr64:17 "
)


def auth(node: Node, session: Session, words: list[bytes], _now_ms: int) -> bytes:
    if not node.settings.password:
        raise Refused(b"ERR Client sent AUTH, but no password is set")
    session.authenticated = c_string(words[1]) == node.settings.password
    if not session.authenticated:
        raise Refused(b"ERR invalid password")
    return replies.OK


def ping(_node: Node, _session: Session, words: list[bytes], _now_ms: int) -> bytes:
    if len(words) > 2:
        raise Refused(b"ERR wrong number of arguments for 'ping' command")
    return replies.status(b"PONG") if len(words) == 1 else replies.bulk(words[1])


def time(_node: Node, _session: Session, _words: list[bytes], now_ms: int) -> bytes:
    seconds, milliseconds = divmod(now_ms, 1000)
    return replies.bulks([b"%d" % seconds, b"%d" % (milliseconds * 1000)])


def info(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    if len(words) > 2:
        raise Refused(SYNTAX_ERROR)
    return replies.bulk(describe_node(node, option(words[1]) if len(words) == 2 else b"default", now_ms))


def monitor(node: Node, session: Session, _words: list[bytes], _now_ms: int) -> bytes | None:
    if session.monitoring:
        return None
    session.monitoring = True
    node.monitors[session] = None
    return replies.OK


def shutdown(node: Node, _session: Session, words: list[bytes], _now_ms: int) -> None:
    if len(words) > 2 or (len(words) == 2 and option(words[1]) != b"rewrite-aof"):
        raise Refused(SYNTAX_ERROR)
    node.stops = True


def bgrewriteaof(node: Node, _session: Session, _words: list[bytes], now_ms: int) -> bytes:
    """BGREWRITEAOF: pretend a short rewrite; a second one is rejected until it ends. There is no file."""
    if now_ms < node.rewrites_until_ms:
        raise Refused(b"ERR Background append only file rewriting already in progress")
    node.rewrites_until_ms = now_ms + _REWRITING_MS
    return replies.status(b"Background append only file rewriting started")


def debug(node: Node, session: Session, words: list[bytes], now_ms: int) -> bytes | None:
    name = option(words[1])
    if name == b"flushall":
        flush(node)
        return replies.OK
    if name == b"sleep" and len(words) == 3:
        sleep_ms = _milliseconds(words[2])
        if not sleep_ms:
            return replies.OK
        node.asleep_since_ms, node.asleep_until_ms = now_ms, now_ms + sleep_ms
        wait(node, session, WaitForWakeUp(node.asleep_until_ms, words, now_ms))
        return None
    if name == b"error" and len(words) == 3:
        return replies.error(words[2])
    if name == b"structsize" and len(words) == 2:
        return replies.bulk(_STRUCTURE_SIZES)
    raise Refused(b"ERR Unknown DEBUG subcommand or wrong number of arguments for '%b'" % c_string(words[1]))


def _milliseconds(word: bytes) -> int:
    """Convert seconds with a fraction; 0 for text that does not start with a number."""
    found = _SECONDS.match(word)
    return int(min(float(found[0]), _LONGEST_SLEEP_S) * 1000) if found else 0


def flush(node: Node) -> None:
    """Remove all jobs and queues; answer the waiting clients."""
    for session in list(node.waiting):
        waiting = session.wait
        if isinstance(waiting, WaitForJobs):
            session.reply(replies.NIL_ARRAY)
            release(node, session)
        elif isinstance(waiting, WaitForReplicas) and waiting.job.waiter is session:
            unregister(node, waiting.job)
    node.forget_jobs()
