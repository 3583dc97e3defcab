"""How many jobs a second `disquectl bench` adds, and how often it sends QLEN, beside redis-benchmark.

    python -m tests.bench.bench HOST:PORT

For a real node on loopback that holds nothing; it is emptied. In turns, so that what else the machine does
falls on both; each round gives one ratio, and the median of the ratios is shown. The figures to hold: 0.8 for
ADDJOB, 0.7 for QLEN.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from statistics import median

from disquectl import Client
from tests.bench.shared import prepare

ROUNDS = 7
BODY = "x" * 100
PHASES = {"produce": ["ADDJOB", "bench", BODY, "5000", "TTL", "300"], "qlen": ["QLEN", "bench"]}
# Phase, clients, pipeline, requests.
KINDS = (("produce", 50, 1, 100_000), ("produce", 4, 64, 400_000), ("qlen", 4, 64, 4_000_000))


def by_bench(node, phase, clients, pipeline, jobs):
    words = (
        "bench",
        f"--{phase}",
        "--clients",
        clients,
        "--pipeline",
        pipeline,
        "--jobs",
        jobs,
        "--size",
        100,
    )
    command = [sys.executable, "-m", "disquectl", *map(str, words), "-o", "json", "-n", node]
    record = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return record[phase]["rate"]


def by_redis_benchmark(node, phase, clients, pipeline, jobs):
    host, _, port = node.rpartition(":")
    options = ("-h", host, "-p", port, "-c", clients, "-P", pipeline, "-n", jobs, "-q")
    command = ["redis-benchmark", *map(str, options), *PHASES[phase]]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.findall(r"([\d.]+) requests per second", out)[-1])


def main(node):
    prepare(node)
    for phase, clients, pipeline, jobs in KINDS:
        rates = {by_bench: [], by_redis_benchmark: []}
        for turn in range(ROUNDS):
            for way in sorted(rates, key=lambda way: way.__name__, reverse=turn % 2 == 1):
                rates[way].append(way(node, phase, clients, pipeline, jobs))
                with Client(node) as client:
                    client.debug("FLUSHALL")
        ours, theirs = rates.values()
        ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
        print(
            f"{phase}, {clients} clients, pipeline {pipeline}: bench {median(ours):,.0f}/s, "
            f"redis-benchmark {median(theirs):,.0f}/s, ratio {median(ratios):.2f}"
        )


if __name__ == "__main__":
    main(sys.argv[1])
