"""Handlers that stay: who gets the next job, and what becomes of those that none has yet."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from math import inf

import pytest

from disquectl import Client
from tests.support.workers import events, work
from tests.worker.slots import ID, Slots

# Answers with how many lines it has had, as the reason of a failure.
COUNTING = """
import json, sys
for count, line in enumerate(sys.stdin, 1):
    print(json.dumps({"ok": False, "error": str(count)}), flush=True)
"""
# Answers once so many of its kind are at work.
MEETING = """
import os, sys, time
for line in sys.stdin:
    open(os.path.join(sys.argv[1], str(os.getpid())), "w").close()
    while len(os.listdir(sys.argv[1])) < 3:
        time.sleep(0.001)
    print("true", flush=True)
"""


@pytest.fixture
def slots():
    with contextlib.ExitStack() as stack:

        def make(script, concurrency, **others):
            made = Slots(script, concurrency, **others)
            stack.callback(made.handlers.close)
            stack.callback(made.kill)
            return made

        yield make


def one_at_work_and_one_waiting(slots):
    """Two places, of which one has done a job, has the second, and could soon have the third."""
    some = slots(COUNTING, 2)
    some.start(b"a")
    some.handlers.tick(0.0)
    some.hear(1)
    some.start(b"b")
    some.handlers.tick(0.0)
    some.start(b"c")
    some.handlers.tick(0.0)
    return some


def test_who_answers_gets_the_next_job_while_others_stay_idle(slots):
    some = one_at_work_and_one_waiting(slots)
    assert (some.handlers.alive, some.handlers.running) == (1, 2)
    some.hear(3)
    assert some.ended == [(b"a", "1"), (b"b", "2"), (b"c", "3")]


def test_no_job_waits_longer_than_a_moment_while_handlers_are_idle(slots):
    some = one_at_work_and_one_waiting(slots)
    moment = some.handlers.next_deadline
    assert 0 < moment < 0.01
    some.handlers.tick(moment)
    assert some.handlers.alive == 2


def test_as_many_may_wait_as_were_answered_in_the_last_turn(slots):
    some = slots(COUNTING, 5)
    some.start(*[b"x"] * 4)
    some.handlers.tick(0.0)
    assert some.handlers.alive == 4
    some.hear(4)
    some.start(*[b"x"] * 5)
    some.handlers.tick(0.0)
    assert some.handlers.alive == 4
    assert some.handlers.next_deadline < 1


def test_a_job_that_nobody_has_yet_comes_back_at_the_end(slots):
    some = slots("import time; time.sleep(1000)", 1)
    some.start(b"a", b"b")
    some.handlers.tick(0.0)
    assert (some.handlers.running, some.handlers.free) == (2, -1)
    some.handlers.end()
    assert some.ended == [(b"b", "the worker ends")]
    assert some.handlers.running == 1


@pytest.mark.parametrize(
    ("ending", "why"),
    [("0", "the handler ended without an answer"), ("3", ""), ("print('hm')", "not an answer: ")],
)
def test_a_handler_that_gives_no_answer_fails_its_job(slots, ending, why):
    some = slots(f"import sys; sys.stdin.readline(); sys.exit({ending})", 1)
    before = os.listdir("/proc/self/fd")
    some.start(b"a")
    some.handlers.tick(0.0)
    some.see_the_end()
    ((body, said),) = some.ended
    assert (body, said is None, said[: len(why)]) == (b"a", False, why)
    assert (some.handlers.running, some.handlers.free) == (0, 1)
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_handler_that_cannot_be_run_fails_each_job(slots):
    some = slots("", 1, path=b"/no/such/file")
    before = os.listdir("/proc/self/fd")
    some.start(b"a", b"b")
    some.handlers.tick(0.0)
    assert [(body, said[:17]) for body, said in some.ended] == [
        (b"a", "it cannot be run:"),
        (b"b", "it cannot be run:"),
    ]
    assert (some.handlers.alive, some.handlers.running) == (0, 0)
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_handler_that_takes_too_long_is_ended(slots):
    some = slots("import time; time.sleep(1000)", 1, timeout=7.0)
    some.start(b"a")
    some.handlers.tick(0.0)
    assert some.handlers.next_deadline == 7.0
    some.handlers.tick(7.0)
    some.see_the_end()
    assert some.ended == [(b"a", "it took longer than --timeout")]


def test_a_handler_that_does_not_answer_is_named_once(slots):
    some = slots("import time; time.sleep(1000)", 2)
    some.start(b"a", b"b")
    some.handlers.tick(0.0)
    assert some.handlers.next_deadline == 30.0
    some.handlers.tick(29.0)
    assert some.log.messages == []
    some.handlers.tick(30.0)
    pids = [child.pid for child in some.handlers.children()]
    text = "has not answered for job {} for 30s; it may not have flushed its output"
    assert some.log.messages == [f"handler {pid} {text.format(ID)}" for pid in pids]
    some.handlers.tick(61.0)
    assert len(some.log.messages) == 2
    assert some.handlers.next_deadline == inf


def test_a_handler_that_answers_is_not_named(slots):
    some = slots(COUNTING, 1)
    some.start(b"a")
    some.handlers.tick(0.0)
    some.hear(1)
    some.handlers.tick(31.0)
    assert some.log.messages == []


def test_the_time_that_a_worker_is_stopped_does_not_count(slots):
    some = slots("import time; time.sleep(1000)", 1)
    some.start(b"a")
    some.handlers.tick(0.0)
    for child in some.handlers.children():
        child.postpone(20.0)
    some.handlers.tick(49.0)
    assert some.log.messages == []
    some.handlers.tick(50.0)
    assert len(some.log.messages) == 1


def test_handlers_write_at_once_unless_the_environment_says_otherwise(node, client, monkeypatch):
    handler = """
import os, sys
for line in sys.stdin:
    print(os.environ.get("PYTHONUNBUFFERED"), file=sys.stderr)
    print("true", flush=True)
"""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    for given, expected in (("1", "1"), (None, "1"), ("", "")):
        client.addjob("q", "x")
        env = {} if given is None else {"PYTHONUNBUFFERED": given}
        done = work(node, "-q", "q", "--lines", "--", sys.executable, "-c", handler, **env)
        said = [event["text"] for event in events(done.err) if event["event"] == "stderr"]
        assert (done.code, said) == (0, [expected])


# Fails each job with its process and how many jobs that has had, and holds more memory after each.
GROWING = """
import json, os, sys
held = []
for count, line in enumerate(sys.stdin, 1):
    held.append(b"x" * json.loads(line)["nacks"])
    print(json.dumps({"ok": False, "error": f"{os.getpid()} {count}"}), flush=True)
"""


def counts_of(ended):
    """For each process, in the order of their first jobs: how many jobs it had."""
    counts = {}
    for _, said in ended:
        pid, count = said.split()
        counts[pid] = int(count)
    return list(counts.values())


def run_all(some, count):
    """Until so many jobs have come to their end, whichever processes that takes."""
    while len(some.ended) < count:
        some.watch.dispatch(some.watch.wait(0.1))
        some.handlers.reap()
        some.handlers.tick(time.monotonic())


def test_a_handler_is_replaced_after_its_last_job_and_fails_none(slots):
    some = slots(GROWING, 1, max_jobs_per_handler=2)
    some.start(*[b"x"] * 5)
    run_all(some, 5)
    assert counts_of(some.ended) == [2, 2, 1]


def test_a_handler_with_more_memory_is_replaced_and_named(slots):
    some = slots(GROWING, 1, max_memory=200 << 20)
    some.start(b"a", b"b", nacks=300_000_000)
    some.start(b"c", b"d")
    run_all(some, 4)
    assert counts_of(some.ended) == [1, 1, 2]
    first, second = some.log.messages
    pid = some.ended[0][1].split()[0]
    assert re.fullmatch(
        rf"handler {pid} uses [23]\d\d\.\d MiB, more than --max-memory 200\.0 MiB: it is replaced", first
    ), first
    assert second != first


def test_a_replaced_handler_that_does_not_exit_is_ended(slots):
    some = slots(COUNTING + "import time; time.sleep(1000)", 1, max_jobs_per_handler=1)
    some.start(b"a")
    some.handlers.tick(0.0)
    some.hear(1)
    assert some.handlers.alive == 1
    some.handlers.tick(time.monotonic() + 5)
    some.see_the_end()
    assert (some.handlers.alive, some.ended) == (0, [(b"a", "1")])


@pytest.mark.parametrize("option", [("--max-memory", "1mb"), ("--max-jobs-per-handler", "5")])
def test_only_handlers_that_stay_are_replaced(node, option):
    done = work(node, "-q", "q", *option, "--", "true")
    assert (done.code, done.err) == (2, f"disquectl: {option[0]} needs --lines or --call\n")


def test_all_handlers_work_at_the_same_time(node, tmp_path):
    with Client(node) as client:
        for _ in range(3):
            client.addjob("q", "x")
    args = ("-q", "q", "-c", "3", "--lines", "--", sys.executable, "-c", MEETING, str(tmp_path))
    assert work(node, *args).code == 0
    assert len(list(tmp_path.iterdir())) == 3
