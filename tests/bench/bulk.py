"""How fast many jobs go in and out, beside what others reach in the same run; prints ratios.

    python -m tests.bench.bulk --node 127.0.0.1:7711 --cluster 127.0.0.1:7712

The nodes must be on loopback and hold no jobs: everything in them is deleted. `--cluster` is one of three
nodes that know each other. redis-benchmark and, for the last comparison, pydisque must be installed.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from disquectl import Client
from tests.bench.shared import bare, prepare

BODY = b"hello-world-body-%010d"
# The ways of redis-benchmark to call it, the best of which counts.
BENCHMARK_WAYS = (("-P", "64", "-c", "4"), ("-P", "16", "-c", "50"))


class Place:
    """Where it is measured: a lone node or a cluster, the file of lines, and how many there are."""

    def __init__(self, node: str, file: Path, jobs: int) -> None:
        self.node = node
        self.host, _, self.port = node.rpartition(":")
        self.file = file
        self.jobs = jobs

    def empty(self) -> None:
        """Delete every job of every node of the cluster."""
        with Client(self.node) as client:
            nodes = client.hello()["nodes"]
        for entry in nodes:
            with Client(f"{entry['host'] or self.host}:{entry['port']}") as client:
                client.debug("FLUSHALL")


# The peak of the process itself: what wait4 gives has that of its parent in it.
MEASURED = """
import sys
from disquectl.cli.main import run_command_line
code = run_command_line(sys.argv[1:])
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM:")), file=sys.stderr)
sys.exit(code)
"""


def timed(args: list[str], place: Place, stdin: Path | None = None) -> float:
    """Seconds of one run of disquectl; its output goes to a file, as in `> ids`."""
    with tempfile.TemporaryFile() as out, open(stdin or os.devnull, "rb") as source:
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "disquectl", *args],
            stdin=source,
            stdout=out,
            env={**os.environ, "DISQUE_NODES": place.node},
            check=True,
        )
        seconds = time.perf_counter() - start
        out.seek(0)
        lines = sum(1 for _ in out)
        assert lines == place.jobs, f"disquectl {args}: {lines} lines instead of {place.jobs}"
    return seconds


def redis_benchmark(place: Place, replicate: int) -> float:
    """Jobs a second of redis-benchmark, the better of its ways."""
    rates = []
    for way in BENCHMARK_WAYS:
        words = ["ADDJOB", "bench", (BODY % 0).decode(), "5000", "REPLICATE", str(replicate)]
        done = subprocess.run(
            [
                "redis-benchmark",
                "-h",
                place.host,
                "-p",
                place.port,
                "-n",
                str(place.jobs),
                *way,
                "--csv",
                *words,
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        rates.append(float(list(csv.reader(done.stdout.splitlines()))[-1][1]))
        place.empty()
    return max(rates)


def added(place: Place, replicate: int) -> float:
    """Jobs a second of `addjob --lines`."""
    seconds = timed(["addjob", "bench", "--lines", "--replicate", str(replicate)], place, place.file)
    place.empty()
    return place.jobs / seconds


def fill(place: Place) -> None:
    """All jobs in the queue."""
    timed(["addjob", "bench", "--lines", "--replicate", "1"], place, place.file)


def bare_getjob(place: Place, count: int) -> float:
    """Jobs a second of GETJOB and ACKJOB in a loop."""
    fill(place)
    call, got = bare(place.node), 0
    start = time.perf_counter()
    while got < place.jobs:
        jobs = call(b"GETJOB", b"NOHANG", b"COUNT", b"%d" % count, b"FROM", b"bench")
        call(b"ACKJOB", *[job[1] for job in jobs])
        got += len(jobs)
    seconds = time.perf_counter() - start
    place.empty()
    return place.jobs / seconds


def taken(place: Place) -> float:
    """Jobs a second of `getjob --follow --ack`."""
    fill(place)
    seconds = timed(["getjob", "bench", "--follow", "--ack", "--max-jobs", str(place.jobs)], place)
    place.empty()
    return place.jobs / seconds


def bare_jscan(place: Place) -> float:
    """Jobs a second of JSCAN REPLY all in a loop."""
    call, cursor, got = bare(place.node), b"0", 0
    start = time.perf_counter()
    while True:
        cursor, jobs = call(b"JSCAN", cursor, b"REPLY", b"all")
        got += len(jobs)
        if cursor == b"0":
            return place.jobs / (time.perf_counter() - start)


def scanned(place: Place) -> float:
    """Jobs a second of `jscan --reply all`."""
    return place.jobs / timed(["jscan", "--reply", "all"], place)


def with_pydisque(place: Place) -> float:
    """Jobs a second of a loop over pydisque's add_job, over a twentieth of the jobs."""
    from pydisque.client import Client as Pydisque

    client = Pydisque([place.node])
    client.connect()
    some = max(place.jobs // 20, 1)
    start = time.perf_counter()
    for i in range(some):
        client.add_job("bench", (BODY % i).decode(), replicate=1)
    seconds = time.perf_counter() - start
    place.empty()
    return some / seconds


def write_lines(file: Path, jobs: int) -> Path:
    """A file of so many bodies."""
    with file.open("wb") as out:
        out.writelines(BODY % i + b"\n" for i in range(jobs))
    return file


def show(what: str, ours: list[float], theirs: list[float], wanted: float) -> None:
    """One comparison: the best of each, and the ratio."""
    ratio = max(ours) / max(theirs)
    print(
        f"{what:46} {max(ours):10,.0f}/s {max(theirs):10,.0f}/s {ratio:6.2f}  wanted {wanted:g}", flush=True
    )


def compare(lone: Place, cluster: Place | None, rounds: int) -> None:
    """Everything, each side in turn so that both see the same machine."""
    print(f"{'':46} {'disquectl':>12} {'other':>12} {'ratio':>6}")
    turns = range(rounds)
    pairs = [(added(lone, 1), redis_benchmark(lone, 1)) for _ in turns]
    show("addjob --lines, REPLICATE 1: redis-benchmark", *map(list, zip(*pairs, strict=True)), 0.8)
    if cluster is not None:
        pairs = [(added(cluster, 3), redis_benchmark(cluster, 3)) for _ in turns]
        show("addjob --lines, REPLICATE 3: redis-benchmark", *map(list, zip(*pairs, strict=True)), 0.8)
    pairs = [(taken(lone), bare_getjob(lone, 1000)) for _ in turns]
    show("getjob --follow --ack: socket and hiredis", *map(list, zip(*pairs, strict=True)), 0.7)
    fill(lone)
    pairs = [(scanned(lone), bare_jscan(lone)) for _ in turns]
    lone.empty()
    show("jscan --reply all: socket and hiredis", *map(list, zip(*pairs, strict=True)), 0.7)
    pairs = [(added(lone, 1), with_pydisque(lone)) for _ in turns]
    show("addjob --lines: pydisque", *map(list, zip(*pairs, strict=True)), 20)


def memory(lone: Place, folder: Path) -> None:
    """The peak of addjob --lines, for few lines and for many."""
    for jobs in (10_000, 1_000_000):
        place = Place(lone.node, write_lines(folder / "memory", jobs), jobs)
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "addjob", "bench", "--lines", "--file", str(place.file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "DISQUE_NODES": place.node},
            check=True,
        )
        place.empty()
        print(f"peak memory at {jobs:9,} lines: {int(done.stderr) / 1024:.1f} MB, wanted below 64")


def main() -> None:
    """Read the words and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--node", required=True, help="a lone node")
    parser.add_argument("--cluster", help="one of three nodes")
    parser.add_argument("--jobs", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="also the peak memory")
    words = parser.parse_args()
    prepare(words.node, words.cluster)
    if shutil.which("redis-benchmark") is None:
        sys.exit("redis-benchmark is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_lines(folder / "lines", words.jobs)
        lone = Place(words.node, file, words.jobs)
        compare(lone, Place(words.cluster, file, words.jobs) if words.cluster else None, words.rounds)
        if words.memory:
            memory(lone, folder)


if __name__ == "__main__":
    main()
