"""`work --call` with functions that end more than themselves, and exceptions that are hard to describe."""

from __future__ import annotations

import json
import os

import pytest

from tests.conftest import run_disquectl
from tests.support.waiting import wait_until
from tests.support.workers import letters, nothing_left, worker

MODULE = """
import asyncio, multiprocessing, os, subprocess, sys, threading, time
from disquectl import Reject, Retry

print("imported")

class NoReason(Reject):
    def __init__(self):
        pass

class Later(Retry):
    def __init__(self):
        self.reason, self.after = ["busy"], "5m"

class Unprintable(Exception):
    def __str__(self):
        raise ValueError

def recurse():
    recurse()

RAISE = {
    "exit": lambda: sys.exit(3),
    "exit 0": sys.exit,
    "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt),
    "recursion": recurse,
    "no reason": lambda: (_ for _ in ()).throw(NoReason),
    "exception": lambda: (_ for _ in ()).throw(Reject(ValueError("x"))),
    "later": lambda: (_ for _ in ()).throw(Later),
    "unprintable": lambda: (_ for _ in ()).throw(Unprintable),
    "surrogate": lambda: (_ for _ in ()).throw(ValueError("\\udcff\\u202e\\n\\0")),
}

def fail(job):
    RAISE[job.body.decode()]()

async def afail(job):
    RAISE[job.body.decode()]()

async def subtask(job):
    if job.body == b"exit":
        await asyncio.create_task(afail(job))

def end(job):
    with open("ended", "a") as file:
        file.write("x")
    if os.path.getsize("ended") == 1:
        os._exit(0)

def note(text):
    with open("notes", "a") as file:
        file.write(text + "\\n")

def fork(job):
    if job.body == b"forks":
        if pid := os.fork():
            note(f"child {os.waitpid(pid, 0)[1]}")
    note(job.body.decode())

async def afork(job):
    fork(job)

def fork_and_exit(job):
    if pid := os.fork():
        note(f"child {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")
    else:
        sys.exit(7)

def terminate(job):
    # Also before its first instruction.
    children = [multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,)) for _ in range(9)]
    for child in children:
        child.start()
        child.terminate()
    for child in children:
        child.join(20)
    note(str({child.exitcode for child in children}))
    for child in children:
        child.kill()

def crash(job):
    # Its thread lives longer than the worker of its process.
    threading.Thread(target=time.sleep, args=(600,), daemon=False).start()
    os.close(3)

async def cancel_others(job):
    if job.body == b"cancels":
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()
    else:
        await asyncio.sleep(0)

async def inner():
    while not os.path.exists("never"):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

async def swallow(job):
    await inner()

async def block(job):
    time.sleep(60)

def leave_a_writer(job):
    subprocess.Popen(["yes"], stdout=2)
    time.sleep(0.1)

def sleep(job):
    time.sleep(60)

def wait(job):
    note(job.body.decode())
    if job.body == b"stuck":
        time.sleep(60)
    while not job.additional_deliveries:
        job.working()
        time.sleep(0.02)

def progress(job):
    for _ in range(10):
        sys.stderr.write("\\r" + "." * 1_000_000)

def write_much(job):
    print(job.body.decode() * 1_000_000)
"""

REASONS = {
    "exit": "SystemExit: 3",
    "exit 0": "SystemExit",
    "interrupt": "KeyboardInterrupt",
    "recursion": "RecursionError: maximum recursion depth exceeded",
    "no reason": "the function rejected the job",
    "exception": "x",
    "later": "['busy']",
    "unprintable": "hard.Unprintable: <exception str() failed>",
    "surrogate": "ValueError: \ufffd\u202e\n\0",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with the module in it."""
    (tmp_path / "hard.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(node, name, *args, **options):
    return run_disquectl(
        "work", "--burst", "--processes", "1", "-q", "q", "--call", name, *args, node=node, **options
    )


@pytest.mark.parametrize("name", ["hard:fail", "hard:afail"])
def test_whatever_a_function_raises_fails_its_job_alone(folder, node, client, name):
    for body in REASONS:
        client.addjob("q", body)
    # In dev mode asyncio names each task that takes long, such as one that recurses.
    done = call(node, name, "--max-retries", "0", PYTHONDEVMODE="")
    assert done.code == 3
    assert '"event":"stderr"' not in done.err
    found = {letter["body"]: letter["reason"] for letter in letters(client)}
    assert found.keys() == REASONS.keys()
    assert all(found[body].startswith(reason) for body, reason in REASONS.items()), found
    assert done.out == "imported\n"


def test_a_task_of_a_function_that_exits_ends_no_other_function(folder, node, client):
    client.addjob("q", "exit")
    client.addjob("q", "other")
    done = call(node, "hard:subtask", "--max-retries", "0")
    assert [letter["reason"] for letter in letters(client)] == ["SystemExit: 3"]
    assert done.err.count('"done",') == 1
    assert client.qlen("q") == 0


def test_a_function_that_ends_its_process_does_not_end_the_worker(folder, node, client):
    client.addjob("q", "x", retry=1)
    with worker(node, "-q", "q", "--processes", "1", "--call", "hard:end"):
        wait_until(lambda: nothing_left(client))
    assert (folder / "ended").read_text() == "xx"


def test_a_function_that_ends_its_process_is_not_success(folder, node, client):
    client.addjob("q", "x", retry=1)
    done = call(node, "hard:end")
    assert done.code == 3
    assert "ended with exit code 0: its jobs come back" in done.err


@pytest.mark.parametrize("name", ["hard:fork", "hard:afork"])
def test_a_process_that_a_function_forks_runs_no_other_job(folder, node, client, name):
    client.addjob("q", "forks")
    bodies = [str(number) for number in range(20)]
    for body in bodies:
        client.addjob("q", body)
    done = call(node, name, "-c", "1")
    assert (done.code, done.err.count('"done",')) == (0, 21)
    notes = (folder / "notes").read_text().split("\n")
    assert sorted(notes) == sorted(["", "child 0", "forks", "forks", *bodies])


@pytest.mark.parametrize(
    ("name", "line"), [("hard:swallow", "await asyncio.sleep(60)"), ("hard:block", "time.sleep(60)")]
)
def test_where_a_task_is_that_cannot_be_ended(folder, node, client, name, line):
    client.addjob("q", "x")
    done = call(node, name, "--timeout", "100ms", "--max-retries", "0")
    assert done.code == 3
    (letter,) = letters(client)
    assert line in letter["stderr"]
    assert "disquectl" not in letter["stderr"]


def test_a_function_that_cancels_all_tasks_fails_their_jobs(folder, node, client):
    for body in ("cancels", "a", "b", "c"):
        client.addjob("q", body)
    done = call(node, "hard:cancel_others", "--max-retries", "0")
    assert done.code in (0, 3)
    # A task may have ended before that.
    assert done.err.count('"done",') + len(letters(client)) == 4


def test_the_number_of_jobs_holds_although_each_process_is_replaced(folder, node, client):
    for number in range(20):
        client.addjob("q", f"{number}")
    options = ("-c", "1", "--max-jobs", "3", "--timeout", "50ms", "--max-retries", "0")
    assert call(node, "hard:sleep", *options).code == 3
    assert (len(letters(client)), client.qlen("q")) == (3, 17)


def test_a_process_whose_worker_fails_ends(folder, node, client):
    client.addjob("q", "x")
    done = call(node, "hard:crash", "-c", "1")
    assert done.code == 3
    assert "ended with exit code 70" in done.err


def test_a_program_that_a_function_leaves_behind_does_not_keep_the_worker(folder, node, client):
    client.addjob("q", "x")
    with worker(node, "-q", "q", "--burst", "--processes", "1", "--call", "hard:leave_a_writer") as process:
        for line in process.stderr:
            if b'"totals"' in line:
                break
        assert process.wait(30) == 0


@pytest.mark.parametrize("options", [(), ("--max-jobs", "3")])
def test_burst_also_does_what_a_replaced_process_has_put_back(folder, node, client, options):
    client.addjob("q", "stuck")
    client.addjob("q", "other")
    options += ("--timeout", "1s", "--grace", "2s", "--max-retries", "0")
    done = call(node, "hard:wait", *options)
    assert done.code == 3
    assert [letter["body"] for letter in letters(client)] == ["stuck"]
    assert sorted((folder / "notes").read_text().split()) == ["other", "other", "stuck"]


def test_burst_ends_where_only_the_first_process_finds_its_function(folder, node, client):
    (folder / "first.py").write_text("""
import os
os.mkdir("once")
def show(job):
    print(job.body.decode())
""")
    client.addjob("q", "x")
    options = ("--burst", "--processes", "3", "-q", "q")
    done = run_disquectl("work", *options, "--call", "first:show", node=node)
    assert (done.code, done.out) == (3, "x\n")
    assert "cannot import first: FileExistsError" in done.err
    assert "ended with exit code 2: it has taken no job" in done.err


def test_a_process_that_a_function_forks_exits_as_it_says(folder, node, client):
    client.addjob("q", "x")
    assert call(node, "hard:fork_and_exit").code == 0
    assert (folder / "notes").read_text() == "child 7\n"


def test_a_process_that_a_function_forks_can_be_terminated(folder, node, client):
    client.addjob("q", "x")
    assert call(node, "hard:terminate").code == 0
    assert (folder / "notes").read_text() == "{-15}\n"


def test_output_of_any_length_is_written_whole(folder, node, client):
    for body in "abc":
        client.addjob("q", body)
    done = call(node, "hard:write_much", "-c", "1", PYTHONUNBUFFERED="1")
    assert done.code == 0
    assert sorted(line for line in done.out.splitlines() if line != "imported") == [
        body * 1_000_000 for body in "abc"
    ]


def test_a_progress_bar_on_stderr_is_split_into_lines(folder, node, client):
    for body in "abc":
        client.addjob("q", body)
    done = call(node, "hard:progress")
    assert done.code == 0
    lines = [json.loads(line) for line in done.err.splitlines()]
    assert sum(len(line["text"]) for line in lines if line["event"] == "stderr") == 3 * 10 * 1_000_001
    assert lines[-1]["event"] == "totals"
