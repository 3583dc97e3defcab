"""How fast purge, move, dump and load act on many jobs, each beside a bare loop; prints ratios.

    python -m tests.bench.acting --node 127.0.0.1:7711 --cluster 127.0.0.1:7712

The nodes must be on loopback and hold no jobs: everything in them is deleted. `--cluster` is one of three
nodes that know each other. A bare loop uses hiredis on sockets, in a process of its own: it sends the same
requests in the same batches over as many connections, the second look included, and only waits for replies.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from disquectl import Client
from tests.bench.bulk import MEASURED, Place, fill, write_lines
from tests.bench.shared import prepare

# The bare loops, run as `python -c LOOPS LOOP HOST:PORT...`.
LOOPS = r'''
import socket, sys
import hiredis

class Node:
    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = hiredis.Reader()
        self.due = 0

    def send(self, requests):
        self.socket.sendall(b"".join(map(hiredis.pack_command, requests)))
        self.due += len(requests)

    def replies(self):
        got, self.due = [], self.due
        while len(got) < self.due:
            reply = self.reader.gets()
            if reply is False:
                self.reader.feed(self.socket.recv(1 << 18))
            else:
                got.append(reply)
        self.due = 0
        return got

def scan(nodes):
    """A look at all nodes at once: the jobs, with the nodes where they are."""
    found, cursors = {}, dict.fromkeys(nodes, (b"0", 100))
    while cursors:
        for node, (cursor, count) in cursors.items():
            node.send([(b"JSCAN", cursor, b"COUNT", b"%d" % count, b"REPLY", b"all", b"QUEUE", b"bench")])
        for node in list(cursors):
            ((cursor, jobs),) = node.replies()
            for job in jobs:
                found.setdefault(job[1], []).append(node)
            cursors[node] = (cursor, 1000)
            if cursor == b"0":
                del cursors[node]
    return found

def batches(found, size):
    jobs = list(found)
    return (jobs[at : at + size] for at in range(0, len(jobs), size))

def at_their_nodes(jobs, found, verb):
    for job in jobs:
        for node in found[job]:
            node.to_send.append((verb, job))
    for node in nodes:
        node.send(node.to_send)
        node.to_send = []
    for node in nodes:
        node.replies()

def purge_queue(nodes):
    sizes = dict.fromkeys(nodes, 100)
    while sizes:
        for node, size in sizes.items():
            node.send([(b"QPEEK", b"bench", b"%d" % size)])
        peeked = {node: node.replies()[0] for node in sizes}
        for node, jobs in peeked.items():
            if jobs:
                node.send([(b"SHOW", jobs[-1][1])])
                node.replies()
                node.send([(b"FASTACK", job[1]) for job in jobs])
        sizes = {node: 1000 for node, jobs in peeked.items() if jobs}
        for node in sizes:
            node.replies()
    scan(nodes)

def purge_selected(nodes):
    found = scan(nodes)
    for jobs in batches(found, SIZE):
        at_their_nodes(jobs, found, b"FASTACK")
    scan(nodes)

def move(nodes):
    node, other = nodes[0], Node(sys.argv[2])
    found = scan(nodes)
    for jobs in batches(found, 100):
        node.send([(b"DEQUEUE", job) for job in jobs] + [(b"SHOW", job) for job in jobs])
        shown = node.replies()[len(jobs):]
        node.send([(b"WORKING", job) for job in jobs])
        other.send([
            (b"ADDJOB", b"bench2", job[29], b"5000", b"REPLICATE", b"1",
             b"RETRY", b"%d" % job[15], b"TTL", b"%d" % job[9])
            for job in shown
        ])
        other.replies()
        node.send([(b"SHOW", job) for job in jobs])
        node.replies()
        node.send([(b"ACKJOB", job) for job in jobs])
        node.replies()
    scan(nodes)

SIZE = 500
nodes = [Node(address) for address in sys.argv[2:]]
for node in nodes:
    node.to_send = []
{"queue": purge_queue, "selected": purge_selected, "move": move}[sys.argv[1]](nodes)
'''


def seconds_of(words: list[str], **env: str) -> float:
    """How long a process takes; its output goes to a file."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            env=os.environ | env,
            check=True,
        )
        return time.perf_counter() - start


def members(place: Place) -> list[str]:
    """The addresses of all nodes of a place."""
    with Client(place.node) as client:
        return [f"{entry['host'] or place.host}:{entry['port']}" for entry in client.hello()["nodes"]]


def spread(place: Place) -> None:
    """All jobs in the queue, as many at each node."""
    nodes = members(place)
    count = place.jobs // len(nodes)
    with tempfile.TemporaryDirectory() as name:
        file = write_lines(Path(name) / "part", count)
        for node in nodes:
            fill(Place(node, file, count))


def queued(place: Place) -> int:
    """How many jobs are queued in either queue."""
    total = 0
    for node in members(place):
        with Client(node) as client:
            total += client.qlen("bench") + client.qlen("bench2")
    return total


# What is measured: the bare loop, the words of disquectl, how many jobs are queued after it, what is wanted.
CASES = {
    "purge of a whole queue": ("queue", ["purge", "bench"], 0, 0.7),
    "purge of a selection": ("selected", ["purge", "bench", "--newer-than", "1d"], 0, 0.7),
    "move": ("move", ["move", "bench", "--to", "bench2"], 1, 0.6),
}


def show(name: str, ours: float, theirs: float, wanted: float) -> None:
    """One line: jobs a second of each side, and their ratio."""
    print(f"{name:52} {ours:10,.0f}/s {theirs:10,.0f}/s {ours / theirs:6.2f}  wanted {wanted:g}", flush=True)


def compare(what: str, place: Place, rounds: int) -> None:
    """One case: the median of each side, in turn so that both see the same machine."""
    loop, words, left, wanted = CASES[what]
    ours, bare = [], []
    for _ in range(rounds):
        for seconds, command in (
            (bare, ["-c", LOOPS, loop, *members(place)]),
            (ours, ["-m", "disquectl", *words, "--yes", "--quiet"]),
        ):
            spread(place)
            seconds.append(seconds_of(command, DISQUE_NODES=place.node))
            assert queued(place) == left * place.jobs, f"{command}: {queued(place)} jobs are left"
            place.empty()
    rates = [place.jobs / statistics.median(seconds) for seconds in (ours, bare)]
    name = f"{what}, {len(members(place))} node(s), {place.jobs:,} jobs"
    show(name, rates[0], rates[1], wanted)


def saving(place: Place, folder: Path, rounds: int) -> None:
    """dump beside jscan --reply all, and load beside addjob --jsonl without its look at the original IDs."""
    fill(place)
    file = folder / "jobs"
    sides: dict[str, list[float]] = {"dump": [], "jscan": [], "load": [], "addjob": []}
    for _ in range(rounds):
        scan = ["-m", "disquectl", "jscan", "--reply", "all", "-o", "jsonl"]
        sides["jscan"].append(seconds_of(scan, DISQUE_NODES=place.node))
        dump = ["-m", "disquectl", "dump", "--quiet", "--file", str(file)]
        sides["dump"].append(seconds_of(dump, DISQUE_NODES=place.node))
    place.empty()
    options = ["--quiet", "--replicate", "1"]
    for _ in range(rounds):
        for side, words in (
            ("load", ["load", str(file), "--yes", "--even-if-present"]),
            ("addjob", ["addjob", "--jsonl", "--file", str(file)]),
        ):
            sides[side].append(seconds_of(["-m", "disquectl", *words, *options], DISQUE_NODES=place.node))
            place.empty()
    for ours, theirs, wanted in (("dump", "jscan", 0.8), ("load", "addjob", 0.9)):
        rates = [place.jobs / statistics.median(sides[side]) for side in (ours, theirs)]
        name = f"{ours} beside {theirs}, {place.jobs:,} jobs"
        show(name, rates[0], rates[1], wanted)


def memory(lone: Place, folder: Path) -> None:
    """The peak of each command that selects jobs, for a million of them."""
    jobs = 1_000_000
    place = Place(lone.node, write_lines(folder / "memory", jobs), jobs)
    for what, (_, words, _, _) in CASES.items():
        fill(place)
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *words, "--yes", "--quiet"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ | {"DISQUE_NODES": place.node},
            check=True,
        )
        place.empty()
        peak = int(done.stderr) / 1024
        print(f"peak memory of {what}, {jobs:,} jobs: {peak:.0f} MB, wanted below 200", flush=True)


def main() -> None:
    """Read the words and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--node", required=True, help="a lone node")
    parser.add_argument("--cluster", help="one of three nodes")
    parser.add_argument("--jobs", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="also the peak memory, with a million jobs")
    parser.add_argument("--only", choices=["purge", "move", "dump"], help="only what begins with this word")
    words = parser.parse_args()
    prepare(words.node, words.cluster)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_lines(folder / "lines", words.jobs)
        lone = Place(words.node, file, words.jobs)
        print(f"{'':52} {'disquectl':>12} {'bare':>12} {'ratio':>6}")
        for what in CASES:
            if words.only in (None, what.split()[0]):
                compare(what, lone, words.rounds)
                if words.cluster and what != "move":
                    compare(what, Place(words.cluster, file, words.jobs), words.rounds)
        if words.only in (None, "dump"):
            saving(lone, folder, words.rounds)
        if words.memory:
            memory(lone, folder)


if __name__ == "__main__":
    main()
