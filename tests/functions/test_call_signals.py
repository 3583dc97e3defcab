"""`work --call` under signals, with TLS, and on a full disk."""

from __future__ import annotations

import os
import signal

import pytest

from tests.conftest import run_disquectl
from tests.support.processes import children_of, run_in_shell, state_of
from tests.support.tls_proxy import Authority, TlsProxy
from tests.support.waiting import wait_until
from tests.support.workers import letters, nothing_left, read_until, work, worker

MODULE = """
import ctypes, os, time

def hold_the_gil(job):
    open("begun", "w").close()
    ctypes.PyDLL(None).sleep(600)

def wait(job):
    open("begun", "w").close()
    while not os.path.exists("go"):
        time.sleep(0.01)

def show(job):
    print(job.body.decode())
"""
# Its process says that it is ready, and handles no signals yet.
SLOW_MODULE = (
    MODULE
    + """
import disquectl.functions.process

def begin_slowly(*_):
    open("ready", "w").close()
    time.sleep(60)

disquectl.functions.process._work = begin_slowly
"""
)


def test_ctrl_z_stops_the_processes_and_fg_goes_on(folder, node, client):
    client.addjob("q", "x")
    with worker(node, "-q", "q", "--processes", "1", "--call", "shop:wait") as process:
        wait_until((folder / "begun").exists)
        (child,) = children_of(process.pid)
        process.send_signal(signal.SIGTSTP)
        wait_until(lambda: state_of(process.pid) == "T" and state_of(child) == "T")
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: state_of(child) != "T")
        (folder / "go").touch()
        wait_until(lambda: nothing_left(client))
        process.terminate()
        assert process.wait(30) == 0


def test_ctrl_c_again_and_again_ends_it_and_no_job_is_lost(folder, node, client):
    job_id = client.addjob("q", "x")
    options = ("--processes", "1", "--grace", "5m")
    with worker(node, "-q", "q", *options, "--call", "shop:wait") as process:
        wait_until((folder / "begun").exists)
        wait_until(lambda: process.poll() is not None or process.send_signal(signal.SIGINT))
    # Put back, or, where KILL came first, due again after its retry time.
    job = client.show(job_id)
    assert (job["state"] in ("queued", "active"), job["nacks"]) == (True, 0)


def test_a_signal_is_logged_once_for_all_processes(folder, node, client):
    client.addjob("q", "x")
    client.addjob("q", "y")
    with worker(node, "-q", "q", "--processes", "2", "-c", "1", "--call", "shop:wait") as process:
        wait_until(lambda: client.qlen("q") == 0)
        process.terminate()
        read_until(process, "received TERM: taking no more jobs, waiting for running functions for up to ")
        (folder / "go").touch()
        _, log = process.communicate(timeout=30)
    assert b"received" not in log


@pytest.mark.parametrize(
    ("limit", "why"),
    [(("--max-time", "500ms"), "--max-time has passed"), (("--max-jobs", "2"), "--max-jobs")],
)
def test_a_limit_is_logged_when_it_is_reached_by_all_processes(folder, node, client, limit, why):
    for number in range(4):
        client.addjob("q", str(number))
    done = run_disquectl(
        "work", "-q", "q", *limit, "--processes", "2", "-c", "1", "--call", "shop:show", node=node
    )
    (line,) = [line for line in done.err.splitlines() if "taking no more jobs" in line]
    assert why in line


def test_output_that_cannot_be_written_is_a_failure(folder, node, client):
    client.addjob("q", "x")
    options = ("-q", "q", "--burst", "--max-retries", "0", "--processes", "1")
    done = run_in_shell('"$@" > /dev/full', "work", *options, "--call", "shop:show", node=node)
    assert done.returncode == 3
    assert letters(client)[0]["reason"].startswith("OSError: [Errno 28]")


def test_processes_use_tls(folder, node, client):
    client.addjob("q", "hello")
    authority = Authority(folder)
    with TlsProxy(node, authority.issue("localhost")) as proxy:
        options = ("--tls", "--cacert", authority.ca, "--processes", "1")
        done = work(proxy.address, "-q", "q", *options, "--call", "shop:show")
    assert (done.code, done.out) == (0, "hello\n"), done.err
    assert nothing_left(client)


def test_a_process_that_is_ended_before_it_handles_signals_has_left_nothing(folder, node, client):
    (folder / "slow.py").write_text(SLOW_MODULE)
    with worker(node, "-q", "q", "--processes", "1", "--call", "slow:show") as process:
        wait_until((folder / "ready").exists)
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_a_signal_ends_alone_is_started_again(folder, node, client, number):
    client.addjob("q", "x")
    with worker(node, "-q", "q", "--processes", "1", "--call", "shop:wait") as process:
        wait_until((folder / "begun").exists)
        (child,) = children_of(process.pid)
        os.kill(int(child), number)
        (folder / "go").touch()
        wait_until(lambda: nothing_left(client))
        client.addjob("q", "y")
        wait_until(lambda: nothing_left(client))
        process.terminate()
        log = process.stderr.read().decode()
        assert process.wait(30) == 0
    assert f"process {child} was stopped: it takes no more jobs; starting another one in 1s" in log


def test_processes_end_with_the_reader_of_their_stdout(folder, node, client):
    (folder / "go").touch()
    with worker(node, "-q", "q", "--processes", "2", "--call", "shop:wait") as process:
        client.addjob("q", "x")
        wait_until(lambda: nothing_left(client) and len(children_of(process.pid)) == 2)
        process.stdout.close()
        log = process.stderr.read().decode()
        assert process.wait(30) == 0
    assert "starting another one" not in log


def test_a_process_that_does_not_react_is_killed_at_the_end_of_the_grace_time(folder, node, client):
    job_id = client.addjob("q", "x")
    options = ("--processes", "1", "--grace", "500ms")
    with worker(node, "-q", "q", *options, "--call", "shop:hold_the_gil") as process:
        wait_until((folder / "begun").exists)
        process.terminate()
        log = process.stderr.read().decode()
        assert process.wait(30) == 3
    assert "was ended by SIGKILL: its jobs come back after their retry time" in log
    assert client.show(job_id)["nacks"] == 0
