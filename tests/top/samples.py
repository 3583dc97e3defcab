"""Snapshots to draw: a cluster in trouble, and its surroundings."""

from __future__ import annotations

from dataclasses import replace

from disquectl.top.lines import Surroundings
from disquectl.top.model import Examined, NodeRow, QueueRow, Snapshot, by_trouble

# 2026-01-02 03:04:05 UTC.
NOW = 1_767_323_045.0
HOSTILE = b"evil\x1b[31m\xe2\x80\xae\xff-\xe6\x97\xa5\xe6\x9c\xac"


def row(queue, queued=0, rate_in=0.0, rate_out=0.0, waiting=0, **more):
    return QueueRow(queue, queued, rate_in, rate_out, waiting, more.pop("pause", "none"), at=100.0, **more)


ROWS = (
    row(b"mail", 340, 210.5, 212.0, 6, delayed=0, in_flight=6, oldest_age=3, history=(3, 9, 4, 3, 5)),
    row(
        b"thumbnails",
        8204,
        120.0,
        11.5,
        delayed=10,
        in_flight=20,
        oldest_age=840,
        trouble=("no consumer", "old"),
        history=tuple(range(40)),
    ),
    row(HOSTILE, 12, 0.0, None, pause="out", trouble=("paused out",)),
    row(b"dead:mail", 7, delayed=0, in_flight=0, oldest_age=7200, history=(7, 7, 7)),
    row(b"reports", 1_234_567, 1234.5, 1300.2, 3, delayed=31_000, in_flight=96, is_exact=False),
)
NODES = (
    NodeRow("127.0.0.1:7713", "c" * 40, "down", "127.0.0.1:7713: connection refused"),
    NodeRow(
        "127.0.0.1:7711",
        "a" * 40,
        "ok",
        uptime=90_061,
        clients=41,
        waiting=12,
        used_memory=600 << 20,
        maxmemory=1 << 30,
        jobs=8556,
        queues=12,
    ),
)
EXAMINED = Examined(
    82.0,
    (
        {
            "severity": "error",
            "rule": "node-down",
            "what": "node 127.0.0.1:7713 does not answer: connection refused",
            "evidence": {"node": "127.0.0.1:7713"},
            "meaning": "Jobs that only this node has are not delivered until it is back.",
            "command": "disquectl nodes",
        },
        {
            "severity": "warning",
            "rule": "no-consumer",
            "what": "queue 'thumbnails' has 8204 queued jobs and no consumer; the oldest is 14m 0s old",
            "evidence": {"queue": b"thumbnails", "queued": 8204, "oldest_age": 840, "seconds": 5.0},
            "meaning": "The jobs stay until their TTL ends. Start a consumer, or purge the queue.",
            "command": "disquectl consumers thumbnails",
        },
        {
            "severity": "note",
            "rule": "one-replica",
            "what": "12 jobs with one replica",
            "evidence": {"jobs": 12, "queues": [b"mail", HOSTILE], "examples": ["D-1"]},
            "meaning": "They are lost with that node.",
            "command": "disquectl trace D-1",
        },
    ),
    ("127.0.0.1:7713: it does not answer", "replicas: only those of one job in 16"),
)
SNAPSHOT = Snapshot(
    100.0,
    {
        "nodes": 1,
        "queued": 1_243_130,
        "delayed": 31_010,
        "in_flight": 122,
        "rate_in": 1565.0,
        "rate_out": 1523.7,
        "waiting": 12,
        "clients": 41,
        "memory": 600 << 20,
        "maxmemory": 1 << 30,
    },
    tuple(sorted(ROWS, key=by_trouble)),
    NODES,
    scanned_at=40.0,
    is_exact=False,
    dead=7,
    examined=EXAMINED,
    in_history=(1, 2, None, 5, 8),
    out_history=(8, 5, 3, 1, 0),
)


def around(width, height, **more):
    return Surroundings(width, height, "19:27:04", "prod", now=NOW, **more)


JOB_ID = "D-aaaaaaaa-8YL1NT17e9+wsA/09NqxscQI-05a1"


def job(number, **more):
    return {
        "id": JOB_ID[:-4] + f"{number:04x}",
        "queue": b"mail",
        "state": "queued",
        "next_requeue_within": None,
        "age": 75,
        "ttl": 86_000,
        "retry": 300,
        "nacks": 0,
        "additional_deliveries": 0,
        "holders": ["127.0.0.1:7711"],
        "body": b'{"to": "ada\x1b[31m"}',
        **more,
    }


OF_QUEUE = replace(
    SNAPSHOT,
    looked_at=b"mail",
    found=(job(1), job(2, state="in-flight", nacks=3), job(3, body=b"\xff\xe6\x97\xa5" * 20)),
)


def copy(node, **more):
    return {
        "node": node,
        "id": JOB_ID,
        "queue": b"mail",
        "state": "active",
        "ttl": 86_000,
        "ctime": 1_700_000_000_000_000_000,
        "nodes_delivered": [node],
        "body": b'{"to": "ada", "items": [1, 2.50]}',
        **more,
    }


OF_JOB = replace(
    SNAPSHOT,
    looked_at=JOB_ID.encode(),
    found=(
        {
            "id": JOB_ID,
            "created_by": "127.0.0.1:7711",
            "ttl_minutes": 1440,
            "delivery": "at least once",
            "state": "queued",
            "next_requeue_within": 12_000,
            "differs": ["state"],
            "copies": [copy("127.0.0.1:7711", state="queued"), copy("127.0.0.1:7712")],
        },
    ),
)


def letter(number, **more):
    return {
        "id": JOB_ID[:-4] + f"{number:04x}",
        "queue": b"mail",
        "dead_queue": b"dead:mail",
        "job": JOB_ID,
        "attempts": 25,
        "created": "2026-01-01T00:00:00.000Z",
        "failed": "2026-01-02T03:00:05.000Z",
        "exit": 75,
        "signal": None,
        "reason": "exit code 75",
        "stderr": "smtp: greylisted\nagain \x1b[31m",
        "retry": 300,
        "ttl": 86400,
        "replicate": 3,
        "body": b'{"to": "ada"}',
        **more,
    }


LETTERS = (
    letter(1),
    letter(2, queue=HOSTILE, reason=None, failed="never", attempts=["odd"], body=b"\xff"),
    letter(3, reason="signal SIGKILL", exit=None, signal=9),
)
OF_DEAD = replace(SNAPSHOT, letters=LETTERS)
