"""`run` as a process of its own: the ready line, signals, a command and its environment, the demo."""

from __future__ import annotations

import asyncio
import io
import json
import math
import os
import signal
import socket
import sys
from random import Random

import pytest

from disquectl.sandbox.demo import Demo
from disquectl.sandbox.engine import Engine
from disquectl.sandbox.run import run
from tests.sandbox.processes import finish, start

from .bench import START_MS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_stops_when_told(number: int) -> None:
    process = start("3", "", "")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("DISQUE_NODES=127.0.0.1:")
    addresses = line.strip().removeprefix("DISQUE_NODES=").split(",")
    for address in addresses:
        host, _, port = address.partition(":")
        socket.create_connection((host, int(port)), timeout=20).close()
    process.send_signal(number)
    code, out, err = finish(process)
    assert (code, out) == (0, "")
    assert "no Disque" in err


def test_a_command_gets_its_nodes_and_nothing_of_another_cluster() -> None:
    script = "import json, os; print(json.dumps(dict(os.environ))); raise SystemExit(7)"
    elsewhere = {"DISQUE_URL": "disque://live", "DISQUE_PASSWORD": "live", "DISQUECTL_OUTPUT": "json"}
    process = start(
        "2",
        "secret",
        "",
        sys.executable,
        "-c",
        script,
        DISQUECTL_READ_ONLY="1",
        DISQUECTL_CLUSTER="1",
        **elsewhere,
    )
    code, out, err = finish(process)
    assert (code, err) == (7, "")
    seen = json.loads(out)
    assert seen.pop("DISQUE_NODES").count("127.0.0.1:") == 2
    assert seen.pop("DISQUE_PASSWORD") == "secret"
    assert not {name for name in seen if name.startswith("DISQUE_")}
    assert not {"DISQUECTL_READ_ONLY", "DISQUECTL_CLUSTER", "DISQUECTL_OUTPUT"} & set(seen)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["no-such-command-at-all"], 127),
        ([os.devnull], 126),
        ([sys.executable, "-c", "import os; os.kill(os.getpid(), 15)"], 143),
    ],
)
def test_how_a_command_ended_is_the_exit_code(command: list[str], expected: int) -> None:
    code, out, err = finish(start("1", "", "", *command))
    assert (code, out) == (expected, "")
    assert len(err.splitlines()) == (0 if expected == 143 else 1)


def test_term_reaches_the_command() -> None:
    script = "import signal; print('ready', flush=True); signal.pause()"
    process = start("1", "", "", sys.executable, "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 143


def test_the_last_shutdown_ends_it() -> None:
    process = start("1", "", "")
    assert process.stdout is not None
    host, _, port = process.stdout.readline().strip().removeprefix("DISQUE_NODES=").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(b"SHUTDOWN\r\n")
        assert finish(process)[0] == 0


def test_the_demo_has_jobs_of_every_kind_and_stays_small() -> None:
    engine = Engine([("127.0.0.1", 7711)], START_MS, random=Random(1))
    node = engine.nodes[0]
    demo = Demo(engine.nodes, START_MS)
    assert {b"mail", b"thumbnails", b"billing", b"webhooks"} <= set(node.queues)
    nacked = came_back = False
    for now_ms in range(START_MS, START_MS + 900_000, 100):
        demo.step(now_ms)
        engine.advance(now_ms)
        nacked = nacked or any(job.nacks for job in node.jobs.values())
        came_back = came_back or any(job.additional_deliveries for job in node.jobs.values())
    assert {b"reminders", b"dead:billing"} <= set(node.queues)
    assert all(len(queue) <= 500 for queue in node.queues.values())
    assert len(node.jobs) < 2000
    moved = {name: queue.jobs_out for name, queue in node.queues.items() if not name.startswith(b"dead:")}
    assert all(moved.values())
    assert nacked
    assert came_back


def test_dev_mode_adds_nothing_to_its_log(monkeypatch):
    monkeypatch.setenv("PYTHONDEVMODE", "1")
    loops = []

    class Started(Exception):
        pass

    def note(*_):
        loops.append(asyncio.get_running_loop())
        raise Started

    monkeypatch.setattr("disquectl.sandbox.run.listen", lambda *_: [])
    monkeypatch.setattr("disquectl.sandbox.run.SandboxServer", note)
    monkeypatch.setattr("gc.set_threshold", lambda *_: None)
    with pytest.raises(Started):
        run("127.0.0.1", 0, 1, None, False, [], io.BytesIO(), io.BytesIO())
    # asyncio says on stderr what took this long.
    assert loops[0].slow_callback_duration == math.inf
