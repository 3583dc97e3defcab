"""`work --call` with processes that are replaced: after a number of jobs, or because of their memory."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.conftest import run_disquectl
from tests.support.processes import children_of
from tests.support.waiting import wait_until
from tests.support.workers import events, letters, nothing_left, read_until, work, worker

MODULE = """
import asyncio, os, time

hoard = []

def begin(job):
    with open("begun", "a") as file:
        file.write(f"{os.getpid()} {job.body.decode()} {job.attempt}\\n")

def quick(job):
    begin(job)

def fail_once(job):
    begin(job)
    if job.attempt == 1:
        raise ValueError("not yet")

def hold(job):
    begin(job)
    while job.body.startswith(b"slow") and not os.path.exists("go"):
        time.sleep(0.01)

async def ahold(job):
    begin(job)
    while job.body.startswith(b"slow") and not os.path.exists("go"):
        await asyncio.sleep(0.01)

def grow(job):
    begin(job)
    if job.body == b"big":
        hoard.append(bytearray(os.urandom(1 << 20)) * 300)

def fail_then_hold(job):
    begin(job)
    if job.body == b"fail":
        raise ValueError("no")
    while not os.path.exists("go"):
        time.sleep(0.01)

def die(job):
    begin(job)
    if job.body == b"die":
        os.kill(os.getpid(), 9)
"""


def begun(folder):
    """Process, body and attempt of each call, in order."""
    path = folder / "begun"
    return [tuple(line.split()) for line in path.read_text().splitlines()] if path.exists() else []


def replacements(text):
    return [event["text"] for event in events(text) if "is replaced" in event.get("text", "")]


def test_a_process_has_no_more_jobs_than_it_may(folder, node, client):
    for number in range(10):
        client.addjob("q", str(number))
    done = work(node, "-q", "q", "--processes", "1", "--max-jobs-per-handler", "3", "--call", "shop:quick")
    calls = begun(folder)
    by_process = [sum(pid == one for pid, _, _ in calls) for one in dict.fromkeys(pid for pid, _, _ in calls)]
    assert by_process == [3, 3, 3, 1]
    assert sorted(body for _, body, _ in calls) == sorted(map(str, range(10)))
    assert done.code == 0
    said = [text.partition(", waiting")[0] for text in replacements(done.err)]
    assert said == [
        f"process {pid} has had 3 jobs, and is replaced: taking no more jobs"
        for pid in list(dict.fromkeys(pid for pid, _, _ in calls))[:3]
    ]
    assert events(done.err)[-1]["done"] == 10
    assert nothing_left(client)


def test_quiet_says_nothing_of_it(folder, node, client):
    for number in range(3):
        client.addjob("q", str(number))
    options = ("--quiet", "--processes", "1", "--max-jobs-per-handler", "1")
    assert work(node, "-q", "q", *options, "--call", "shop:quick").err == ""


@pytest.mark.parametrize("name", ["shop:hold", "shop:ahold"])
def test_functions_run_on_and_their_replacement_takes_the_room_that_they_leave(folder, node, client, name):
    for body in ("slow0", "quick0"):
        client.addjob("q", body)
    options = ("--processes", "1", "-c", "2", "--max-jobs-per-handler", "2", "--grace", "1s")
    with worker(node, "-q", "q", *options, "--call", name) as process:
        wait_until(lambda: len(begun(folder)) == 2)
        old = begun(folder)[0][0]
        client.addjob("q", "slow1")
        wait_until(lambda: len(begun(folder)) == 3)
        # Two run now, one in each process, and two is the limit.
        client.addjob("q", "slow2")
        lengths = []
        wait_until(lambda: lengths.append(client.qlen("q")) or len(lengths) == 30)
        new = begun(folder)[2][0]
        assert (old != new, len(begun(folder)), lengths) == (True, 3, [1] * 30)
        (folder / "go").touch()
        wait_until(lambda: nothing_left(client))
        wait_until(lambda: len(children_of(process.pid)) == 1)
        process.terminate()
        code = process.wait(30)
        assert (code, len(begun(folder))) == (0, 4), process.stderr.read().decode()


def test_the_replacement_keeps_the_jobs_that_wait_for_a_retry(folder, node, client):
    ids = [client.addjob("q", str(number), retry=3600) for number in range(4)]
    options = ("--processes", "1", "--max-jobs-per-handler", "2", "--backoff", "500ms,1", "--max-jobs", "8")
    done = run_disquectl("work", "-q", "q", *options, "--call", "shop:fail_once", node=node)
    calls = begun(folder)
    assert sorted(attempt for _, _, attempt in calls) == ["1"] * 4 + ["2"] * 4
    assert (done.code, len(replacements(done.err))) == (0, 3)
    totals = events(done.err)[-1]
    assert (totals["done"], totals["failed"], totals["left"]) == (4, 4, 0)
    assert all(client.show(job_id) is None for job_id in ids)


def test_with_burst_jobs_that_wait_are_kept_while_it_works_and_left_at_its_end(folder, node, client):
    for number in range(3):
        client.addjob("q", str(number), retry=3600)
    options = ("--processes", "1", "--max-jobs-per-handler", "1", "--backoff", "1h")
    done = work(node, "-q", "q", *options, "--call", "shop:fail_once")
    assert done.code == 3
    totals = events(done.err)[-1]
    assert (totals["failed"], totals["left"]) == (3, 3)


def test_dead_jobs_of_a_process_that_was_replaced_count_for_the_exit_code(folder, node, client):
    for body in ("fail", "good"):
        client.addjob("q", body)
    (folder / "go").touch()
    options = ("--processes", "1", "-c", "1", "--max-jobs-per-handler", "1", "--max-retries", "0")
    done = work(node, "-q", "q", *options, "--call", "shop:fail_then_hold")
    assert (done.code, len(letters(client))) == (3, 1)


def test_a_process_that_uses_too_much_memory_is_replaced_and_its_functions_run_on(folder, node, client):
    client.addjob("q", "small")
    options = ("--processes", "1", "-c", "2", "--max-memory", "250mb", "--grace", "1s")
    with worker(node, "-q", "q", *options, "--call", "shop:grow") as process:
        wait_until(lambda: nothing_left(client))
        client.addjob("q", "big")
        wait_until(lambda: len(begun(folder)) == 2)
        (old,) = {pid for pid, _, _ in begun(folder)}
        wait_until(lambda: old not in children_of(process.pid) and children_of(process.pid))
        client.addjob("q", "small")
        wait_until(lambda: len(begun(folder)) == 3)
        assert begun(folder)[2][0] != old
        process.terminate()
        assert process.wait(30) == 0
        (text,) = replacements(process.stderr.read().decode())
    assert text.startswith(f"process {old} uses ")
    assert "more than --max-memory 250.0 MiB, and is replaced" in text


def test_max_jobs_holds_over_replacements(folder, node, client):
    for number in range(10):
        client.addjob("q", str(number))
    options = ("--processes", "2", "--max-jobs", "7", "--max-jobs-per-handler", "2")
    done = run_disquectl("work", "-q", "q", *options, "--call", "shop:quick", node=node)
    assert (done.code, len(begun(folder)), client.qlen("q")) == (0, 7, 3)
    assert events(done.err)[-1]["done"] == 7


def test_max_jobs_holds_after_a_process_was_killed(folder, node, client):
    # The first job is taken alone.
    client.addjob("q", "die", retry=3600)
    for number in range(10):
        client.addjob("q", str(number))
    options = ("--processes", "1", "-c", "1", "--max-jobs", "4")
    done = run_disquectl("work", "-q", "q", *options, "--call", "shop:die", node=node)
    assert (done.code, len(begun(folder))) == (3, 4)


def test_a_process_that_is_killed_at_its_last_job_is_not_started_again(folder, node, client):
    client.addjob("q", "die", retry=3600)
    options = ("--processes", "1", "--max-jobs", "1")
    done = run_disquectl("work", "-q", "q", *options, "--call", "shop:die", node=node)
    assert (done.code, len(begun(folder))) == (3, 1)
    assert "starting another one" not in done.err


def test_max_time_does_not_begin_again_with_a_replacement(folder, node, client):
    began = time.monotonic()
    for number in range(200):
        client.addjob("q", str(number))
    options = ("--processes", "1", "--max-time", "3s", "--max-jobs-per-handler", "1", "--quiet")
    done = run_disquectl("work", "-q", "q", *options, "--call", "shop:quick", node=node)
    assert done.code == 0
    assert len(begun(folder)) > 1
    assert time.monotonic() - began < 20


def test_a_rate_holds_over_replacements(folder, node, client):
    for number in range(5):
        client.addjob("q", str(number))
    options = ("--processes", "1", "--max-jobs-per-handler", "1", "--rate", "1/h", "--grace", "1s")
    with worker(node, "-q", "q", *options, "--call", "shop:quick") as process:
        wait_until(lambda: begun(folder))
        (old,) = {pid for pid, _, _ in begun(folder)}
        # The replacement is there, and has looked for jobs or not: it has none.
        wait_until(lambda: old not in children_of(process.pid) and children_of(process.pid))
        process.terminate()
        assert process.wait(30) == 0
    assert (len(begun(folder)), client.qlen("q")) == (1, 4)


def test_processes_are_replaced_while_the_log_is_not_read(folder, node, client):
    for number in range(3000):
        client.addjob("q", str(number))
    options = ("--processes", "1", "--burst", "--verbose", "--max-jobs-per-handler", "1000")
    with worker(node, "-q", "q", *options, "--call", "shop:quick") as process:
        # Twice as much as pipes and the worker hold before functions that write have to wait.
        wait_until(lambda: len(begun(folder)) == 3000 and nothing_left(client), 60)
        log = process.stderr.read().decode()
        assert (process.wait(30), len(log) > 1 << 19, len(replacements(log))) == (0, True, 3)


def test_a_process_that_is_killed_while_its_functions_run_on_is_named(folder, node, client):
    client.addjob("q", "slow", retry=3600)
    options = ("--processes", "1", "-c", "2", "--max-jobs-per-handler", "1", "--grace", "1s")
    with worker(node, "-q", "q", *options, "--call", "shop:hold") as process:
        wait_until(lambda: begun(folder))
        old = begun(folder)[0][0]
        client.addjob("q", "quick")
        wait_until(lambda: len(begun(folder)) == 2)
        os.kill(int(old), signal.SIGKILL)
        wait_until(lambda: old not in children_of(process.pid))
        process.terminate()
        assert process.wait(30) == 3
        assert f"process {old} was ended by SIGKILL" in process.stderr.read().decode()


def test_the_replacement_takes_jobs_from_the_same_node(folder, cluster, clients):
    options = ("--processes", "1", "--max-jobs-per-handler", "1", "--grace", "1s")
    with worker(",".join(cluster), "-q", "q", *options, "--call", "shop:quick") as process:
        wait_until(lambda: children_of(process.pid))
        clients[0].call("CLUSTER", "LEAVING", "yes")
        try:
            read_until(process, "is leaving the cluster")
            for number in range(2):
                clients[1].addjob("q", "x", replicate=1)
                wait_until(lambda number=number: len(begun(folder)) > number)
        finally:
            clients[0].call("CLUSTER", "LEAVING", "no")
        process.terminate()
        process.wait(30)
        assert "is leaving the cluster" not in process.stderr.read().decode()
