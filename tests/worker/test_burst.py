"""How a worker ends by itself: --burst, what is left then, and the exit codes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.waiting import wait_until
from tests.support.workers import SOON, events, work, worker

SH = ("--", "sh", "-c")
AWAITING = 'until test -e "$1"; do sleep 0.01; done'
WAITING = """
import os, sys, time
for line in sys.stdin:
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.01)
    print("true", flush=True)
"""


def test_burst_leaves_what_waits_for_its_next_attempt_and_says_so(node, client):
    job_id = client.addjob("q", "x")
    client.addjob("q", "good")
    done = work(node, "-q", "q", "-c", "1", *SH, "grep good")
    totals = events(done.err)[-1]
    assert (done.code, totals["done"], totals["failed"], totals["dead"], totals["left"]) == (3, 1, 1, 0, 1)
    shown = client.show(job_id)
    assert (shown["state"], shown["nacks"]) == ("active", 0)


def test_burst_does_what_is_tried_again_while_it_runs(node, client, tmp_path):
    client.addjob("q", "first")
    client.addjob("q", "long")
    script = (
        f'read body; test "$body" = long || {{ test $DISQUE_ATTEMPT = 2 && touch {tmp_path}/again; exit; }}; '
    )
    script += f"until test -e {tmp_path}/again; do sleep 0.01; done"
    assert work(node, "-q", "q", *SOON, *SH, script).code == 0


def test_told_to_stop_what_waits_for_its_next_attempt_is_no_failure(node, client):
    client.addjob("q", "x")
    with worker(node, "-q", "q", "--", "false") as process:
        assert process.stderr is not None
        wait_until(lambda: b'"failed"' in process.stderr.readline())
        process.terminate()
        assert process.wait() == 0


@pytest.mark.sandbox_only("a node that stops")
@pytest.mark.parametrize("lines", [False, True])
def test_burst_without_any_node_left_is_5(tmp_path, lines):
    from disquectl.sandbox.thread import SandboxThread

    lost = tmp_path / "lost"
    how = (
        ("--lines", "--", sys.executable, "-c", WAITING, str(lost)) if lines else (*SH, AWAITING, "sh", lost)
    )
    with SandboxThread(nodes=1) as sandbox, Client(sandbox.addresses[0]) as client:
        client.addjob("q", "x")
        with worker(sandbox.addresses[0], "--burst", "--grace", "1s", "-q", "q", *how) as process:
            wait_until(lambda: client.qlen("q") == 0)
            sandbox.stop_node(0)
            lost.touch()
            _, err = process.communicate()
    assert process.returncode == 5
    assert b"no node" in err


def test_short_options_are_in_the_help():
    shown = run_disquectl("work", "--help").out
    for names in ("-q, --queue NAME", "-c, --concurrency N", "-v, --verbose"):
        assert names in shown


def test_too_few_open_files_for_its_concurrency_are_told_before_a_job_is_taken(node, client):
    client.addjob("mail", "x")
    words = [sys.executable, "-m", "disquectl", "work", "-q", "mail", "-c", "100", "--burst", "--", "true"]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", *words],
        env=os.environ | {"DISQUE_NODES": node},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 9
    assert b"-c 100 needs 300 open files, and the limit is 64 (raise it with ulimit -n" in done.stderr
    assert client.qlen("mail") == 1
