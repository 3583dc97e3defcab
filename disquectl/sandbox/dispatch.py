"""Runs the requests of a session: checks, the command, MONITOR, statistics.

Pure: requests come from the session's reader, replies are collected in the session.
Source of the order: Disque 1.0-rc1, which is that of Redis 3.
"""

from __future__ import annotations

from disquectl.sandbox import replies
from disquectl.sandbox.arguments import Refused, c_string, option
from disquectl.sandbox.commands.table import Command, find_command
from disquectl.sandbox.federation import serve_waiting
from disquectl.sandbox.inline import quote
from disquectl.sandbox.node import Node
from disquectl.sandbox.requests import ProtocolError
from disquectl.sandbox.session import Session
from disquectl.sandbox.upkeep import evict

# Requests per turn; then other sessions have theirs.
TURN_REQUESTS = 500
# A client with more unread replies is not served until it reads.
OUTPUT_LIMIT_BYTES = 256 * 1024

_NO_AUTH = replies.error(b"NOAUTH Authentication required.")
_NO_MEMORY = replies.error(b"OOM command not allowed when used memory > 'maxmemory'.")


def run_requests(node: Node, session: Session, now_ms: int) -> None:
    """Run the complete requests of `session`, for one turn; if more are left, it is resumed."""
    next_request = session.reader.next_request
    for _ in range(TURN_REQUESTS):
        if not may_run(node, session):
            return
        try:
            words = next_request()
        except ProtocolError as problem:
            _end_skip(session)
            session.reply(replies.error(problem.text))
            session.closing = True
            return
        if session.skip:
            _end_skip(session)
        if words is None:
            return
        execute(node, session, words, now_ms)
        if session.out_bytes > OUTPUT_LIMIT_BYTES:
            break
    node.resumed[session] = None


def _count_for_skip(session: Session) -> None:
    """End of a request: CLIENT REPLY SKIP mutes only the next one."""
    session.skip, session.skip_next = session.skip_next, False
    session.reader.skipped_empty = False


def _end_skip(session: Session) -> None:
    """A skipped reply may be that of a request without words, which has none."""
    if session.reader.skipped_empty:
        session.skip = False


def may_run(node: Node, session: Session) -> bool:
    """Whether a request of `session` can run now."""
    if session.wait is not None or session.closing or session.killed or session.held:
        return False
    return not (node.asleep_until_ms or node.clients_paused_until_ms or node.stops)


def execute(node: Node, session: Session, words: list[bytes], now_ms: int) -> None:
    """Run one request."""
    command = find_command(words[0])
    if command is None:
        _answer_unknown(session, words[0])
        return
    session.last_command = command.name
    refusal = _refusal(node, session, command, words, now_ms)
    if refusal is not None:
        session.reply(refusal)
    else:
        if node.monitors:
            _notify_monitors(node, session, words, now_ms)
        started_us = node.stopwatch()
        try:
            reply = command.run(node, session, words, now_ms)
        except Refused as refused:
            reply = replies.error(refused.text)
        if reply is not None:
            session.reply(reply)
        if not node.asleep_until_ms:
            duration_us = node.stopwatch() - started_us
            node.note_duration(command.name, words, duration_us, now_ms, command.is_fast)
    if session.skip or session.skip_next:
        _count_for_skip(session)
    if node.ready:
        serve_waiting(node, now_ms)


def _answer_unknown(session: Session, name: bytes) -> None:
    """Handle QUIT, which is not in the table (no password, any arguments), and unknown commands."""
    if option(name) == b"quit":
        session.reply(replies.OK)
        session.closing = True
    else:
        session.reply(replies.error(b"ERR unknown command '%b'" % c_string(name)))
    if session.skip or session.skip_next:
        _count_for_skip(session)


def _refusal(node: Node, session: Session, command: Command, words: list[bytes], now_ms: int) -> bytes | None:
    if not command.takes(len(words)):
        return replies.error(b"ERR wrong number of arguments for '%b' command" % command.name)
    settings = node.settings
    if settings.password and not session.authenticated and command.name != b"auth":
        return _NO_AUTH
    if settings.max_memory_bytes and node.used_bytes > settings.full_above_bytes:
        has_room = evict(node, now_ms)
        if command.refused_without_memory and not has_room:
            return _NO_MEMORY
    return None


def _notify_monitors(node: Node, session: Session, words: list[bytes], now_ms: int) -> None:
    seconds, milliseconds = divmod(now_ms, 1000)
    quoted = b" ".join([quote(word) for word in words])
    line = b"%d.%03d000 [%b] %b" % (seconds, milliseconds, session.address, quoted)
    for monitor in node.monitors:
        monitor.reply(replies.status(line))
