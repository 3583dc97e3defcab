"""Commands, a process each: what had ended before it was told to, and a log that cannot take more now."""

from __future__ import annotations

import os
import signal
from contextlib import closing

import pytest

from disquectl.client.address import Node
from disquectl.worker.backoff import Backoff
from disquectl.worker.job import Job
from disquectl.worker.plan import Plan, Program
from disquectl.worker.poller import Poller
from disquectl.worker.processes import Processes
from tests.worker.slots import ID, Slots

ANSWERING = r"""
import os, sys
sys.stdin.readline()
os.write(1, b"true\n")
os.write(2, b"answered\n")
sys.stdin.read()
"""


class Heard:
    """A log that keeps what it gets."""

    def __init__(self, is_behind=False):
        self.is_behind = is_behind
        self.lines = []

    def child_stderr(self, _job, lines):
        self.lines += lines

    def message(self, text):
        pass


@pytest.fixture
def run():
    """Start a script, and give its place, the watch and what became of it."""
    made = []

    def start(script, log):
        ended, watch = [], Poller()
        plan = Plan((b"sh", b"-c", script.encode()), ((b"q", 1),), Backoff(), concurrency=1)
        program = Program(b"/bin/sh", os.environb)
        slots = Processes(plan, program, watch, lambda *told: ended.append(told), log=log, stdout=None)
        made.append(slots)
        slots.start(Job(ID, b"q", b"x", 0, 0, Node("127.0.0.1", 7711)), 0.0)
        return slots, watch, ended

    yield start
    for slots in made:
        with closing(slots):
            for child in slots.children():
                child.signal(signal.SIGKILL)


@pytest.mark.parametrize(("script", "code"), [("exit 0", None), ("exit 4", 4)])
def test_what_had_ended_by_itself_was_not_ended_by_the_worker(run, script, code):
    slots, _, ended = run(script, Heard())
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    slots.end()
    slots.reap()
    ((_, failure, _),) = ended
    assert (failure and (failure.exit, failure.interrupted)) == (code and (code, False))


def test_what_was_ended_by_the_worker_says_so(run):
    slots, _, ended = run("exec sleep 1000", Heard())
    slots.end()
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    slots.reap()
    ((_, failure, _),) = ended
    assert (failure.signal, failure.interrupted) == (signal.SIGTERM, True)


def test_an_answer_that_was_written_before_counts():
    """Nothing has been heard of it when the handlers are told to end."""
    slots = Slots(ANSWERING, 1)
    try:
        slots.start(b"x")
        slots.handlers.tick(0.0)
        # What it wrote to stderr came after its answer.
        child = next(slots.handlers.children())
        while not child.take_tail():
            pass
        slots.handlers.end()
        assert slots.ended == [(b"x", None)]
    finally:
        slots.kill()
        slots.handlers.close()


def test_no_more_is_read_while_the_log_is_behind(run):
    log = Heard(is_behind=True)
    slots, watch, ended = run("echo line >&2; exec sleep 1000", log)
    ready = watch.wait(30)
    watch.dispatch(ready)
    assert (bool(ready), log.lines, ended) == (True, [], [])
    log.is_behind = False
    watch.dispatch(ready)
    assert log.lines == [b"line"]
    assert slots.running == 1


def test_nothing_is_read_of_one_that_is_not_listened_to(run):
    slots, watch, _ = run("echo line >&2; exec sleep 1000", Heard())
    assert watch.wait(30)
    for child in slots.slots():
        child.set_reading(False)
    assert not watch.wait(0)
    for child in slots.slots():
        child.set_reading()
    assert watch.wait(0)


def test_each_of_those_that_are_ready_comes_first_in_its_turn():
    watch, first = Poller(), []
    pipes = [os.pipe() for _ in range(3)]
    order = []
    for reading, writing in pipes:
        os.write(writing, b"x")
        watch.set(reading, 1, lambda _, fd=reading: order.append(fd))
    for _ in range(3):
        order.clear()
        watch.dispatch(watch.wait(1))
        first.append(order[0])
    assert sorted(first) == sorted(reading for reading, _ in pipes)
    for pair in pipes:
        for fd in pair:
            os.close(fd)
