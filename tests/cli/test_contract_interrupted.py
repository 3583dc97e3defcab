"""Ctrl-C, and replies that end half way: 130 or the right code, no traceback, no broken JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.processes import PATIENCE_SECONDS, running
from tests.support.scripted_node import ScriptedNode, close, silent
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until

# Ctrl-C comes while the program is still being loaded.
EARLY = """
import runpy, sys

class CtrlC:
    def find_spec(self, name, *_):
        if name == "disquectl.cli.main":
            raise KeyboardInterrupt

sys.meta_path.insert(0, CtrlC())
sys.argv = ["disquectl", "ping"]
runpy.run_module("disquectl", run_name="__main__")
"""


def test_ctrl_c_ends_a_waiting_getjob_and_takes_no_job(node):
    with Client(node) as client, running("getjob", "q", node=node) as process:
        wait_until(lambda: any("b" in entry["flags"] for entry in client.client_list()))
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=PATIENCE_SECONDS) == (b"", b"")
        assert process.returncode == 130
        wait_until(lambda: not any("b" in entry["flags"] for entry in client.client_list()))
        client.addjob("q", "body")
        assert client.qlen("q") == 1


def test_ctrl_c_after_a_job_was_sent_tells_that_it_may_have_been_added():
    sent = threading.Event()

    def wait(conn):
        sent.set()
        silent(conn)

    with (
        ScriptedNode([wait]) as scripted,
        running("addjob", "q", "body", node=str(scripted.address)) as process,
    ):
        assert sent.wait(PATIENCE_SECONDS)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out) == (130, b"")
    assert b"the request was sent, then it was interrupted: it may or may not have been carried out" in err


@pytest.mark.parametrize("output", ["plain", "json"])
def test_ctrl_c_ends_monitor_and_what_it_wrote_is_whole(output, node):
    with Client(node) as client, running("monitor", "-o", output, node=node) as process:
        wait_until(lambda: any("O" in entry["flags"] for entry in client.client_list()))
        client.qlen("[red]")
        text = ""
        while "[red]" not in text:  # it is written as it comes
            text += os.read(process.stdout.fileno(), 65536).decode()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, err) == (130, b"")
    text += out.decode()
    if output == "json":
        args = [record["args"] for record in json.loads(text)]
    else:
        args = [line.split("\t")[2].split(",") for line in text.splitlines()]
    assert ["QLEN", "[red]"] in args


def test_ctrl_c_on_a_terminal_is_the_same(node):
    with Client(node) as client, Terminal("getjob", "q", node=node) as terminal:
        wait_until(lambda: any("b" in entry["flags"] for entry in client.client_list()))
        terminal.type("\x03")
        assert terminal.end() == 130
        assert terminal.seen.replace("^C", "") == ""


def test_ctrl_c_while_the_program_loads_shows_no_traceback():
    done = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_scan_that_breaks_off_stays_on_its_node_and_closes_what_it_wrote():
    page = b"*2\r\n$1\r\n7\r\n*1\r\n$1\r\na\r\n"
    with ScriptedNode([page, close]) as first, ScriptedNode([page]) as second:
        nodes = f"{first.address},{second.address}"
        done = run_disquectl("qscan", "-o", "json", node=nodes)
        assert (done.code, done.out) == (5, '[{"queue":"a"}]\n')
        assert [words[1] for words in first.requests] == [b"0", b"7"]
        assert second.accepted == 0


def test_a_cursor_is_shown_to_the_first_seed_alone():
    with ScriptedNode([b"*2\r\n$1\r\n0\r\n*0\r\n"]) as server:
        done = run_disquectl("jscan", "--cursor", "7", node=f"127.0.0.1:1,{server.address}")
        assert (done.code, done.out) == (5, "")
        assert server.accepted == 0


def test_nothing_is_written_where_nothing_came():
    done = run_disquectl("qscan", "-o", "json", node="127.0.0.1:1")
    assert (done.code, done.out) == (5, "")
