"""How many jobs a second a worker does, beside xargs, and how much memory waiting jobs cost it.

    python -m tests.bench.work [HOST:PORT]

All in one run, in turns; medians of the rounds. Without an address it starts a sandbox in another process.
The figures to hold: as many processes a second as `xargs -P` with the same command, 20,000 jobs a second with
--lines and a handler that does nothing, three times as many with --in-flight, and the same memory whether
1,000 or 100,000 jobs wait. The time of --lines has the start of the worker and of its handlers in it; how
long that is alone is said, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from disquectl import Client
from tests.bench.shared import ENVIRON, fill, node_or_sandbox, show_load

CONCURRENCY, HANDLERS, ROUNDS = 8, 25, 5
FEW, IN_FLIGHT = 2, "100"
PROCESSES, LINES, WAITING = 1_500, 100_000, 100_000
# Reads lines and answers each: the least that a handler can do.
HANDLER = "import sys\nfor line in sys.stdin.buffer:\n    sys.stdout.write('true\\n')\n    sys.stdout.flush()"


def work(node, queue, *args):
    """Seconds of a worker from its start to its end, and its peak memory in kB."""
    command = [sys.executable, "-m", "disquectl", "work", "--node", node, "--quiet", "-q", queue, *args]
    start = time.monotonic()
    process = subprocess.Popen(command, env=ENVIRON, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.monotonic() - start, usage.ru_maxrss


def lines(client, node, queue, count, handlers=HANDLERS, *options):
    """Seconds of a worker whose handlers stay, for so many jobs."""
    fill(client, queue, count)
    handler = ("--lines", "--", sys.executable, "-c", HANDLER)
    return work(node, queue, "-c", str(handlers), "--burst", *options, *handler)[0]


def xargs(count):
    """Seconds that xargs takes for so many processes."""
    words = "".join(f"job-{i}\n" for i in range(count)).encode()
    start = time.monotonic()
    subprocess.run(["xargs", "-P", str(CONCURRENCY), "-n", "1", "/bin/true"], input=words, check=True)
    return time.monotonic() - start


def main():
    """Measure and print."""
    with node_or_sandbox(sys.argv[1:]) as node, Client(node) as client:
        queue = f"bench-{os.getpid()}"
        many = ("-c", str(CONCURRENCY))
        ours, theirs, staying, starting = [], [], [], []
        few, in_flight, few_starting = [], [], []
        for _ in range(ROUNDS):
            fill(client, queue, PROCESSES)
            ours.append(work(node, queue, *many, "--burst", "--", "/bin/true")[0])
            theirs.append(xargs(PROCESSES))
            staying.append(lines(client, node, queue, LINES))
            starting.append(lines(client, node, queue, HANDLERS))
            few.append(lines(client, node, queue, LINES, FEW))
            in_flight.append(lines(client, node, queue, LINES, FEW, "--in-flight", IN_FLIGHT))
            few_starting.append(lines(client, node, queue, FEW, FEW))
        rate, bare = PROCESSES / median(ours), PROCESSES / median(theirs)
        print(f"a process a job: {rate:,.0f}/s, xargs {bare:,.0f}/s: {rate / bare:.2f} of it (at least 1)")
        print(f"--lines: {LINES / median(staying):,.0f} jobs/s (at least 20,000 on two idle cores);")
        print(f"    {median(starting):.2f}s of {median(staying):.2f}s are those of {HANDLERS} jobs alone")
        one, many_lines, start = median(few), median(in_flight), median(few_starting)
        faster = (one - start) / (many_lines - start)
        print(f"--lines -c {FEW}: {LINES / one:,.0f} jobs/s, with --in-flight {LINES / many_lines:,.0f};")
        print(f"    without the start of {start:.2f}s {faster:.1f} times as many (at least 3)")
        little = more = 0
        for waiting in (1_000, WAITING):
            fill(client, queue, waiting)
            little, more = more, work(node, queue, *many, "--max-jobs", "500", "--", "/bin/true")[1]
        print(f"memory with 1,000 jobs waiting {little:,} kB, with {WAITING:,} {more:,} kB")
        left = [job["id"] for job in client.jscan_all(queue=queue)]
        client.call_many([("DELJOB", *left[i : i + 1000]) for i in range(0, len(left), 1000)])
    show_load()


if __name__ == "__main__":
    main()
