"""What the benchmarks share: the node that is measured, queues to fill, and the clients to compare with."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from math import nan
from statistics import median

import hiredis

from disquectl import Client

# What processes get that must see neither settings of a user nor what slows Python down.
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith(("DISQUE", "PYTHON"))}


@contextmanager
def node_or_sandbox(addresses):
    """The first of these addresses, or that of a sandbox in another process."""
    if addresses:
        yield addresses[0]
        return
    command = [sys.executable, "-m", "disquectl", "sandbox", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRON, text=True
    ) as sandbox:
        try:
            yield sandbox.stdout.readline().strip().partition("=")[2]
        finally:
            sandbox.terminate()


def prepare(*nodes):
    """Refuse nodes whose jobs must not be deleted; and an environment that no user has."""
    for node in filter(None, nodes):
        if not node.startswith("127."):
            sys.exit(f"{node} is not on loopback")
        with Client(node) as client:
            if client.jscan(busyloop=True)[1]:
                sys.exit(f"{node} holds jobs")
    # These two slow down what is measured.
    os.environ.pop("PYTHONUNBUFFERED", None)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def fill(client, queue, count):
    """Put so many jobs into the queue."""
    for start in range(0, count, 5000):
        bodies = (f"job {i}" for i in range(start, min(start + 5000, count)))
        client.call_many([("ADDJOB", queue, body, 0, "REPLICATE", 1, "TTL", 3600) for body in bodies])


def bare(address):
    """The least that a client can be, as a function of words: encode, send, receive, parse."""
    host, _, port = address.rpartition(":")
    sock = socket.create_connection((host, int(port)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    reader = hiredis.Reader()

    def call(*words):
        sock.sendall(hiredis.pack_command(words))
        reader.feed(sock.recv(65536))
        while (reply := reader.gets()) is False:
            reader.feed(sock.recv(65536))
        return reply

    return call


def clients_of_others(address):
    """One of redis-py and one of pydisque; None without them."""
    try:
        import redis
        from pydisque.client import Client as Pydisque
    except ImportError as missing:
        print(f"without {missing.name}", file=sys.stderr)
        return None
    host, _, port = address.rpartition(":")
    pydisque = Pydisque([address])
    pydisque.connect()
    return redis.Redis(host, int(port)), pydisque


def in_turns(ways, rounds):
    """The ways in the order of each round: each begins with another one."""
    for turn in range(rounds):
        first = turn % len(ways)
        yield ways[first:] + ways[:first]


def times(costs, others):
    """How many times the others, in the middle of the rounds; not a number without any rounds."""
    return median([cost / other for cost, other in zip(costs, others, strict=False)] or [nan])


def show_load():
    """What else the machine does: figures that were taken beside much of it say little."""
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
