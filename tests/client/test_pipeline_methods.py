"""A pipeline has the methods of a client, from the same definitions."""

import inspect

import pytest

from disquectl import Client, NoAnswer, NotDisque, OutcomeUnknown, ReplyError, UsageError
from disquectl.client.direct_commands import DirectCommands
from disquectl.client.pipeline import LostInFlight, Pipeline
from tests.support.scripted_node import ScriptedNode, close, refused_address, silent

# What is not a command, and what is more than one request with one reply.
CONNECTING = {"close", "connect", "connected", "node", "nodes", "pipeline", "verify", "call_many"}
CONNECTING |= {"from_env", "from_url", "jobs"}
DIRECT = {name for name in vars(DirectCommands) if not name.startswith("_")}


def public(kind):
    return {name: one for name, one in inspect.getmembers(kind) if not name.startswith("_")}


def test_every_command_of_a_client_is_one_of_a_pipeline_with_the_same_definition():
    client, pipeline = public(Client), public(Pipeline)
    assert client.keys() - pipeline.keys() == CONNECTING | DIRECT
    assert pipeline.keys() <= client.keys()
    assert {name for name in pipeline if pipeline[name] is not client[name]} == {"call"}
    assert len(pipeline) > 40


def test_replies_are_the_values_that_the_methods_of_a_client_return(client):
    with client.pipeline() as pipe:
        assert pipe.addjob("q", "b") is None
        pipe.qlen("q")
        pipe.qpeek("q")
        pipe.show("D-x")
        pipe.call("QLEN", "q")
        pipe.qstat("none")
    job_id, length, [job], error, raw, none = pipe.replies
    assert isinstance(job_id, str)
    assert (length, raw, none) == (1, 1, None)
    assert job == {"queue": b"q", "id": job_id, "body": b"b"}
    assert isinstance(error, ReplyError)
    assert error.code == "BADID"


def test_a_reply_that_is_not_understood_is_an_error_in_its_place(make_client):
    with ScriptedNode([b"+many\r\n", b":2\r\n"]) as node:
        with make_client(node.address).pipeline() as pipe:
            pipe.qlen("a")
            pipe.qlen("b")
        problem, length = pipe.replies
    assert isinstance(problem, NotDisque)
    assert length == 2


def test_arguments_are_checked_when_they_are_added(make_client):
    with pytest.raises(UsageError, match="ttl"), make_client(refused_address()).pipeline() as pipe:
        pipe.addjob("q", "b", ttl=0)


def test_a_buffer_may_be_used_again_for_the_next_job(client):
    buffer = bytearray(b"one")
    with client.pipeline() as pipe:
        pipe.addjob("q", buffer)
        buffer[:] = b"two"
        pipe.addjob("q", memoryview(buffer))
    assert [job["body"] for job in client.getjob("q", count=2)] == [b"one", b"two"]


def test_what_may_be_repeated_is_sent_again_and_nothing_else(make_client):
    with ScriptedNode([close]) as node, ScriptedNode([b":1\r\n", b":2\r\n"]) as other:
        with make_client([node.address, other.address]).pipeline() as pipe:
            pipe.qlen("a")
            pipe.qlen("b")
        assert pipe.replies == [1, 2]
    with ScriptedNode([close]) as node, ScriptedNode() as other:
        client = make_client([node.address, other.address])
        pipe = client.pipeline().__enter__()
        pipe.qlen("a")
        pipe.nack("b")
        with pytest.raises(LostInFlight):
            pipe.__exit__(None, None, None)


def test_what_is_meant_for_one_node_goes_to_no_other(make_client):
    with ScriptedNode([b"*2\r\n$1\r\n7\r\n*0\r\n", close]) as node, ScriptedNode([b":1\r\n"]) as other:
        client = make_client([node.address, other.address])
        cursor, _ = client.qscan()
        with pytest.raises(Exception, match="closed by the node") as caught, client.pipeline() as pipe:
            pipe.qscan(cursor)
        assert caught.value.sent == 0
        assert other.accepted == 0


def test_a_pipeline_waits_as_long_as_its_longest_command(make_client):
    def late(conn):
        import threading

        threading.Event().wait(0.4)
        conn.sendall(b"*-1\r\n:1\r\n")

    with ScriptedNode([late, lambda conn: None]) as node:
        with make_client(node.address, response_timeout=0.2).pipeline() as pipe:
            pipe.getjob("q", timeout_ms=600)
            pipe.qlen("q")
        assert pipe.replies == [[], 1]


def test_a_pipeline_that_is_used_again_begins_anew(client):
    pipe = client.pipeline()
    with pipe:
        pipe.addjob("q", "b")
        pipe.getjob("none", timeout_ms=1)
    with pipe:
        assert pipe.replies == []
        pipe.qlen("q")
    assert pipe.replies == [1]
    with pytest.raises(UsageError, match="ttl"), pipe:
        [pipe.addjob("q", "never", ttl=ttl) for ttl in (60, 0)]
    assert pipe.replies == []
    with pipe:
        pipe.qlen("q")
    assert pipe.replies == [1]


def test_a_pipeline_that_is_used_again_waits_as_it_was_told_at_first(make_client):
    with ScriptedNode([b"*-1\r\n", silent]) as node:
        pipe = make_client(node.address, response_timeout=0.2).pipeline()
        with pipe:
            pipe.getjob("q", timeout_ms=2000)
        with pytest.raises(NoAnswer, match=r"no answer within 0\.2s"), pipe:
            pipe.qlen("q")


@pytest.mark.parametrize("reply", [b"-NOREPL Timeout reached\r\n", b"-NOREPL job removed\r\n"])
def test_a_job_that_may_yet_be_delivered_is_not_a_refused_one(make_client, reply):
    script = [reply, b"-NOREPL Not enough\r\n", reply]
    with ScriptedNode(script) as node, make_client(node.address).pipeline() as pipe:
        pipe.addjob("q", "b")
        pipe.addjob("q", "b")
        pipe.call("ADDJOB", "q", "b", 0)
    unknown, refused, raw = pipe.replies
    assert isinstance(unknown, OutcomeUnknown)
    assert unknown.message == reply[1:-2].decode()
    assert isinstance(refused, ReplyError)
    assert isinstance(raw, ReplyError)
