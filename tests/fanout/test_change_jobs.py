"""Changing jobs by their IDs on all nodes, where nodes fail between the look and the change."""

from __future__ import annotations

from tests.conftest import run_disquectl
from tests.fuzz.replies import JOB_ID, encoded, show
from tests.support.hello import A, hello
from tests.support.scripted_node import ScriptedNode


def test_a_node_that_fails_after_it_showed_a_job_is_sent_nothing():
    # It answers SHOW, and with the same bytes it becomes unusable.
    replies = [hello(A), encoded(show(JOB_ID, b"mail", b"x")) + b"?\r\n"]
    with ScriptedNode(replies) as node:
        done = run_disquectl("deljob", JOB_ID.decode(), "--cluster", node=node.address)
        assert [request[0] for request in node.requests] == [b"HELLO", b"SHOW"]
    assert done.code == 5, done
    assert "bug" not in done.err
