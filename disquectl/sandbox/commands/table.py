"""The table of commands: name, function, arity and flags, as in the reply of COMMAND.

To add a command, add a line. Arity counts the name; -N is at least N; 0 is any number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from disquectl.sandbox import replies
from disquectl.sandbox.arguments import Refused, option
from disquectl.sandbox.commands import adding, client, cluster, config, getting, jobs, queues, server
from disquectl.sandbox.node import Node
from disquectl.sandbox.session import Session

# Returns the encoded reply; None if there is none, or not yet.
Run = Callable[[Node, Session, list[bytes], int], bytes | None]


@dataclass(frozen=True, slots=True)
class Command:
    name: bytes
    run: Run
    arity: int
    flags: tuple[bytes, ...]
    refused_without_memory: bool
    is_fast: bool

    def takes(self, words: int) -> bool:
        """Whether a request may have this number of words, including the name."""
        return words >= -self.arity if self.arity <= 0 else words == self.arity


def _command(name: str, run: Run, arity: int, flags: str = "") -> Command:
    words = tuple(flags.encode().split())
    return Command(name.encode(), run, arity, words, b"denyoom" in words, b"fast" in words)


def command(_node: Node, _session: Session, words: list[bytes], _now_ms: int) -> bytes:
    """The command COMMAND."""
    if len(words) == 1:
        return replies.array([_describe(known) for known in COMMANDS.values()])
    if option(words[1]) == b"info":
        return replies.array([_describe(find_command(word)) for word in words[2:]])
    if option(words[1]) == b"count" and len(words) == 2:
        return replies.integer(len(COMMANDS))
    raise Refused(b"ERR Unknown subcommand or wrong number of arguments.")


def find_command(word: bytes) -> Command | None:
    """Return the command of this name, case-insensitive; trailing NULs are ignored."""
    return COMMANDS.get(word.lower()) or COMMANDS.get(word.rstrip(b"\0").lower())


def _describe(known: Command | None) -> bytes:
    if known is None:
        return replies.NIL_BULK
    flags = replies.array([replies.status(flag) for flag in known.flags])
    no_keys = [replies.integer(0)] * 3
    return replies.array([replies.bulk(known.name), replies.integer(known.arity), flags, *no_keys])


COMMANDS: dict[bytes, Command] = {
    known.name: known
    for known in (
        _command("auth", server.auth, 2, "readonly loading fast"),
        _command("ping", server.ping, -1, "readonly fast"),
        _command("info", server.info, -1, "readonly loading"),
        _command("shutdown", server.shutdown, -1, "readonly admin loading"),
        _command("monitor", server.monitor, 1, "readonly admin"),
        _command("debug", server.debug, -2, "admin"),
        _command("config", config.config, -2, "readonly admin"),
        _command("cluster", cluster.cluster, -2, "readonly admin"),
        _command("client", client.client, -2, "readonly admin"),
        _command("slowlog", config.slowlog, -2, "readonly"),
        _command("time", server.time, 1, "readonly fast"),
        _command("command", command, 0, "readonly loading"),
        _command("latency", config.latency, -2, "readonly admin loading"),
        _command("hello", cluster.hello, 1, "readonly fast"),
        _command("addjob", adding.addjob, -4, "write denyoom fast"),
        _command("getjob", getting.getjob, -2, "write fast"),
        _command("ackjob", jobs.ackjob, -1, "write fast"),
        _command("fastack", jobs.fastack, -1, "write fast"),
        _command("deljob", jobs.deljob, -1, "write fast"),
        _command("show", jobs.show, 2, "readonly fast"),
        _command("loadjob", jobs.loadjob, 2, "write"),
        _command("bgrewriteaof", server.bgrewriteaof, 1, "readonly admin"),
        _command("qlen", queues.qlen, 2, "readonly fast"),
        _command("qpeek", queues.qpeek, 3, "readonly"),
        _command("qstat", queues.qstat, 2, "readonly fast"),
        _command("qscan", queues.qscan, -1, "readonly"),
        _command("jscan", queues.jscan, -1, "readonly"),
        _command("enqueue", jobs.enqueue, -1, "write denyoom fast"),
        _command("nack", jobs.nack, -1, "write denyoom fast"),
        _command("dequeue", jobs.dequeue, -1, "write fast"),
        _command("working", jobs.working, 2, "write fast"),
        _command("pause", queues.pause, -3, "readonly fast"),
    )
}
