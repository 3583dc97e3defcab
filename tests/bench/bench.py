"""How many jobs a second `disquectl bench` adds, beside redis-benchmark.

    python -m tests.bench.bench HOST:PORT

For a real node on loopback that holds nothing; it is emptied. In turns, so that what else the machine does
falls on both; each round gives one ratio, and the median of the ratios is shown. The figure to hold: 0.8.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from statistics import median

from disquectl import Client
from tests.bench.bulk import prepare

ROUNDS = 7
BODY = "x" * 100
# Clients, pipeline, jobs.
KINDS = ((50, 1, 100_000), (4, 64, 400_000))


def by_bench(node, clients, pipeline, jobs):
    words = (
        "bench",
        "--produce",
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
    return record["produce"]["rate"]


def by_redis_benchmark(node, clients, pipeline, jobs):
    host, _, port = node.rpartition(":")
    options = ("-h", host, "-p", port, "-c", clients, "-P", pipeline, "-n", jobs, "-q")
    command = ["redis-benchmark", *map(str, options), "ADDJOB", "bench", BODY, "5000", "TTL", "300"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.findall(r"([\d.]+) requests per second", out)[-1])


def main(node):
    prepare(node)
    for clients, pipeline, jobs in KINDS:
        rates = {by_bench: [], by_redis_benchmark: []}
        for turn in range(ROUNDS):
            for way in sorted(rates, key=lambda way: way.__name__, reverse=turn % 2 == 1):
                rates[way].append(way(node, clients, pipeline, jobs))
                with Client(node) as client:
                    client.debug("FLUSHALL")
        ours, theirs = rates.values()
        ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
        print(
            f"{clients} clients, pipeline {pipeline}: bench {median(ours):,.0f}/s, "
            f"redis-benchmark {median(theirs):,.0f}/s, ratio {median(ratios):.2f}"
        )


if __name__ == "__main__":
    main(sys.argv[1])
