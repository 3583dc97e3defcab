"""CONFIG, SLOWLOG and LATENCY."""

from __future__ import annotations

import errno
import os
import stat
from itertools import islice

from disquectl.sandbox import replies
from disquectl.sandbox.arguments import SYNTAX_ERROR, Refused, c_string, integer, option
from disquectl.sandbox.node import Node
from disquectl.sandbox.session import Session

_SUBCOMMANDS = {b"get": 3, b"set": 4, b"resetstat": 2, b"rewrite": 2}
_SLOWLOG_USAGE = b"ERR Unknown SLOWLOG subcommand or wrong # of args. Try GET, RESET, LEN."
_NOT_WATCHED = (
    b"I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this sandbox: "
    b'"CONFIG SET latency-monitor-threshold MILLISECONDS" enables it.\n'
)
_NO_SPIKES = b"Dave, no latency spike was observed in this sandbox.\n"


def config(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    name = option(words[1])
    if name not in _SUBCOMMANDS:
        raise Refused(b"ERR CONFIG subcommand must be one of GET, SET, RESETSTAT, REWRITE")
    if len(words) != _SUBCOMMANDS[name]:
        raise Refused(b"ERR Wrong number of arguments for CONFIG %b" % c_string(words[1]))
    if name == b"get":
        return replies.bulks([text for pair in node.settings.find(c_string(words[2])) for text in pair])
    if name == b"set":
        _set(node, words[2], words[3])
    elif name == b"resetstat":
        node.reset_statistics(now_ms)
    else:
        raise Refused(b"ERR The server is running without a config file")
    return replies.OK


def _set(node: Node, name: bytes, value: bytes) -> None:
    if option(name) == b"appendonly" and option(value) == b"yes":
        raise Refused(b"ERR Unable to turn on AOF. Check server logs.")
    if option(name) == b"dir":
        _change_directory(node, c_string(value))
        return
    is_set = node.settings.set(option(name), value)
    if is_set is None:
        raise Refused(b"ERR Unsupported CONFIG parameter: %b" % c_string(name))
    if not is_set:
        raise Refused(b"ERR Invalid argument '%b' for CONFIG SET '%b'" % (c_string(value), c_string(name)))
    node.slow_log.trim(node.settings.slow_log_length)


def _change_directory(node: Node, path: bytes) -> None:
    """The sandbox writes no files: only check that the directory exists."""
    settings = node.settings
    wanted = os.path.join(settings.values[b"dir"], path)
    problem = 0
    try:
        if not path:
            problem = errno.ENOENT
        elif not stat.S_ISDIR(os.stat(wanted).st_mode):
            problem = errno.ENOTDIR
    except OSError as refused:
        problem = refused.errno or errno.ENOENT
    if problem:
        raise Refused(b"ERR Changing directory: " + os.strerror(problem).encode())
    settings.values[b"dir"] = os.path.realpath(wanted)


def slowlog(node: Node, _session: Session, words: list[bytes], _now_ms: int) -> bytes:
    entries = node.slow_log.entries
    match option(words[1]), len(words):
        case b"reset", 2:
            entries.clear()
            return replies.OK
        case b"len", 2:
            return replies.integer(len(entries))
        case b"get", 2 | 3:
            count = integer(words[2]) if len(words) == 3 else 10
            return replies.array(
                [
                    replies.array(
                        [
                            replies.integer(entry.number),
                            replies.integer(entry.time_s),
                            replies.integer(entry.duration_us),
                            replies.bulks(entry.words),
                        ]
                    )
                    for entry in islice(entries, len(entries) if count < 0 else count)
                ]
            )
    raise Refused(_SLOWLOG_USAGE)


def latency(node: Node, _session: Session, words: list[bytes], _now_ms: int) -> bytes:
    events = node.latency
    match option(words[1]), len(words):
        case b"latest", 2:
            return replies.array(
                [
                    replies.array(
                        [
                            replies.bulk(event),
                            *map(replies.integer, samples[-1]),
                            replies.integer(events.highest_ms[event]),
                        ]
                    )
                    for event, samples in events.samples.items()
                ]
            )
        case b"history", 3:
            samples = events.samples.get(c_string(words[2]), ())
            return replies.array([replies.array([*map(replies.integer, sample)]) for sample in samples])
        case b"graph", 3:
            if c_string(words[2]) not in events.samples:
                raise Refused(b"ERR No samples available for event '%b'" % c_string(words[2]))
            return replies.bulk(events.graph(c_string(words[2])))
        case b"doctor", 2:
            if events.samples:
                return replies.bulk(events.report())
            return replies.bulk(_NO_SPIKES if node.settings.latency_threshold_ms else _NOT_WATCHED)
        case b"reset", _:
            named = [option(word) for word in words[2:]] or list(events.samples)
            return replies.integer(sum(events.reset(event) for event in named))
    raise Refused(SYNTAX_ERROR)
