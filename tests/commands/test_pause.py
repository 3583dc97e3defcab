"""`pause`: without a word it shows the state and changes nothing."""

import pytest

from disquectl import Client
from tests.conftest import run_disquectl


def test_pause_alone_shows_the_state(node):
    with Client(node) as client:
        client.pause("q", "in")
    for more in ([], ["--read-only"], ["--cluster"]):
        done = run_disquectl("pause", "q", *more, "--columns", "state", node=node)
        assert (done.code, done.out) == (0, "in\n"), more
    with Client(node) as client:
        assert client.pause("q", "state") == "in"
        client.pause("q", "none")


@pytest.mark.parametrize("words", [["--bcast"], ["--bcast", "--cluster"]])
def test_a_broadcast_needs_a_state(words, node):
    done = run_disquectl("pause", "q", *words, node=node)
    assert (done.code, done.out) == (2, "")
    assert "choose" in done.err or "cannot be combined" in done.err
