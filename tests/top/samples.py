"""Snapshots to draw: a cluster in trouble, and its surroundings."""

from __future__ import annotations

from disquectl.top.model import NodeRow, QueueRow, Snapshot
from disquectl.top.view import Surroundings

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
