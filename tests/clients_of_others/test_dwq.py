"""dwq, a work queue used in a real CI system: its worker, manager and client, with disquectl beside them."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.waiting import wait_until

dwq = pytest.importorskip("dwq")

WORKER = "disquectl-test-worker"
CONTROL_QUEUE = f"control::worker::{WORKER}".encode()


def program(name, *args):
    """The command line of one of dwq's programs."""
    return [
        sys.executable,
        "-c",
        f"import sys; sys.argv[0] = {name!r}; from dwq.{name} import main; main()",
        *args,
    ]


@pytest.fixture
def environment(node):
    """Where dwq's programs find the node. Their own warnings are their own business."""
    environment = dict(os.environ) | {"DWQ_DISQUE_URL": node}
    environment.pop("PYTHONWARNINGS", None)
    return environment


@pytest.fixture
def worker(environment, client):
    """A worker that waits for jobs."""
    with subprocess.Popen(
        program("dwqw", "--jobs", "1", "--name", WORKER, "--queues", "builds"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            wait_until(lambda: process.poll() is not None or waiting(client) == [b"builds", CONTROL_QUEUE])
            assert process.poll() is None, process.stdout.read()
            yield process
        finally:
            end(process)


def end(process):
    """Let the worker clean up after itself, and make an end of it if it does not."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()


def waiting(client):
    """The queues that somebody waits on."""
    return sorted(name for name in client.qscan_all() if (client.qstat(name) or {"blocked": 0})["blocked"])


def run(command, environment):
    """Run a program to its end; what it printed."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_a_worker_does_a_job_from_end_to_end(worker, client):
    body = {"command": "echo built $((6*7))", "control_queues": ["results"]}
    job_id = client.addjob("builds", json.dumps(body), retry=300)
    (job,) = client.getjob("results", timeout_ms=60_000)
    result = json.loads(job["body"])
    assert (result["job_id"], result["state"]) == (job_id, "done")
    assert (result["result"]["status"], result["result"]["output"]) == (0, "built 42\n")
    wait_until(lambda: client.show(job_id) is None)


def test_a_job_that_fails_is_tried_again_and_then_told(worker, client):
    body = {"command": "exit 3", "control_queues": ["results"], "options": {"max_retries": 1}}
    client.addjob("builds", json.dumps(body), retry=300)
    (job,) = client.getjob("results", timeout_ms=60_000)
    assert json.loads(job["body"])["result"]["status"] == 3


def test_the_manager_lists_and_pings_the_worker(worker, environment):
    assert run(program("dwqm", "control", "--list"), environment) == f"{WORKER}\n"
    answer = run(program("dwqm", "control", "--ping", WORKER), environment)
    assert answer.splitlines()[-1] == f"{WORKER}: pong"
    assert "name: builds len: 0 blocked: 1" in run(program("dwqm", "queue", "--list"), environment)


def test_the_client_of_dwq_gets_its_result(worker, environment):
    command = program("dwqc", "--queue", "builds", "--repo", "", "--commit", "", "echo from dwqc")
    assert "from dwqc" in run(command, environment)


def test_disquectl_shows_the_queues_of_a_worker(worker, environment):
    names = run(
        [sys.executable, "-m", "disquectl", "qscan"],
        environment | {"DISQUE_NODES": environment["DWQ_DISQUE_URL"]},
    )
    assert sorted(names.split()) == ["builds", CONTROL_QUEUE.decode()]


def test_the_manager_stops_the_worker(worker, environment):
    answer = run(program("dwqm", "control", "--shutdown", WORKER), environment)
    assert "shutting down" in answer
    assert worker.wait(60) == 0
