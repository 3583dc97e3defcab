"""How many jobs a second one process of `work --call` does, beside bare loops.

    python -m tests.bench.functions HOST:PORT

All in one run, in turns; medians of the rounds, against the node that is named (a real one: the sandbox is
slower than any of them). The bare loop has GETJOB COUNT 100 WITHCOUNTERS and one ACKJOB for its jobs, which
travels with the next GETJOB; the other loops take one job at a time, as the clients of others are used.
The figure to hold: a function that does nothing reaches 0.3 of the bare loop. The start of Python is measured
by itself and taken off.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import hiredis

from disquectl import Client
from tests.bench.shared import ENVIRON, fill, show_load

JOBS, FEW, ONE_BY_ONE, ROUNDS = 200_000, 100, 10_000, 5
MODULE = "def nothing(job):\n    pass\n\nasync def nothing_async(job):\n    pass\n"


def bare(address, queue):
    """Jobs a second of a loop over a socket."""
    host, _, port = address.rpartition(":")
    reader = hiredis.Reader(notEnoughData=Ellipsis)
    get = hiredis.pack_command((b"GETJOB", b"NOHANG", b"COUNT", 100, b"WITHCOUNTERS", b"FROM", queue))
    with socket.create_connection((host, int(port))) as sock:

        def reply():
            while (value := reader.gets()) is Ellipsis:
                reader.feed(sock.recv(1 << 16))
            return value

        began, done = time.perf_counter(), 0
        sock.sendall(get)
        jobs = reply()
        while jobs:
            done += len(jobs)
            sock.sendall(hiredis.pack_command((b"ACKJOB", *[job[1] for job in jobs])) + get)
            reply()
            jobs = reply()
        return done / (time.perf_counter() - began)


def one_by_one(take, acknowledge):
    """Jobs a second of a loop that takes and acknowledges one at a time."""
    began, done = time.perf_counter(), 0
    while jobs := take():
        acknowledge(jobs[0])
        done += 1
    return done / (time.perf_counter() - began)


def as_pydisque(address, queue):
    """Such a loop, as the clients of others are used; None if redis-py is not installed."""
    try:
        import redis
    except ImportError:
        return None
    host, _, port = address.rpartition(":")
    client = redis.Redis(host, int(port))
    rate = one_by_one(
        lambda: client.execute_command("GETJOB", "NOHANG", "FROM", queue),
        lambda job: client.execute_command("ACKJOB", job[1]),
    )
    client.close()
    return rate


def worker(address, queue, name, folder):
    """Seconds of a worker from its start to its end."""
    command = [
        sys.executable,
        "-m",
        "disquectl",
        "work",
        "--node",
        address,
        "--quiet",
        "-q",
        queue,
        "--burst",
    ]
    began = time.perf_counter()
    subprocess.run([*command, "--processes", "1", "--call", name], check=True, cwd=folder, env=ENVIRON)
    return time.perf_counter() - began


def calls(client, address, queue, name, folder):
    """Jobs a second of a function, without the start."""
    fill(client, queue, FEW)
    start = worker(address, queue, name, folder)
    fill(client, queue, JOBS)
    return (JOBS - FEW) / (worker(address, queue, name, folder) - start)


def main():
    """Measure and print."""
    address = sys.argv[1]
    queue = f"bench-{os.getpid()}"
    rates = {"bare loop": [], "def": [], "async def": [], "redis-py, one by one": [], "ours, one by one": []}
    with Client(address) as client, tempfile.TemporaryDirectory() as folder:
        Path(folder, "bench_handlers.py").write_text(MODULE)
        for _ in range(ROUNDS):
            fill(client, queue, JOBS)
            rates["bare loop"].append(bare(address, queue))
            rates["def"].append(calls(client, address, queue, "bench_handlers:nothing", folder))
            rates["async def"].append(calls(client, address, queue, "bench_handlers:nothing_async", folder))
            fill(client, queue, ONE_BY_ONE)
            if (rate := as_pydisque(address, queue)) is not None:
                rates["redis-py, one by one"].append(rate)
            fill(client, queue, ONE_BY_ONE)
            rates["ours, one by one"].append(
                one_by_one(lambda: client.getjob(queue, nohang=True), lambda job: client.ackjob(job["id"]))
            )
    base = median(rates["bare loop"])
    for name, found in rates.items():
        if found:
            print(f"{name:22} {median(found):10,.0f} jobs/s, {median(found) / base:.2f} of the bare loop")
    show_load()


if __name__ == "__main__":
    main()
