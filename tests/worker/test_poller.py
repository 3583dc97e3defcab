"""Events that are stale when their turn comes are given to nobody."""

from __future__ import annotations

import os

import pytest

from disquectl.worker.poller import READ, WRITE, Poller


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_an_event_that_was_for_an_earlier_callback_is_dropped(pipe):
    reading, writing = pipe
    poller, seen = Poller(), []
    os.write(writing, b"x")
    poller.set(writing, WRITE, lambda _: seen.append("write"))
    poller.set(reading, READ, lambda _: poller.set(writing, 0, lambda _: seen.append("lost")))
    ready = poller.wait(1)
    assert len(ready) == 2
    for _ in range(2):
        poller.dispatch(ready)
    assert "lost" not in seen


def test_an_error_is_reported_without_being_asked_for():
    other, ours = os.pipe()
    poller, seen = Poller(), []
    poller.set(ours, 0, lambda _: seen.append("lost"))
    os.close(other)
    poller.dispatch(poller.wait(1))
    poller.drop(ours)
    os.close(ours)
    assert seen == ["lost"]
