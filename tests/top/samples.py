"""Snapshots to draw: a cluster in trouble, and its surroundings."""

from __future__ import annotations

from dataclasses import replace

from disquectl.top.lines import Surroundings
from disquectl.top.model import NodeRow, QueueRow, Snapshot

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
        blocked=12,
        used_memory=600 << 20,
        maxmemory=1 << 30,
        jobs=8556,
        queues=12,
    ),
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
    ROWS,
    NODES,
    scanned_at=40.0,
    is_exact=False,
    in_history=(1, 2, None, 5, 8),
    out_history=(8, 5, 3, 1, 0),
)


def around(width, height, **more):
    return Surroundings(width, height, "19:27:04", "prod", **more)


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
