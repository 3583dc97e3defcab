"""getjob --ack when its connection breaks: ACKJOB is sent only to nodes that were seen to have the job."""

from __future__ import annotations

import pytest

from disquectl.protocol.resp import encode
from tests.conftest import run_disquectl
from tests.support.replica_nodes import JOB, Holder, holding
from tests.support.scripted_node import AtOnce, ScriptedNode, close

ONE_JOB = b"*1\r\n" + encode((b"q", JOB, b"body"))
NO_JOB = b"*-1\r\n"
HELLO = b"*3\r\n:1\r\n$1\r\nz\r\n*4\r\n$1\r\nz\r\n$0\r\n\r\n$1\r\n1\r\n$1\r\n1\r\n"


def take(*seeds, options=()):
    return run_disquectl("getjob", "q", "--ack", "--columns", "body", *options, node=",".join(seeds))


def test_the_node_that_gave_the_job_is_told_on_the_same_connection():
    with ScriptedNode([ONE_JOB, b":1\r\n"]) as node:
        result = take(node.address)
    assert (result.code, result.out, node.accepted) == (0, "body\n", 1)
    assert node.requests[1] == [b"ACKJOB", JOB]


@pytest.mark.parametrize("lost", [[ONE_JOB, AtOnce(close)], [ONE_JOB, close]])
@pytest.mark.parametrize(("state", "sent"), [(None, []), ("active", [b"ACKJOB"]), ("wait-repl", [])])
def test_another_node_is_told_only_if_it_has_the_job(lost, state, sent):
    other = Holder("b", state)
    with ScriptedNode(lost) as giver, holding(other) as seed:
        result = take(giver.address, seed)
    assert (result.code, result.out) == (3, "body\n")
    assert other.looked_at()
    assert other.verbs() == sent
    assert giver.address in result.err


class Giver(Holder):
    """Gives the job, then ends that connection; answers on the next one."""

    def _answer(self, conn):
        if self.requests[-1][0] == b"GETJOB":
            conn.sendall(ONE_JOB)
            conn.close()
        else:
            super()._answer(conn)


def test_the_same_node_is_told_on_a_new_connection():
    giver = Giver("a", "active")
    with holding(giver) as seed:
        result = take(seed)
    assert (result.code, result.out, result.err) == (0, "body\n", "")
    assert giver.verbs() == [b"GETJOB", b"ACKJOB"]


@pytest.mark.parametrize(
    "lost",
    [
        [HELLO, ONE_JOB, AtOnce(close)],  # before the job is written
        [HELLO, ONE_JOB, close],  # with the next GETJOB
        [HELLO, ONE_JOB, NO_JOB, close],  # with the ACKJOB
    ],
)
@pytest.mark.parametrize(("state", "sent"), [(None, []), ("active", [b"ACKJOB"]), ("wait-repl", [])])
def test_in_quantity_another_node_is_told_only_if_it_has_the_job(lost, state, sent):
    other = Holder("b", state)
    with ScriptedNode(lost) as giver, holding(other) as seed:
        result = take(giver.address, seed, options=["--follow"])
    # The GETJOB that was under way has no answer.
    assert (result.code, result.out) == (8, "body\n")
    assert other.looked_at()
    assert other.verbs() == sent
    assert giver.address in result.err


def test_in_quantity_the_same_node_is_told_on_a_new_connection():
    giver = Giver("a", "active")
    with holding(giver) as seed:
        result = take(seed, options=["--follow"])
    assert (result.code, result.out) == (8, "body\n")
    assert "delivered again" in result.err
    assert giver.looked_at()
    assert giver.verbs()[-1] == b"ACKJOB"
    assert giver.state is None
