"""`disquectl sandbox` as a process: what it prints, when it ends, and the environment of its command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.processes import PATIENCE_SECONDS, running
from tests.support.terminal import Terminal

SHOW_ENVIRONMENT = """
import os
for name, value in sorted(os.environ.items()):
    if name.startswith("DISQUE"):
        print(f"{name}={value}")
"""
pytestmark = pytest.mark.sandbox_only("the sandbox command itself")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_stops_when_told(number):
    with running("sandbox", "--port", "0", "--nodes", "2") as process:
        line = process.stdout.readline().decode()
        name, _, addresses = line.strip().partition("=")
        nodes = addresses.split(",")
        assert (name, len(nodes)) == ("DISQUE_NODES", 2)
        with Client(nodes[0]) as client, Client(nodes[1]) as other:
            job_id = client.addjob("q", "body", replicate=2)
            assert len(client.hello()["nodes"]) == 2
            assert [job["id"] for job in other.getjob("q", timeout_ms=20_000)] == [job_id]
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, out) == (0, b"")
        assert b"not a real Disque server" in err
        assert b"Traceback" not in err


def test_ctrl_c_on_a_terminal_stops_it():
    with Terminal("sandbox", "--port", "0") as terminal:
        terminal.wait_for("DISQUE_NODES=127.0.0.1:")
        terminal.type("\x03")
        assert terminal.end() == 0


def test_a_command_gets_its_nodes_and_nothing_of_another_cluster():
    done = run_disquectl(
        *("sandbox", "--port", "0", "--password", "p w", "--", sys.executable, "-c", SHOW_ENVIRONMENT),
        DISQUE_NODES="10.0.0.1:7711",
        DISQUE_URL="disque://10.0.0.1",
        DISQUE_PROFILE="live",
        DISQUE_PASSWORD="live",
        DISQUECTL_READ_ONLY="1",
        DISQUECTL_OUTPUT="json",
        DISQUECTL_DEBUG="1",
    )
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "DISQUECTL_DEBUG=1"
    assert lines[1].startswith("DISQUE_NODES=127.0.0.1:")
    assert lines[2:] == ["DISQUE_PASSWORD=p w"]


def test_it_ends_with_the_code_of_its_command():
    for command, code in (("exit 7", 7), ("kill -TERM $$", 143)):
        done = run_disquectl("sandbox", "--port", "0", "--", "sh", "-c", command)
        assert (done.code, done.out, done.err) == (code, "", "")
    done = run_disquectl("sandbox", "--port", "0", "--", "/no/such/command")
    assert (done.code, done.out) == (127, "")
    inner = f"{sys.executable} -m disquectl addjob q hello && {sys.executable} -m disquectl qlen q"
    done = run_disquectl("sandbox", "--port", "0", "sh", "-c", inner)
    assert (done.code, done.out.splitlines()[1]) == (0, "1")


def test_term_reaches_the_command_and_its_code_comes_back():
    script = 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done'
    with running("sandbox", "--port", "0", "--", "sh", "-c", script) as process:
        assert process.stdout.readline() == b"ready\n"
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 9


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--node", "h", "sandbox"], "sandbox does not connect, so --node is not needed (leave it out)"),
        (
            ["sandbox", "--url", "disque://h"],
            "sandbox does not connect, so --url is not needed (leave it out)",
        ),
        (["sandbox", "--password-file", "f"], "sandbox does not connect, so --password-file is not"),
        (["sandbox", "--nodes", "0"], "--nodes: 0 is too small"),
        (["sandbox", "--port", "65536"], "--port: 65536 is too large"),
        (
            ["sandbox", "--port", "65535", "--nodes", "2"],
            "ports 65535 to 65536 are out of range: the last port is 65535",
        ),
    ],
)
def test_what_makes_no_sense_for_it_is_a_usage_error(args, told):
    done = run_disquectl(*args)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"disquectl: {told}")


def test_a_port_that_is_taken_is_said_in_one_line(node):
    done = run_disquectl("sandbox", "--port", node.rpartition(":")[2])
    assert (done.code, done.out) == (9, "")
    assert done.err == (
        f"disquectl: the sandbox cannot start: cannot listen on {node}: Address already in use "
        "(--port 0 picks free ports)\n"
    )


@pytest.mark.parametrize("host", ["no..such", "a" * 300, "no.such.host.invalid"])
def test_a_host_that_is_none_is_said_in_one_line(host):
    done = run_disquectl("sandbox", "--port", "0", "--host", host, "--", "true")
    assert (done.code, done.out) == (9, "")
    assert done.err.startswith(f"disquectl: the sandbox cannot start: cannot listen on {host}:0: ")
    assert done.err.count("\n") == 1


def test_the_demo_has_queues_that_move():
    with running("sandbox", "--port", "0", "--demo") as process:
        node = process.stdout.readline().decode().strip().partition("=")[2]
        with Client(node) as client:
            before = {}
            while True:
                stats = {name: client.qstat(name) for name in client.qscan_all()}
                moved = [n for n, s in stats.items() if before.get(n) and s["jobs_in"] > before[n]["jobs_in"]]
                if moved:
                    break
                before = before or stats
        assert len(stats) > 1


def test_nobody_reading_its_log_is_no_reason_to_stop():
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "disquectl", "sandbox", "--port", "0"], stdout=subprocess.PIPE, stderr=writing
    )
    os.close(writing)
    try:
        node = process.stdout.readline().decode().strip().partition("=")[2]
        os.close(reading)
        with Client(node) as client:
            client.shutdown()
        assert process.wait(PATIENCE_SECONDS) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
