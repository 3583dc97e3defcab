"""kill -9 of a worker in each phase of a job: it is done later, or it is in the dead queue, or both."""

from __future__ import annotations

import contextlib
import signal

import pytest

from tests.support.one_way_proxy import OneWayProxy
from tests.support.waiting import wait_until
from tests.support.workers import events, letters, nothing_left, work, worker

SH = ("--", "sh", "-c")


def is_asking(client):
    """Whether somebody waits for jobs."""
    return client.info("clients")["clients"]["blocked_clients"] == 1


def test_before_the_command(node, client, tmp_path):
    begun = tmp_path / "begun"
    with worker(node, "-q", "q", "--", "touch", str(begun)) as process:
        wait_until(lambda: is_asking(client))
        process.send_signal(signal.SIGSTOP)
        # Its GETJOB is answered, and nobody is there to read that.
        job_id = client.addjob("q", "x", retry=1)
        wait_until(lambda: client.show(job_id)["state"] == "active")
        process.kill()
    assert not begun.exists()
    wait_until(lambda: client.qlen("q"))
    assert work(node, "-q", "q", "--", "touch", str(begun)).code == 0
    assert begun.exists()
    assert nothing_left(client)


def test_while_it_runs(node, client, tmp_path):
    begun, go = tmp_path / "begun", tmp_path / "go"
    job_id = client.addjob("q", "x", retry=1)
    script = f"touch {begun}; until test -e {go}; do sleep 0.01; done"
    with worker(node, "-q", "q", *SH, script) as process:
        wait_until(begun.exists)
        process.kill()
        # The command outlives the worker.
        wait_until(lambda: client.qlen("q"))
        go.touch()
    done = work(node, "-q", "q", *SH, script)
    (event,) = [event for event in events(done.err) if event["event"] == "done"]
    assert (event["id"], event["attempt"]) == (job_id, 1)  # a crash is no failed attempt
    assert nothing_left(client)


def test_while_it_waits_for_its_next_attempt(node, client):
    client.addjob("q", "x", retry=1)
    with worker(node, "-q", "q", "--", "false") as process:
        assert process.stderr is not None
        wait_until(lambda: b'"failed"' in process.stderr.readline())
        process.kill()
    wait_until(lambda: client.qlen("q"))
    assert work(node, "-q", "q", "--", "true").code == 0
    assert nothing_left(client)


@pytest.mark.parametrize("verb", [b"ADDJOB", b"ACKJOB"])
def test_between_the_dead_queue_and_the_acknowledgement(node, client, verb):
    """The letter is there; of that, or of the acknowledgement, the worker has not heard."""
    job_id = client.addjob("q", "x", retry=1)
    with contextlib.ExitStack() as stack:
        proxy = stack.enter_context(OneWayProxy(node, verb))
        process = stack.enter_context(worker(proxy.address, "-q", "q", "--max-retries", "0", "--", "false"))
        wait_until(lambda: letters(client))
        if verb == b"ACKJOB":
            wait_until(lambda: client.show(job_id) is None)
        process.kill()
    assert [letter["id"] for letter in letters(client)] == [job_id]
    if verb == b"ADDJOB":
        assert client.show(job_id) is not None
        wait_until(lambda: client.qlen("q"))
