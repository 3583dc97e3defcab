"""How long the answers for a whole cluster take: `queues` and `queues --estimate`, against a bare loop.

    python -m tests.bench.cluster NODE,NODE,NODE [--queues 10000] [--jobs 200000] [--replicate 1]

Fills three empty nodes on loopback with jobs, which it leaves there, or takes them as they are when they hold
that many already. The bare loop goes through JSCAN REPLY all of one node after the other and throws the
replies away. Both use the same page size. Wall clock and our own processor time, the best of three.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time

from disquectl import Client
from disquectl.fanout.scan_all import PAGE

RUNS = 3


def fill(nodes, queues, jobs, replicate):
    """The jobs, evenly over queues and nodes."""
    for place, node in enumerate(nodes):
        with Client(node) as client:
            requests = [
                ["ADDJOB", f"queue-{n % queues}", f"body of job {n}", 0, "REPLICATE", replicate, "ASYNC"]
                for n in range(place, jobs, len(nodes))
            ]
            for at in range(0, len(requests), 10_000):
                client.call_many(requests[at : at + 10_000])


def held(nodes):
    """How many copies the nodes hold."""
    total = 0
    for node in nodes:
        with Client(node) as client:
            total += client.info("jobs")["jobs"]["registered_jobs"]
    return total


def bare_loop(nodes):
    """Every page of every node, one after the other."""
    for node in nodes:
        with Client(node) as client:
            cursor = b"0"
            while True:
                cursor, _ = client.call("JSCAN", cursor, "COUNT", PAGE, "REPLY", "all")
                if cursor == b"0":
                    break


def timed(action):
    """Wall clock and processor time of the quickest run, in seconds; children count."""
    best = None
    for _ in range(RUNS):
        before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        begun = time.perf_counter()
        action()
        wall = time.perf_counter() - begun
        after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        cpu = sum(
            b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True)
        )
        best = min(best or (wall, cpu), (wall, cpu))
    return best


def command(nodes, *words):
    """One run of disquectl that writes into nothing."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ |= {"DISQUE_NODES": nodes[0], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return lambda: subprocess.run(
        [sys.executable, "-m", "disquectl", "--quiet", *words],
        stdout=subprocess.DEVNULL,
        env=environ,
        check=True,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nodes")
    parser.add_argument("--queues", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=200_000)
    parser.add_argument("--replicate", type=int, default=1)
    options = parser.parse_args()
    nodes = options.nodes.split(",")
    if any(not node.startswith("127.") for node in nodes):
        sys.exit("only nodes on loopback")
    if held(nodes) < options.jobs * options.replicate:
        fill(nodes, options.queues, options.jobs, options.replicate)
    print(f"{options.jobs} jobs, {held(nodes)} copies, {options.queues} queues, {len(nodes)} nodes")
    bare, bare_cpu = timed(lambda: bare_loop(nodes))
    print(f"bare loop          {bare:6.2f} s  {bare_cpu:6.2f} s of processor time")
    for words in (("queues",), ("queues", "--estimate"), ("jobs", "--limit", "10")):
        wall, cpu = timed(command(nodes, *words))
        share = f"{wall / bare:4.2f} bare loops"
        print(f"{' '.join(words):18} {wall:6.2f} s  {cpu:6.2f} s of processor time, {share}")


if __name__ == "__main__":
    main()
