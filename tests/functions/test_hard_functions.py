"""`work --call` with functions that end more than themselves, and exceptions that are hard to describe."""

from __future__ import annotations

import os

import pytest

from tests.conftest import run_disquectl
from tests.support.waiting import wait_until
from tests.support.workers import letters, nothing_left, worker

MODULE = """
import asyncio, os, sys
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


def test_output_of_any_length_is_written_whole(folder, node, client):
    for body in "abc":
        client.addjob("q", body)
    done = call(node, "hard:write_much", "-c", "1", PYTHONUNBUFFERED="1")
    assert done.code == 0
    assert sorted(line for line in done.out.splitlines() if line != "imported") == [
        body * 1_000_000 for body in "abc"
    ]
