"""How much a call of the client costs, beside a bare loop of socket and hiredis, redis-py and pydisque.

    python tests/bench/client.py [HOST:PORT]

All in one run, in turns, each round beginning with another one. A round is short, so that what else the
machine does falls on all alike: each is compared with the others of its round, and the medians of the rounds
are shown. Without an address it starts a sandbox in another process, which is slower than a node and makes
the multiples smaller. The figures to hold: one call at most 1.3 times the bare loop, at least twice the calls
per second of redis-py.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from math import nan
from statistics import median

import hiredis

from disquectl import Client
from disquectl.client.address import parse_node

QUEUE = f"bench-{os.getpid()}"
BODY = "x" * 100
CALLS, ROUNDS = 200, 120


def bare(node, words):
    """The least there can be: encode, send, receive, parse."""
    sock = socket.create_connection((node.host, node.port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    reader = hiredis.Reader()

    def call():
        sock.sendall(hiredis.pack_command(words))
        reader.feed(sock.recv(65536))
        while reader.gets() is False:
            reader.feed(sock.recv(65536))

    return call


def contenders(node):
    """Name and function for each way to make the same two calls."""
    client = Client(node)
    qlen, addjob = ("QLEN", QUEUE), ("ADDJOB", QUEUE, BODY, 5000, "TTL", 600)
    yield "qlen", "bare", bare(node, qlen)
    yield "qlen", "disquectl", lambda: client.qlen(QUEUE)
    yield "addjob", "bare", bare(node, addjob)
    yield "addjob", "disquectl", lambda: client.addjob(QUEUE, BODY, ttl=600)
    try:
        import redis
        from pydisque.client import Client as Pydisque
    except ImportError as missing:
        print(f"without {missing.name}", file=sys.stderr)
        return
    py_redis = redis.Redis(node.host, node.port)
    pydisque = Pydisque([str(node)])
    pydisque.connect()
    yield "qlen", "redis-py", lambda: py_redis.execute_command(*qlen)
    yield "addjob", "redis-py", lambda: py_redis.execute_command(*addjob)
    yield "qlen", "pydisque", lambda: pydisque.qlen(QUEUE)
    yield "addjob", "pydisque", lambda: pydisque.add_job(QUEUE, BODY, timeout=5000, ttl=600)


def measure(node):
    """Microseconds of a call in each round, by command and way."""
    ways = list(contenders(node))
    rounds = {(command, way): [] for command, way, _ in ways}
    cleaner = Client(node)
    for turn in range(ROUNDS):
        first = turn % len(ways)
        for command, way, call in ways[first:] + ways[:first]:
            begin = time.perf_counter()
            for _ in range(CALLS):
                call()
            rounds[command, way].append((time.perf_counter() - begin) / CALLS * 1e6)
        while jobs := cleaner.getjob(QUEUE, nohang=True, count=1000):
            cleaner.fastack(*(job["id"] for job in jobs))
    return rounds


def times(costs, others):
    """How many times the others, in the middle of the rounds; not a number without any rounds."""
    return median([cost / other for cost, other in zip(costs, others, strict=False)] or [nan])


@contextmanager
def a_node(arguments):
    """The address that was given, or that of a sandbox."""
    if arguments:
        yield parse_node(arguments[0])
        return
    command = [sys.executable, "-m", "disquectl", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as sandbox:
        try:
            yield parse_node(sandbox.stdout.readline().strip().partition("=")[2])
        finally:
            sandbox.terminate()


def main():
    """Print a table of the ways, each with its ratios."""
    with a_node(sys.argv[1:]) as node:
        found = measure(node)
    print(f"{'':20} {'us a call':>10} {'x bare':>8} {'calls/s x redis-py':>20}")
    for (command, way), costs in sorted(found.items()):
        to_bare = times(costs, found[command, "bare"])
        to_redis = times(found.get((command, "redis-py"), ()), costs)
        print(f"{command + ' ' + way:20} {median(costs):10.1f} {to_bare:8.2f} {to_redis:20.2f}")


if __name__ == "__main__":
    main()
