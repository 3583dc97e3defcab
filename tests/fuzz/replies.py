"""What a Disque answers to each request, and what a server that is none, or is broken, makes of that.

Pure: the same source of randomness gives the same replies.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

NODE_ID = b"60c335b3c1d576cd47e7f9fe79b2a9c0b8c4133f"
OTHER_ID = b"dcb833cfac98b8e6cf6a3a4d8e4d7b2a9c0b8c41"
JOB_ID = b"D-60c335b3-8YL1NT17e9+wsA/09NqxscQI-05a1"
DEAD_ID = b"D-60c335b3-jU1NT17e9+wsA/09NqxscQI8-05a1"
LETTER = json.dumps(
    {"v": 1, "queue": "mail", "id": JOB_ID.decode(), "body": "hello", "attempts": 4}
    | {"created": "2026-01-01T00:00:00Z", "failed": "2026-01-02T00:00:00Z", "exit": 1, "signal": None}
    | {"stderr": "no", "retry": 60, "ttl": 3600, "replicate": 1}
).encode()


class Raw(bytes):
    """Bytes that go out as they are: what only RESP3 has, or no protocol at all."""


class Status(bytes):
    """A reply of one line."""


def show(job_id: bytes, queue: bytes, body: bytes, state: bytes = b"active") -> list[object]:
    """SHOW and JSCAN REPLY all."""
    return [
        *(b"id", job_id, b"queue", queue, b"state", state, b"repl", 1, b"ttl", 86000),
        *(b"ctime", 1_790_000_000_000_000_000, b"delay", 0, b"retry", 300, b"nacks", 1),
        *(b"additional-deliveries", 0, b"nodes-delivered", [NODE_ID], b"nodes-confirmed", []),
        *(b"next-requeue-within", 1000, b"next-awake-within", 500, b"body", body),
    ]


QSTAT = [
    *(b"name", b"mail", b"len", 2, b"age", 100, b"idle", 3, b"blocked", 0, b"import-from", [OTHER_ID]),
    *(b"import-rate", 0, b"jobs-in", 9, b"jobs-out", 7, b"pause", b"none"),
]
JOBS = [[b"mail", JOB_ID, b'{"to": "ada"}'], [b"mail", DEAD_ID, b"\xff\x00"]]
ENTRY = [3, 1_790_000_000, 12_000, [b"GETJOB", b"FROM", b"mail"]]
CLIENT = (
    b"id=3 addr=127.0.0.1:50000 fd=8 name= age=10 idle=0 flags=N qbuf=0 qbuf-free=32768 obl=0 oll=0 omem=0 "
    b"events=r cmd=client\n"
)
INFO = (
    b"# Server\r\ndisque_version:1.0-rc1\r\nrun_id:00112233\r\nuptime_in_seconds:100\r\n\r\n# Clients\r\n"
    b"connected_clients:1\r\n\r\n# Memory\r\nused_memory:1000000\r\n\r\n# Jobs\r\nregistered_jobs:2\r\n\r\n"
    b"# Commandstats\r\ncmdstat_ping:calls=1,usec=2,usec_per_call=2.00\r\n"
)
MONITOR = b'1790000000.123456 [127.0.0.1:50000] "ADDJOB" "mail" "x\\xff\\n" "0"'


def reply_to(words: list[bytes], port: int) -> object:
    """The reply of a node with some jobs, to any request."""
    verb = words[0].upper()
    both = b" ".join(words[:2]).upper()
    nodes = b"%s 127.0.0.1:%d myself 0 0 connected\n" % (NODE_ID, port)
    asked_for_more = b"WITHCOUNTERS" in words
    known: dict[bytes, object] = {
        b"HELLO": [1, NODE_ID, [NODE_ID, b"", b"%d" % port, b"1"]],
        b"ADDJOB": Status(JOB_ID),
        b"GETJOB": [[*job, b"nacks", 1, b"additional-deliveries", 0] for job in JOBS[:1]]
        if asked_for_more
        else JOBS,
        b"QPEEK": JOBS,
        b"SHOW": show(words[-1], b"mail", b"hello"),
        b"WORKING": 300,
        b"QLEN": 2,
        b"QSTAT": QSTAT,
        b"PAUSE": Status(b"none"),
        b"QSCAN": [b"0", [b"mail", b"dead:mail", b"\xff"]],
        b"TIME": [b"1790000000", b"123456"],
        b"PING": Status(b"PONG"),
        b"INFO": INFO,
        b"MONITOR": Status(b"OK"),
        b"COMMAND": [[b"addjob", -4, [Status(b"write"), Status(b"denyoom")]], [b"qlen", 2, []]],
        b"COMMAND COUNT": 40,
        b"CONFIG GET": [b"port", b"7711", b"requirepass", b"secret"],
        b"CLIENT LIST": CLIENT * 2,
        b"CLIENT GETNAME": None,
        b"CLIENT KILL": 1,
        b"CLUSTER NODES": nodes,
        b"CLUSTER INFO": b"cluster_state:ok\r\ncluster_known_nodes:1\r\n",
        b"CLUSTER MYID": NODE_ID,
        b"SLOWLOG GET": [ENTRY, ENTRY],
        b"SLOWLOG LEN": 2,
        b"LATENCY LATEST": [[b"command", 1_790_000_000, 120, 300]],
        b"LATENCY HISTORY": [[1_790_000_000, 120], [1_790_000_010, 20]],
        b"LATENCY GRAPH": b"command - high 3 ms\n# ..#\n",
        b"LATENCY DOCTOR": b"Dave, all is well.\n",
        b"LATENCY RESET": 1,
    }
    if verb == b"JSCAN":
        found = [show(JOB_ID, b"mail", b"hello"), show(DEAD_ID, b"dead:mail", LETTER, b"queued")]
        return [b"0", found if b"all" in words else [JOB_ID, DEAD_ID]]
    if verb in {b"ACKJOB", b"FASTACK", b"NACK", b"ENQUEUE", b"DEQUEUE", b"DELJOB"}:
        return len(words) - 1
    return known.get(both, known.get(verb, Status(b"OK")))


def encoded(value: object) -> bytes:
    """A reply as bytes."""
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, Status):
        return b"+%s\r\n" % value.replace(b"\r", b" ").replace(b"\n", b" ")
    if isinstance(value, bytes):
        return b"$%d\r\n%s\r\n" % (len(value), value)
    if isinstance(value, int):
        return b":%d\r\n" % value
    if value is None:
        return b"$-1\r\n"
    assert isinstance(value, list)
    return b"*%d\r\n%s" % (len(value), b"".join(map(encoded, value)))


STRANGE: tuple[object, ...] = (
    *(None, 0, -1, 7, 10**17, 2**63 - 1, -(2**63), b"", b"0", b"-1", b"1.5", b"nan", b"1e999", b"9" * 30),
    *(b"\xff\xfe\x00", b"\xed\xa0\x80", "\u202e\u2028x".encode(), b"\x1b[2J", b"x" * 3000, b"queued", b"{}"),
    *([], [[]], [None], [1, [2, [b"three"]]], [b"a"] * 40, Status(b"OK"), Status(b"")),
    *(Raw(b"*-1\r\n"), Raw(b",1.5\r\n"), Raw(b",inf\r\n"), Raw(b",nan\r\n"), Raw(b"#t\r\n"), Raw(b"_\r\n")),
    *(Raw(b"%1\r\n+a\r\n:1\r\n"), Raw(b"~1\r\n+a\r\n"), Raw(b"(123456789012345678901234567890\r\n")),
    *(Raw(b"=7\r\ntxt:abc\r\n"), Raw(b"-ERR inside\r\n"), Raw(b"-NOREPL Timeout reached\r\n"), Raw(b"-\r\n")),
    *(Raw(b"*1\r\n" * 1000 + b":1\r\n"), Raw(b"*1\r\n" * 30 + b"+x\r\n"), Raw(b"*99999999999\r\n")),
    *(Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Raw(b":x\r\n"), Raw(b"$5\r\nab"), Raw(b"\r\n"), Raw(b"")),
)


def mutated(reply: object, random: Random) -> object:
    """The same reply with one to three things wrong in it, at any depth."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        reply = _mutated_once(reply, random)
    return reply


def _mutated_once(reply: object, random: Random) -> object:
    if isinstance(reply, list) and reply and random.random() < 0.8:
        changed = list(reply)
        at = random.randrange(len(changed))
        way = random.random()
        if way < 0.7:
            changed[at] = _mutated_once(changed[at], random)
        elif way < 0.85:
            del changed[at]
        elif way < 0.95:
            changed.insert(at, random.choice(STRANGE))
        else:
            del changed[at:]
        return changed
    if isinstance(reply, bytes) and len(reply) > 1 and random.random() < 0.5:
        return type(reply)(_mutated_text(reply, random))
    return random.choice(STRANGE)


def _mutated_text(text: bytes, random: Random) -> bytes:
    at = random.randrange(len(text))
    end = min(at + random.choice((0, 1, 1, 4)), len(text))
    piece = random.choice(
        (
            b"",
            b"",
            b" ",
            b"\n",
            b":",
            b"=",
            b"-",
            b"99999999999999999999",
            b"\xff",
            b"\x00",
            b"nan",
            b"null",
            b"[",
            b'"',
        )
    )
    return text[:at] + piece + text[end:]
