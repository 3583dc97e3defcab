"""Jobs that are held for a command: to which nodes ACKJOB is sent when the connection breaks."""

from __future__ import annotations

import io

import pytest

from disquectl.client.address import Node
from disquectl.config.settings import resolve
from disquectl.errors import PartlyDone
from disquectl.execution.session import Session
from disquectl.execution.streams import Streams
from disquectl.shell.held_jobs import HeldJobs
from tests.support.replica_nodes import JOB, Holder, holding
from tests.support.scripted_node import ScriptedNode, close


def settle(giver, *seeds):
    """Hold the job that `giver` has delivered, and acknowledge it as after a command that ended with 0."""
    settings = resolve({"node": (",".join(seeds),)}, {})
    held = HeldJobs()
    with Session(settings, Streams(io.BytesIO(), io.BytesIO(), io.BytesIO())) as session:
        host, port = giver.split(":")
        held.hold([JOB.decode()], session, Node(host, int(port)))
        held.written()
        held.settle("")


def test_the_node_that_delivered_the_job_is_told():
    with ScriptedNode([b":1\r\n"]) as giver:
        settle(giver.address, giver.address)
    assert giver.requests == [[b"ACKJOB", JOB]]


@pytest.mark.parametrize(("state", "sent"), [(None, []), ("active", [b"ACKJOB"]), ("wait-repl", [])])
def test_another_node_is_told_only_if_it_has_the_job(state, sent):
    other = Holder("b", state)
    with (
        ScriptedNode([close]) as giver,
        holding(other) as seed,
        pytest.raises(PartlyDone, match=giver.address),
    ):
        settle(giver.address, giver.address, seed)
    assert giver.requests == [[b"ACKJOB", JOB]]
    assert other.looked_at()
    assert other.verbs() == sent


class Restarted(Holder):
    """Closes the connection on which ACKJOB comes, and has lost the job then."""

    def _answer(self, conn):
        if self.requests[-1][0] == b"ACKJOB":
            self.state = None
            conn.close()
        else:
            super()._answer(conn)


def test_a_node_that_has_lost_the_job_is_not_told_again():
    node = Restarted("a", "active")
    with holding(node) as seed:
        settle(seed, seed)
    assert node.verbs() == [b"ACKJOB"]
    assert node.looked_at()


def test_a_node_that_cannot_be_asked_again_after_a_while_is_not_told(monkeypatch):
    monkeypatch.setattr("disquectl.shell.held_jobs.RECENT_SECONDS", -1.0)
    other = Holder("b", "active")
    with ScriptedNode([close], [close]) as giver, holding(other) as seed, pytest.raises(PartlyDone):
        settle(giver.address, giver.address, seed)
    assert b"ACKJOB" not in [words[0] for words in giver.requests]
    assert other.verbs() == [b"ACKJOB"]
