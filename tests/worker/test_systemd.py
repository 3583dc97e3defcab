"""What a worker tells systemd, on a datagram socket in its place."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time

import pytest

from disquectl.worker.systemd import Systemd
from tests.support.waiting import wait_until
from tests.support.workers import read_until, work, worker


@pytest.fixture(params=["path", "abstract"])
def service(request, tmp_path):
    """A socket that waits for messages, and its name as in NOTIFY_SOCKET."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@disquectl-test-{os.getpid()}"
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(name if name[0] == "/" else f"\0{name[1:]}")
        listening.settimeout(20)
        yield listening, name


@pytest.mark.parametrize("what", [("--", "true"), ("--call", "json:loads", "--processes", "2")], ids=len)
def test_ready_and_stopping(node, client, service, what):
    listening, name = service
    with worker(node, "-q", "q", *what, NOTIFY_SOCKET=name) as process:
        assert listening.recv(100) == b"READY=1"
        # A process that TERM finds before its loop turns does not end well.
        count = 2 if "--call" in what else 1
        wait_until(lambda: client.call("CLIENT", "LIST").count(b"name=disquectl:work:") >= count)
        process.send_signal(signal.SIGTERM)
        assert listening.recv(100) == b"STOPPING=1"
        assert process.wait(20) == 0


def test_a_worker_that_reaches_no_node_is_not_ready(service):
    listening, name = service
    done = work("127.0.0.1:1", "-q", "q", "--", "true", NOTIFY_SOCKET=name)
    assert done.code == 5
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(100)


def test_the_watchdog_hears_of_a_loop_that_turns_and_not_of_one_that_hangs(node, service):
    listening, name = service
    with worker(node, "-q", "q", "--", "true", NOTIFY_SOCKET=name, WATCHDOG_USEC="100000") as process:
        assert listening.recv(100) == b"READY=1"
        begun = time.monotonic()
        assert [listening.recv(100) for _ in range(5)] == [b"WATCHDOG=1"] * 5
        assert time.monotonic() - begun > 0.15
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        listening.settimeout(0.3)
        # What was sent before the worker stopped.
        with contextlib.suppress(TimeoutError):
            for _ in range(100):
                listening.recv(100)
        with pytest.raises(TimeoutError):
            listening.recv(100)
        process.send_signal(signal.SIGCONT)


def test_the_watchdog_of_another_process_is_not_ours(tmp_path):
    environ = {"NOTIFY_SOCKET": str(tmp_path / "none"), "WATCHDOG_USEC": "100000"}
    with contextlib.closing(Systemd(environ | {"WATCHDOG_PID": "1"}, 2)) as one:
        one.ready(0.0)
        assert one.next_deadline > 1e9
    with contextlib.closing(Systemd(environ | {"WATCHDOG_PID": "2"}, 2)) as one:
        one.ready(0.0)
        one.tick(0.0, is_stopping=False)
        assert one.next_deadline == 0.05


@pytest.mark.parametrize("name", ["", "vsock:2:1234", "relative"])
def test_other_addresses_are_ignored(name):
    one = Systemd({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "x"}, 1)
    one.ready(0.0)
    one.tick(1.0, is_stopping=True)
    assert one.next_deadline > 1e9


def test_commands_do_not_speak_for_the_service(node, client, service):
    _, name = service
    client.addjob("q", "x")
    env = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "5"}
    done = work(node, "-q", "q", "--", "env", **env)
    assert done.code == 0
    assert not [line for line in done.out.splitlines() if line.startswith(("NOTIFY", "WATCHDOG"))]


def test_a_service_manager_that_is_gone_does_not_matter(node, client, tmp_path):
    client.addjob("q", "x")
    done = work(node, "-q", "q", "--", "true", NOTIFY_SOCKET=str(tmp_path / "gone"), WATCHDOG_USEC="1000")
    assert done.code == 0


def test_a_worker_with_jobs_that_run_says_that_it_stops(node, client, service):
    listening, name = service
    client.addjob("q", "x")
    script = "echo begun >&2; sleep 0.5"
    with worker(node, "-q", "q", "--", "sh", "-c", script, NOTIFY_SOCKET=name) as process:
        assert listening.recv(100) == b"READY=1"
        read_until(process, "begun")
        process.send_signal(signal.SIGTERM)
        assert listening.recv(100) == b"STOPPING=1"
        assert process.poll() is None
        assert process.wait(20) == 0
