"""Lists of the commands, drawn from fixed records: `python -m tests.render.golden_lists` writes the files.

Each file in `golden/` shows one list at several widths. Regenerate them after a change on purpose, and read
the difference before you commit it.
"""

from __future__ import annotations

from pathlib import Path

from disquectl.commands import client, cluster, consumers, dead, jobs, nodes, qstat, queues
from disquectl.programs.consumers import for_people as consumer_for_people
from disquectl.programs.jobs import for_people as job_for_people
from disquectl.programs.nodes import for_people as node_for_people
from tests.render.samples import ID, written

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (60, 80, 100, 120, 200)
# 2026-11-22 01:30:31 UTC
NOW_MS = 1_795_311_031_000
NODES = [f"10.0.0.{number}:7711" for number in (1, 2, 3)]
NODE_IDS = [digit * 20 for digit in ("1a", "2b", "3c")]
IDS = [f"{ID[:-7]}{number:02}-05a1" for number in range(4)]
LONG_NAME = "reports of the night for all customers in Europe"


def _node(number, **fields):
    return {
        "id": NODE_IDS[number][:8],
        "address": NODES[number],
        "health": "ok",
        "answers": True,
        "priority": 1,
        "state": "ok",
        "version": "1.0-rc1",
        "uptime": 1_036_800 + number,
        "clients": 12,
        "blocked": 3,
        "used_memory": 123_456_789,
        "maxmemory": 1 << 30,
        "jobs": 1234,
        "queues": 17,
        "aof": "on",
        "clock_skew": -3,
        "leaving": False,
        **fields,
    }


def _unknown_node(number, **fields):
    known = ("id", "address")
    empty = {name: value if name in known else None for name, value in _node(number).items()}
    return {**empty, "answers": False, **fields}


def _job(number, **fields):
    return {
        "id": IDS[number],
        "queue": b"mail",
        "state": "queued",
        "next_requeue_within": None,
        "age": 125,
        "ttl": 86_275,
        "retry": 300,
        "nacks": 0,
        "additional_deliveries": 0,
        "holders": NODES[:2],
        "body": b'{"to": "ada@example.org", "template": "welcome", "language": "en"}',
        **fields,
    }


def _queue(name, **fields):
    return {
        "queue": name,
        "queued": 1200,
        "delayed": 3,
        "in_flight": 40,
        "acked": 1,
        "oldest_age": 7_500,
        "jobs_in": 100_000,
        "jobs_out": 98_800,
        "rate_in": None,
        "rate_out": None,
        "blocked": 2,
        "pause": "none",
        "nodes": NODES,
        **fields,
    }


def _letter(number, **fields):
    return {
        "id": IDS[number],
        "queue": b"mail",
        "dead_queue": b"dead:mail",
        "job": IDS[3],
        "attempts": 5,
        "failed": "2026-11-22T01:25:11Z",
        "exit": 75,
        "signal": None,
        "reason": "exit 75 after 5 attempts",
        "stderr": "connection refused by smtp.example.org\n",
        "body": b'{"to": "ada@example.org", "template": "welcome"}',
        **fields,
    }


def _connection(number, **fields):
    return {
        "id": number,
        "addr": f"10.0.1.{number}:48294",
        "fd": number + 5,
        "name": "",
        "age": 3_700,
        "idle": 2,
        "flags": "N",
        "qbuf": 0,
        "qbuf_free": 32_768,
        "obl": 0,
        "oll": 0,
        "omem": 0,
        "events": "r",
        "cmd": "getjob",
        **fields,
    }


def _consumer(number, **fields):
    return {
        "address": f"10.0.1.{number}:48294",
        "name": "",
        "node": NODES[0],
        "waiting": True,
        "idle": 0,
        "queues": None,
        **fields,
    }


def _known_node(number, **fields):
    return {
        "id": NODE_IDS[number],
        "host": f"10.0.0.{number + 1}",
        "port": 7711,
        "flags": ["noflags"],
        "ping_sent": 0,
        "pong_received": NOW_MS - 1_000,
        "link": "connected",
        **fields,
    }


def _stat(node, name, **fields):
    return {
        "node": node,
        "queue": name,
        "len": 400,
        "age": 86_400,
        "idle": 3,
        "blocked": 2,
        "import_from": [],
        "import_rate": 0,
        "jobs_in": 33_000,
        "jobs_out": 32_600,
        "pause": "none",
        **fields,
    }


def lists():
    """Return the shape and the records of each list, by the name of its command."""
    return {
        "dead": (
            dead.shape({}),
            [
                _letter(0),
                _letter(1, exit=None, signal=9, reason="killed by signal 9", stderr=""),
                _letter(2, queue=LONG_NAME.encode(), body=b"\xff\x1b[31m" * 40),
            ],
        ),
        "client list": (
            client.LIST.shape({}),
            [
                _connection(1, name="disquectl:work:mail", flags="b"),
                _connection(2),
                _connection(3, cmd="monitor", flags="O", omem=1_258_291, qbuf=18),
            ],
        ),
        "cluster nodes": (
            cluster.NODES.shape({}),
            [
                _known_node(0, flags=["myself"], pong_received=0),
                _known_node(1, flags=["fail"], link="disconnected", ping_sent=NOW_MS - 90_000),
                _known_node(2),
            ],
        ),
        "qstat --cluster": (
            qstat.COMMAND.shape({"queue": [b"mail"]}).with_node(),
            [
                _stat(NODES[0], b"mail"),
                _stat(NODES[1], b"mail", pause="in", import_rate=7, import_from=["3c3c3c3c"]),
                _stat(NODES[2], LONG_NAME.encode(), len=0),
            ],
        ),
        "jobs": (
            jobs.shape({}),
            [
                job_for_people(job)
                for job in (
                    _job(0),
                    _job(1, state="in-flight", next_requeue_within=57_300, nacks=2),
                    _job(2, state="in-flight", queue=LONG_NAME.encode(), retry=0),
                    _job(3, state="unknown", body=b"\xff\n", additional_deliveries=3, holders=NODES),
                )
            ],
        ),
        "queues": (
            queues.shape({}),
            [
                _queue(LONG_NAME.encode()),
                _queue(b"mail", queued=0, oldest_age=None, pause="in"),
                _queue("日本語\u202e".encode(), nodes=NODES[:1]),
            ],
        ),
        "nodes": (
            nodes.SHAPE,
            [
                node_for_people(node)
                for node in (
                    _node(0, used_memory=1_060_000_000, health="full"),
                    _node(1, priority={NODES[0]: 1, NODES[2]: 10}, health="failing"),
                    _unknown_node(2, health="down", priority=100, state="failing"),
                )
            ],
        ),
        "consumers": (
            consumers.shape({}),
            [
                consumer_for_people(consumer)
                for consumer in (
                    _consumer(1, name="disquectl:work:mill-7:4242:q=mail,sms", queues=[b"mail", b"sms"]),
                    _consumer(
                        1,
                        name="disquectl:work:mill-7:4242:q=mail,sms",
                        node=NODES[1],
                        waiting=False,
                        idle=95,
                        queues=[b"mail", b"sms"],
                    ),
                    _consumer(
                        2,
                        name="disquectl:work:reports-worker-6d5f9c7b8-x2x7k:1:q=%1B[31m,reports-of-the-night,"
                        "%E2%80%AE%E6%97%A5+12",
                        queues=[b"\x1b[31m", b"reports-of-the-night", "\u202e日".encode()],
                    ),
                    _consumer(3, node=NODES[2], idle=7_500),
                    _consumer(4, name="billing", node=NODES[2], idle=12),
                )
            ],
        ),
    }


def golden(name):
    """Return the text of a file: the list at each width."""
    shape, records = lists()[name]
    return "\n".join(
        f"{width} columns\n{written('table', shape, records, width=width, now_ms=NOW_MS)}" for width in WIDTHS
    )


def path_of(name):
    """Return the file of a list."""
    return GOLDEN / f"{name.replace(' --', '-').replace(' ', '-')}.txt"


if __name__ == "__main__":
    for each in lists():
        path_of(each).write_text(golden(each))
