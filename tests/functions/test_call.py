"""`work --call` as a process: functions, their outcomes, and the end."""

from __future__ import annotations

import json
import os
import random
import signal

import pytest

from tests.conftest import run_disquectl
from tests.support.processes import children_of, run_python
from tests.support.waiting import wait_until
from tests.support.workers import events, letters, nothing_left, work, worker

MODULE = """
import asyncio, os, signal, time
from disquectl import Reject, Retry, job
from disquectl.jobs import current_job

def show(job):
    print(job.queue, job.attempt, job.body.decode())

def fail(job):
    raise ValueError("no such address: " + job.body.decode())

def reject(job):
    raise Reject("gone")

def again(job):
    if job.attempt == 1:
        raise Retry("busy", after=0.05)
    print("attempt", job.attempt)

@job(queue="mail", max_retries=0)
def send(to, subject="none"):
    if to == "nobody":
        raise LookupError(to)
    print(to, subject, current_job().queue)

@job(queue="mail")
async def asend(to):
    await asyncio.sleep(0.01)
    print(to, current_job().queue)

def hang(job):
    if job.body == b"hang":
        time.sleep(60)
    print(job.body.decode())

async def ahang(job):
    open(job.body, "w").close()
    await asyncio.sleep(60)

def wait(job):
    open(job.body, "w").close()
    time.sleep(60)

def keep(job):
    time.sleep(2.5)

def forgot(job):
    return ahang(job)

def write(job):
    with open("done", "a") as file:
        file.write(job.body.decode() + "\\n")
    time.sleep(0.002)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with the module in it."""
    (tmp_path / "shop.py").write_text(MODULE)
    (tmp_path / "queue.py").write_text("raise RuntimeError('this is not the module of Python')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(node, name, *args, **options):
    return run_disquectl("work", "--burst", "--processes", "1", "--call", name, *args, node=node, **options)


def test_a_plain_function_gets_the_job(folder, node, client):
    client.addjob("q", "hello")
    done = call(node, "shop:show", "-q", "q")
    assert (done.code, done.out) == (0, "q 1 hello\n")
    assert [event["event"] for event in events(done.err)] == ["done", "totals"]
    assert nothing_left(client)


def test_a_decorated_function_gets_its_arguments(folder, node, client):
    client.addjob("mail", '["ada"]')
    client.addjob("mail", '{"args": ["bob"], "kwargs": {"subject": "hi"}}')
    done = call(node, "shop:send")
    assert sorted(done.out.splitlines()) == ["ada none mail", "bob hi mail"]
    assert done.code == 0


def test_async_functions_run_together(folder, node, client):
    for number in range(50):
        client.addjob("mail", json.dumps([str(number)]))
    done = call(node, "shop:asend", "-c", "50")
    assert sorted(done.out.splitlines()) == sorted(f"{number} mail" for number in range(50))
    assert done.code == 0
    assert nothing_left(client)


def test_an_exception_is_the_reason_in_the_dead_letter(folder, node, client):
    client.addjob("q", "nobody")
    done = call(node, "shop:fail", "-q", "q", "--max-retries", "0")
    (letter,) = letters(client)
    assert done.code == 3
    assert letter["reason"] == "ValueError: no such address: nobody"
    assert letter["stderr"].startswith("Traceback")
    assert "in fail" in letter["stderr"]
    assert "disquectl/functions" not in letter["stderr"]
    assert (letter["attempts"], letter["exit"], letter["signal"]) == (1, None, None)


def test_reject_goes_straight_to_the_dead_queue(folder, node, client):
    client.addjob("q", "x")
    assert call(node, "shop:reject", "-q", "q").code == 3
    (letter,) = letters(client)
    assert (letter["reason"], letter["attempts"]) == ("gone", 1)


def test_retry_says_when(folder, node, client):
    client.addjob("q", "x")
    done = run_disquectl(
        "work", "-q", "q", "--max-jobs", "2", "--processes", "1", "--call", "shop:again", node=node
    )
    assert (done.code, done.out) == (0, "attempt 2\n")
    (failed,) = [event for event in events(done.err) if event["event"] == "failed"]
    assert failed["retry_in"] == 0.05


def test_settings_of_the_function_and_options(folder, node, client):
    client.addjob("mail", '["nobody"]')
    assert call(node, "shop:send").code == 3
    assert len(letters(client, "dead:mail")) == 1
    client.addjob("mail", '["nobody"]')
    assert call(node, "shop:send", "--max-retries", "9").code == 3
    assert len(letters(client, "dead:mail")) == 1


def test_a_coroutine_that_nobody_awaits_is_a_failure(folder, node, client):
    client.addjob("q", "x")
    assert call(node, "shop:forgot", "-q", "q", "--max-retries", "0").code == 3
    assert "async def" in letters(client)[0]["reason"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nope:f", "no module named 'nope'"),
        ("shop:shw", "similar: show"),
        ("shop", "not MODULE:FUNCTION"),
        ("shop:os", "is not a function"),
        ("queue:f", "cannot import"),
        ("broken:f", "broken.py, line 2"),
    ],
)
def test_what_cannot_be_called_is_a_usage_error(folder, node, client, name, text):
    (folder / "broken.py").write_text("x = 1\n1 / 0\n")
    client.addjob("q", "x")
    done = call(node, name, "-q", "q")
    assert done.code == 2
    assert "Traceback" not in done.err
    assert text in done.err or name == "queue:f"
    assert client.qlen("q") == 1


def test_no_queue_is_named(folder, node):
    assert call(node, "shop:show").code == 2


def test_a_function_that_takes_too_long_is_given_up_and_its_process_replaced(folder, node, client):
    client.addjob("q", "hang")
    for number in range(3):
        client.addjob("q", str(number))
    with worker(
        node, "-q", "q", "-c", "2", "--processes", "1", "--timeout", "300ms", "--max-retries", "0",
        "--call", "shop:hang",
    ) as process:  # fmt: skip
        (old,) = wait_until(lambda: children_of(process.pid))
        wait_until(lambda: letters(client))
        wait_until(lambda: children_of(process.pid) and old not in children_of(process.pid))
        after = client.addjob("q", "after")
        wait_until(lambda: client.show(after) is None)
        process.send_signal(signal.SIGTERM)
        # A job is dead.
        assert process.wait() == 3
    (letter,) = letters(client)
    assert letter["reason"] == "it took longer than --timeout"
    assert "time.sleep(60)" in letter["stderr"]
    assert client.qlen("q") == 0


def test_a_task_that_takes_too_long_is_cancelled(folder, node, client):
    client.addjob("q", "begun")
    done = call(node, "shop:ahang", "-q", "q", "--timeout", "200ms", "--max-retries", "0")
    assert done.code == 3
    assert letters(client)[0]["reason"] == "it took longer than --timeout"
    assert "replaced" not in done.err


@pytest.mark.parametrize("name", ["shop:wait", "shop:ahang"])
def test_at_the_end_of_the_grace_time_jobs_go_back(folder, node, client, name):
    job_id = client.addjob("q", "begun")
    with worker(node, "-q", "q", "--processes", "1", "--grace", "500ms", "--call", name) as process:
        wait_until((folder / "begun").exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    job = client.show(job_id)
    assert (job["state"], job["nacks"]) == ("queued", 0)


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGKILL, "SIGKILL"), (signal.SIGRTMIN + 1, f"signal {signal.SIGRTMIN + 1}")]
)
def test_a_process_that_is_killed_is_started_again(folder, node, client, number, name):
    client.addjob("q", "begun", retry=1)
    with worker(node, "-q", "q", "--processes", "1", "--grace", "500ms", "--call", "shop:wait") as process:
        wait_until((folder / "begun").exists)
        (child,) = children_of(process.pid)
        os.kill(int(child), number)
        (folder / "begun").unlink()
        # It comes back after its retry time, and to another process.
        wait_until((folder / "begun").exists)
        assert children_of(process.pid) != [child]
        process.terminate()
        assert f"process {child} was ended by {name}: its jobs come back" in process.stderr.read().decode()


def test_processes_end_when_their_parent_is_killed(folder, node, client):
    client.addjob("q", "begun")
    with worker(node, "-q", "q", "--processes", "2", "--grace", "500ms", "--call", "shop:wait") as process:
        wait_until((folder / "begun").exists)
        wait_until(lambda: len(children_of(process.pid)) == 2)
        children = children_of(process.pid)
        process.kill()
        process.wait()
        wait_until(lambda: not any(os.path.exists(f"/proc/{child}/cwd") for child in children))
    wait_until(lambda: client.qlen("q") == 1)


def test_a_job_that_takes_longer_than_its_retry_time_runs_once(folder, node, client):
    client.addjob("q", "x", retry=1)
    done = call(node, "shop:keep", "-q", "q")
    (event,) = [event for event in events(done.err) if event["event"] == "done"]
    assert event["seconds"] > 2
    assert nothing_left(client)


def test_no_job_is_lost_to_random_kills(folder, node, client):
    count, rng = 300, random.Random(7)
    for number in range(count):
        client.addjob("q", str(number), retry=1)

    def done():
        path = folder / "done"
        return set(path.read_text().split()) if path.exists() else set()

    with worker(node, "-q", "q", "--processes", "2", "-c", "2", "--quiet", "--call", "shop:write") as process:
        for _ in range(3):
            have = len(done())
            wait_until(lambda have=have: len(done()) > have or len(done()) == count)
            if children := children_of(process.pid):
                os.kill(int(rng.choice(children)), signal.SIGKILL)
        wait_until(lambda: len(done()) == count)
        wait_until(lambda: nothing_left(client))
    assert not letters(client)


def test_a_cluster_keeps_nothing_behind(folder, cluster, clients):
    for number in range(600):
        clients[number % 3].addjob("q", str(number))
    done = call(",".join(cluster), "shop:write", "-q", "q", "--quiet", "--processes", "2")
    assert done.code == 0
    assert set((folder / "done").read_text().split()) == {str(number) for number in range(600)}
    wait_until(lambda: all(nothing_left(client) for client in clients))


def test_enqueue_adds_what_the_function_gets(folder, node, client):
    (folder / "queue.py").unlink()
    added = run_python(
        "import shop; shop.send.enqueue('ada', subject='hi'); shop.send.enqueue_bulk([['b'], {'to': 'c'}]);"
        "shop.send.enqueue_in(3600, 'later')",
        DISQUE_NODES=node,
    )
    assert added.returncode == 0, added.stderr
    assert client.qlen("mail") == 3
    done = call(node, "shop:send")
    assert sorted(done.out.splitlines()) == ["ada hi mail", "b none mail", "c none mail"]
    (later,) = client.jscan_all(reply="all")
    assert (later["delay"], later["ttl"] > 86400) == (3600, True)


@pytest.mark.parametrize("option", ["--term-exit-0-done", "--in-flight=2"])
def test_what_is_for_commands_alone_is_refused(option):
    done = work("127.0.0.1:1", "-q", "q", "--call", "json:loads", option)
    assert done.code == 2
    assert f"{option.partition('=')[0]} and --call cannot be combined" in done.err
