"""A phase of a measurement in several processes adds up to the same jobs."""

from __future__ import annotations

import json
import os
import threading

import pytest

from disquectl.bulk.bench_processes import number_of_processes
from tests.support.processes import run_python

# The sandbox runs in another process: a process with threads must not fork.
SCRIPT = """
import json, os, signal
from disquectl.bulk import bench_processes
from disquectl.bulk.bench_run import Load, consume, produce
from disquectl.client.address import parse_node
from disquectl.client.connection_factory import ConnectionFactory
from disquectl.errors import DisquectlError
from disquectl.execution.signals import Stop

node, jobs, seconds, processes, stops = json.loads(os.environ["PLAN"])
load = Load([parse_node(node)], b"q", clients=5, pipeline=2, size=10, replicate=1, seconds=seconds, rate=None)
factory = ConnectionFactory()
reports = []

def report(done):
    reports.append(done)
    if stops and done and not stop.asked:
        os.kill(os.getpid(), signal.SIGTERM)

found = []
try:
    with Stop() as stop:
        for phase in (produce, consume):
            if not stop.asked:
                found.append(bench_processes.measure(
                    phase, load, jobs, factory, stop=stop, report=report, processes=processes
                ).record())
    print(json.dumps({"found": found, "reports": reports}))
except DisquectlError as problem:
    print(json.dumps({"error": problem.message}))
"""


def run(node, *, jobs, processes, seconds=None, stops=False):
    done = run_python(SCRIPT, PLAN=json.dumps([node, jobs, seconds, processes, stops]))
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_all_jobs_are_added_and_taken(processes, node):
    added, taken = run(node, jobs=101, processes=processes)["found"]
    assert (added["jobs"], added["errors"]) == (101, {})
    assert (taken["jobs"], taken["errors"]) == (101, {})
    assert 0 < added["latency"]["min"] <= added["latency"]["max"]
    assert added["rate"] > 0


def test_they_report_and_stop_at_a_signal(node):
    said = run(node, jobs=None, processes=2, seconds=60, stops=True)
    (added,) = said["found"]
    assert added["jobs"] >= max(said["reports"]) > 0
    assert added["errors"] == {}


@pytest.mark.parametrize(
    ("cores", "clients", "threads", "expected"),
    [(1, 50, 1, 1), (2, 50, 1, 1), (8, 50, 1, 4), (8, 3, 1, 3), (8, 50, 2, 1)],
)
def test_half_of_the_cores_and_one_process_beside_threads(cores, clients, threads, expected, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr(threading, "active_count", lambda: threads)
    assert number_of_processes(clients) == expected


def test_a_process_that_cannot_connect():
    assert "connection refused" in run("127.0.0.1:1", jobs=10, processes=2)["error"]
