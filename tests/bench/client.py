"""How much a call of the client costs, beside a bare loop of socket and hiredis, redis-py and pydisque.

    python -m tests.bench.client [HOST:PORT]

All in one run, in turns, each round beginning with another one. A round is short, so that what else the
machine does falls on all alike: each is compared with the others of its round, and the medians of the rounds
are shown. Without an address it starts a sandbox in another process, which is slower than a node and makes
the multiples smaller. The figures to hold: one call at most 1.3 times the bare loop, at least twice the calls
per second of redis-py.
"""

from __future__ import annotations

import os
import sys
import time
from statistics import median

from disquectl import Client
from tests.bench.shared import bare, clients_of_others, in_turns, node_or_sandbox, times

QUEUE = f"bench-{os.getpid()}"
BODY = "x" * 100
CALLS, ROUNDS = 200, 120


def contenders(node):
    """Name and function for each way to make the same two calls."""
    client, call = Client(node), bare(node)
    qlen, addjob = ("QLEN", QUEUE), ("ADDJOB", QUEUE, BODY, 5000, "TTL", 600)
    yield "qlen", "bare", lambda: call(*qlen)
    yield "qlen", "disquectl", lambda: client.qlen(QUEUE)
    yield "addjob", "bare", lambda: call(*addjob)
    yield "addjob", "disquectl", lambda: client.addjob(QUEUE, BODY, ttl=600)
    others = clients_of_others(node)
    if others is None:
        return
    py_redis, pydisque = others
    yield "qlen", "redis-py", lambda: py_redis.execute_command(*qlen)
    yield "addjob", "redis-py", lambda: py_redis.execute_command(*addjob)
    yield "qlen", "pydisque", lambda: pydisque.qlen(QUEUE)
    yield "addjob", "pydisque", lambda: pydisque.add_job(QUEUE, BODY, timeout=5000, ttl=600)


def measure(node):
    """Microseconds of a call in each round, by command and way."""
    ways = list(contenders(node))
    rounds = {(command, way): [] for command, way, _ in ways}
    cleaner = Client(node)
    for turn in in_turns(ways, ROUNDS):
        for command, way, call in turn:
            begin = time.perf_counter()
            for _ in range(CALLS):
                call()
            rounds[command, way].append((time.perf_counter() - begin) / CALLS * 1e6)
        while jobs := cleaner.getjob(QUEUE, nohang=True, count=1000):
            cleaner.fastack(*(job["id"] for job in jobs))
    return rounds


def main():
    """Print a table of the ways, each with its ratios."""
    with node_or_sandbox(sys.argv[1:]) as node:
        found = measure(node)
    print(f"{'':20} {'us a call':>10} {'x bare':>8} {'calls/s x redis-py':>20}")
    for (command, way), costs in sorted(found.items()):
        to_bare = times(costs, found[command, "bare"])
        to_redis = times(found.get((command, "redis-py"), ()), costs)
        print(f"{command + ' ' + way:20} {median(costs):10.1f} {to_bare:8.2f} {to_redis:20.2f}")


if __name__ == "__main__":
    main()
