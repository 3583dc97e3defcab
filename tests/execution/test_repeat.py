"""--every and --times: rounds on a terminal and off it, rounds without a node, and what ends them."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from disquectl import Client
from disquectl.commands import all_commands, find
from disquectl.errors import (
    ConnectionFailed,
    NoAnswer,
    NotAuthorised,
    NotDisque,
    NothingThere,
    PartlyDone,
    ReplyError,
)
from disquectl.execution.repeat import may_pass
from disquectl.sandbox.thread import SandboxThread
from disquectl.spec.command import READ
from disquectl.spec.command_line import command_line
from tests.conftest import run_disquectl
from tests.support.emulated_terminal import Person
from tests.support.processes import PATIENCE_SECONDS, running, state_of
from tests.support.waiting import wait_until


def test_commands_that_read_have_it_and_others_do_not():
    assert find("qlen").repeats
    assert not any(
        command.repeats for command in all_commands() if command.risk.effect != READ or not command.connects
    )
    for name in ("shell", "monitor", "help", "getjob", "exec"):
        assert not find(name).repeats


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["qlen", "q", "--times", "2"], "--times needs --every"),
        (["qlen", "q", "--every", "0"], "--every must be more than 0"),
        (["qlen", "q", "--every", ""], "--every"),
        (["qlen", "q", "--every", "1s", "--times", "0"], "--times"),
        (["jobs", "--ids-from", "-", "--every", "1s"], "stdin"),
        (["trace", "x", "--follow", "--every", "1s"], "already runs continuously"),
        (["deljob", "x", "--every", "1s"], "no such option: --every"),
    ],
)
def test_wrong_usage(args, message):
    done = run_disquectl(*args)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_one_result_follows_the_other(disquectl, client):
    client.addjob("mail", "a")
    assert disquectl("qlen", "mail", "--every", "10ms", "--times", "3").out == "1\n1\n1\n"
    done = disquectl("qlen", "mail", "--every", "10ms", "--times", "2", PYTHONUNBUFFERED="1")
    assert (done.out, done.err, done.code) == ("1\n1\n", "", 0)


def test_json_records_get_the_time(disquectl, client):
    client.addjob("mail", "a")
    lines = disquectl("qstat", "mail", "--every", "20ms", "--times", "2", "-o", "json").out.splitlines()
    first, second = (json.loads(line) for line in lines)
    assert next(iter(first)) == "time"
    assert first["time"] < second["time"]
    assert first["time"].endswith("Z")
    assert disquectl("qlen", "mail", "-o", "json").records == {"queue": "mail", "length": 1}
    one = disquectl("queues", "--every", "9s", "--times", "1", "-o", "jsonl", "--columns", "queue")
    assert list(one.records) == ["time", "queue"]


def test_csv_has_one_header(disquectl, client):
    client.addjob("mail", "a")
    out = disquectl("qlen", "mail", "--every", "10ms", "--times", "2", "-o", "csv").out
    assert out == "queue,length\nmail,1\nmail,1\n"


def test_a_round_without_a_node_is_shown_and_the_last_one_gives_the_exit_code(tmp_path):
    with SandboxThread() as sandbox:
        node = sandbox.addresses[0]
        with running("qlen", "mail", "--every", "50ms", node=node) as process:
            assert process.stdout.readline() == b"0\n"
            sandbox.stop_node(0)
            assert b"connection refused" in process.stderr.readline()
            with SandboxThread(port=int(node.rpartition(":")[2])) as again, Client(again.addresses) as client:
                client.addjob("mail", "a")
                while process.stdout.readline() != b"1\n":
                    pass
                assert process.poll() is None
    gone = run_disquectl("qlen", "mail", "--every", "10ms", "--times", "2", node=node)
    assert gone.code == 5
    assert gone.err.count("connection refused") == 2


def test_a_refusal_ends_it():
    with SandboxThread(password="s3cret") as sandbox:
        done = run_disquectl("qlen", "mail", "--every", "10ms", node=sandbox.addresses[0])
    assert done.code == 7


def test_what_may_pass():
    for problem in (
        ConnectionFailed("x"),
        NoAnswer("x"),
        NothingThere("x"),
        PartlyDone("x"),
        ReplyError("LOADING x"),
    ):
        assert may_pass(problem)
    for lasting in (NotDisque("x"), NotAuthorised("NOAUTH x"), ReplyError("ERR x")):
        assert not may_pass(lasting)


def test_a_reader_that_goes_away_ends_it_before_the_next_round(node):
    with running("qlen", "mail", "--every", "1h", node=node) as process:
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        assert process.wait(PATIENCE_SECONDS) == 0
        assert process.stderr.read() == b""


def test_a_full_disk_ends_it(node):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            ["disquectl", "qlen", "mail", "--every", "1h"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=dict(os.environ) | {"DISQUE_NODES": node},
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    assert done.returncode == 9
    assert b"could not be written" in done.stderr


def test_ctrl_c_is_130(node):
    with running("qlen", "mail", "--every", "1h", node=node) as process:
        assert process.stdout.readline() == b"0\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 130
        assert process.stderr.read() == b""


def test_on_a_terminal_it_is_drawn_in_place(node, client, tmp_path):
    with Person("qlen", "mail", "--every", "50ms", home=str(tmp_path), DISQUE_NODES=node) as person:
        person.until("Every 0.05s: qlen mail")
        person.until(lambda text: text.endswith("\n0"))
        client.addjob("mail", "a")
        person.until(lambda text: text.endswith("\n1") and len(text.splitlines()) == 3)
        person.type("\x03")
        assert person.leaves() == 130


def test_more_lines_than_the_screen_has_are_counted(node, client, tmp_path):
    for number in range(30):
        client.addjob(f"queue-{number}", "a")
    with Person(
        "qscan", "--every", "1h", home=str(tmp_path), DISQUE_NODES=node, rows=12, columns=60
    ) as person:
        text = person.until("more lines")
        assert text.splitlines()[0].startswith("Every 3600s: qscan")
        assert len(text.splitlines()) == 11
        person.resize(60, 40)
        person.until(lambda text: "more lines" not in text and text.count("queue-") == 30)
        person.resize(60, 8)
        person.until(lambda text: "more lines" in text and len(text.splitlines()) == 7)


def test_a_line_that_is_too_long_stays_one_line(node, client, tmp_path):
    client.addjob("mail", "x" * 300)
    args = ("qpeek", "mail", "-o", "plain", "--every", "50ms")
    with Person(*args, home=str(tmp_path), DISQUE_NODES=node, columns=60) as person:
        person.until("xxx")
        client.addjob("mail", "y" * 300)
        text = person.until(lambda text: "yyy" in text)
        assert len(text.splitlines()) == 4
        assert all(len(line) <= 60 for line in text.splitlines())
        person.type("\x03")
        assert person.leaves() == 130
        # What is typed next wraps again.
        assert person.raw.rfind(b"\x1b[?7h") > person.raw.rfind(b"\x1b[?7l")


def test_a_node_that_is_down_is_shown_in_place(tmp_path):
    with SandboxThread() as sandbox:
        node = sandbox.addresses[0]
        with Person("qlen", "mail", "--every", "50ms", home=str(tmp_path), DISQUE_NODES=node) as person:
            person.until(lambda text: text.endswith("\n0"))
            sandbox.stop_node(0)
            person.until("connection refused")
            with SandboxThread(port=int(node.rpartition(":")[2])):
                person.until(lambda text: text.endswith("\n0") and "refused" not in text)


def test_ctrl_z_and_fg_draw_it_again(node, tmp_path):
    with Person("qlen", "mail", "--every", "1h", home=str(tmp_path), DISQUE_NODES=node) as person:
        person.until(lambda text: text.endswith("\n0"))
        pid = person._child.pid
        person.signal(signal.SIGSTOP)
        wait_until(lambda: state_of(pid) == "T")
        before = len(person.raw)
        person.signal(signal.SIGCONT)
        wait_until(lambda: (person.look(), len(person.raw) > before)[1])
        assert b"\x1b[2J" in person.raw[before:]


def test_a_dumb_terminal_gets_one_result_after_the_other(node, tmp_path):
    with Person(
        "qlen", "mail", "--every", "10ms", "--times", "2", home=str(tmp_path), DISQUE_NODES=node, TERM="dumb"
    ) as person:
        person._child.expect("Every 0.01s: qlen mail.*0\r\nEvery 0.01s: qlen mail.*0\r\n")


def test_the_shell_repeats_by_the_same_options(node, tmp_path):
    done = run_disquectl(
        "shell", node=node, stdin=b"qlen mail --every 10ms --times 2\nping\n", HOME=str(tmp_path)
    )
    assert (done.out, done.code) == ("0\n0\nPONG\n", 0)


def test_the_line_of_a_command():
    raw = {"queue": ("a b", "c"), "cluster": True, "every": "2s"}
    assert command_line(find("qlen"), raw) == "qlen 'a b' c --cluster --every 2s"
    assert command_line(find("qlen"), raw, ("every",)) == "qlen 'a b' c --cluster"
