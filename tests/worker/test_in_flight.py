"""work --lines --in-flight N: many jobs with a handler at a time, none that could not begin soon enough."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from math import inf

import pytest

from disquectl import Client
from disquectl.worker.pipeline_depth import PipelineDepth
from tests.support.workers import events, letters, nothing_left, work
from tests.worker.slots import Slots

# Reads all lines that are there before it answers any; the body says what to answer.
READS_AHEAD = """
import json, os, sys
sys.stdin.readline()
print("true", flush=True)
data = b""
while data.count(b"\\n") < 5:
    data += os.read(0, 65536)
bodies = [json.loads(line)["body"] for line in data.splitlines()]
print("".join('{"ok": false, "error": "%s"}\\n' % body for body in bodies[:2]), end="", flush=True)
os._exit(3)
"""


@pytest.fixture
def slots():
    with contextlib.ExitStack() as stack:

        def make(script, **others):
            made = Slots(script, 1, **others)
            stack.callback(made.handlers.close)
            stack.callback(made.kill)
            return made

        yield make


def test_one_job_at_a_time_until_the_pace_is_known():
    depth = PipelineDepth(100)
    assert depth.now(0.0) == 1
    depth.answered(0.001, None)
    assert depth.now(0.0) == 1
    depth.answered(0.001, 300)
    assert depth.now(0.0) == 100


def test_none_that_could_not_begin_within_a_third_of_its_retry_time():
    depth = PipelineDepth(100)
    depth.answered(1.0, 30)
    assert depth.now(0.0) == 11
    depth.answered(0.0, 9)
    assert depth.now(0.0) == 4
    # One that runs longer than the others is the present pace.
    assert depth.now(2.0) == 2
    assert depth.now(1000.0) == 1


def test_the_pace_follows_slow_jobs_sooner_than_fast_ones():
    depth = PipelineDepth(1000)
    depth.answered(0.001, 30)
    depth.answered(10.0, 30)
    assert depth.now(0.0) == 2
    for _ in range(200):
        depth.answered(0.001, 30)
    assert depth.now(0.0) == 1000


def test_a_short_retry_time_is_forgotten_in_the_end():
    depth = PipelineDepth(1000)
    depth.answered(0.1, 3)
    assert depth.now(0.0) == 11
    for _ in range(2000):
        depth.answered(0.1, 300)
    assert depth.now(0.0) == 1000


def test_a_short_retry_time_counts_for_at_least_a_thousand_jobs():
    depth = PipelineDepth(1000)
    depth.answered(1.0, 9)
    for _ in range(1998):
        depth.answered(1.0, 300)
        assert depth.now(0.0) == 4
    depth.answered(1.0, 300)
    assert depth.now(0.0) == 101


def test_jobs_that_are_never_delivered_again_set_no_limit():
    depth = PipelineDepth(50)
    depth.answered(1.0, inf)
    assert depth.now(1000.0) == 50


def after_answers(some):
    """After one job was answered for."""
    some.start(b"first", retry=300)
    some.handlers.tick(time.monotonic())
    some.hear(1)
    return some.handlers.free


def test_only_the_first_without_an_answer_has_failed_when_a_handler_dies(slots):
    some = slots(READS_AHEAD, in_flight=5)
    assert after_answers(some) == 5
    some.start(b"a", b"b", b"c", b"d", b"e", retry=300)
    some.handlers.tick(time.monotonic())
    assert (some.handlers.alive, some.handlers.running) == (1, 5)
    some.see_the_end()
    behind = "its handler ended before it answered for an earlier job"
    assert some.ended == [
        (b"first", None),
        (b"a", "a"),
        (b"b", "b"),
        (b"c", ""),
        (b"d", behind),
        (b"e", behind),
    ]
    assert some.interrupted == [False] * 4 + [True] * 2
    assert (some.handlers.running, some.handlers.alive) == (0, 0)


def test_the_time_limit_is_that_of_each_job(slots):
    script = (
        "import sys\nfor line in sys.stdin:\n    if 'stop' in line: break\n    print('true', flush=True)\n"
    )
    some = slots(script + "import time; time.sleep(1000)", in_flight=3, timeout=50.0)
    after_answers(some)
    some.start(b"a", b"stop", b"c", retry=300)
    some.handlers.tick(time.monotonic())
    some.hear(2)
    since = time.monotonic()
    some.handlers.tick(since + 49.0)
    assert some.handlers.alive == 1
    some.handlers.tick(since + 51.0)
    some.see_the_end()
    assert [said for _, said in some.ended[2:]] == [
        "it took longer than --timeout",
        "its handler ended before it answered for an earlier job",
    ]
    assert some.interrupted == [False, False, False, True]


def test_an_answer_for_a_job_whose_line_is_not_there_yet_ends_the_handler(slots):
    script = "import sys, time\nprint('true\\ntrue', flush=True)\ntime.sleep(1000)"
    some = slots(script, in_flight=5)
    some.start(b"x" * 1_000_000, retry=300)
    some.handlers.tick(0.0)
    while not some.handlers.children().__next__().why:
        some.watch.dispatch(some.watch.wait(1))
    some.see_the_end()
    assert some.ended == [(b"x" * 1_000_000, "it wrote a line without having a job")]


def test_long_lines_and_many_of_them(node, client):
    bodies = [str(number) * (1 + number * 997 % 50_000) for number in range(300)]
    for body in bodies:
        client.addjob("q", body)
    handler = (
        "import json, sys\nfor line in sys.stdin:\n"
        "    body = json.loads(line)['body']\n"
        "    print(len(body), body[:3], file=sys.stderr)\n    print('true', flush=True)"
    )
    command = ("--lines", "--in-flight", "50", "--", sys.executable, "-c", handler)
    done = work(node, "-q", "q", "-c", "2", *command)
    said = [event["text"] for event in events(done.err) if event["event"] == "stderr"]
    assert sorted(said) == sorted(f"{len(body)} {body[:3]}" for body in bodies)
    assert (done.code, nothing_left(client)) == (0, True)


def test_a_handler_that_dies_costs_only_one_job_an_attempt(node, client):
    """Every job is done in the end, but the one that ends its handler."""
    for number in range(200):
        client.addjob("q", "bad" if number == 100 else "good", retry=60, ttl=7200)
    handler = (
        "import json, os, sys\nfor line in sys.stdin:\n"
        "    if json.loads(line)['body'] == 'bad': os._exit(9)\n    print('true', flush=True)"
    )
    command = ("--lines", "--in-flight", "50", "--", sys.executable, "-c", handler)
    done = work(node, "-q", "q", "-c", "1", "--max-retries", "0", *command)
    log = events(done.err)
    counts = {kind: sum(one["event"] == kind for one in log) for kind in ("done", "failed", "dead")}
    assert counts == {"done": 199, "failed": 0, "dead": 1}
    (letter,) = letters(client)
    assert (letter["body"], letter["exit"], letter["attempts"]) == ("bad", 9, 1)
    assert {one["attempt"] for one in log if one["event"] == "done"} == {1}


def test_replaced_handlers_answer_for_all_that_they_got(node, client):
    for number in range(100):
        client.addjob("q", str(number))
    handler = (
        "import os, sys\nfor count, line in enumerate(sys.stdin, 1):\n"
        "    print(os.getpid(), count, file=sys.stderr)\n    print('true', flush=True)"
    )
    command = (
        "--lines",
        "--in-flight",
        "20",
        "--max-jobs-per-handler",
        "15",
        "--",
        sys.executable,
        "-c",
        handler,
    )
    done = work(node, "-q", "q", "-c", "1", *command)
    said = [event["text"].split() for event in events(done.err) if event["event"] == "stderr"]
    assert (done.code, len(said), max(int(count) for _, count in said)) == (0, 100, 15)


def test_jobs_that_wait_in_the_worker_are_not_delivered_again(node, client):
    """The first job takes longer than the retry time of those that wait behind it."""
    for body in ("0", "0", "4", "0", "0", "0"):
        client.addjob("q", body, retry=3, ttl=7200)
    handler = (
        "import json, sys, time\nfor line in sys.stdin:\n"
        "    time.sleep(float(json.loads(line)['body']))\n    print('true', flush=True)"
    )
    command = ("--lines", "--in-flight", "10", "--", sys.executable, "-c", handler)
    done = work(node, "-q", "q", "-c", "1", *command)
    log = events(done.err)
    assert [one["event"] for one in log if one["event"] != "worker"] == ["done"] * 6 + ["totals"]
    assert nothing_left(client)


def test_it_needs_lines(node):
    done = work(node, "-q", "q", "--in-flight", "5", "--", "true")
    assert (done.code, done.err) == (2, "disquectl: --in-flight needs --lines\n")


def test_the_lines_of_jobs_are_whole(node):
    """Even where a pipe takes only a part of what is written at once."""
    with Client(node) as client:
        for _ in range(100):
            client.addjob("q", "x" * 30_000)
    handler = (
        "import json, sys, time\ntime.sleep(0.2)\nfor line in sys.stdin:\n"
        "    print(json.dumps({'ok': len(json.loads(line)['body']) == 30_000}), flush=True)"
    )
    command = ("--lines", "--in-flight", "100", "--", sys.executable, "-c", handler)
    done = work(node, "-q", "q", "-c", "1", *command)
    assert (done.code, json.loads(done.err.splitlines()[-1])["done"]) == (0, 100)
