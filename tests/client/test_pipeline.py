"""Requests sent together: replies in order, and what is known when the connection breaks in the middle."""

import os
import threading

import pytest

from disquectl import ConnectionFailed, NoAnswer, NotDisque, OutcomeUnknown, ReplyError, UsageError
from disquectl.client.pipeline import LostInFlight, NotAllSent
from disquectl.client.pipelined_connection import Batch
from disquectl.client.stream import Stream
from disquectl.protocol.resp import encode
from tests.support.scripted_node import AtOnce, ScriptedNode, close, refused_address, silent


def test_replies_are_in_order_and_an_error_is_in_its_place(make_client):
    with ScriptedNode([b":1\r\n", b"-ERR no\r\n", b":3\r\n"]) as node:
        with make_client(node.address).pipeline() as pipeline:
            pipeline.call("QLEN", "a")
            pipeline.call("BAD")
            pipeline.call("QLEN", "c")
            assert pipeline.replies == []
        one, error, three = pipeline.replies
        assert (one, three) == (1, 3)
        assert isinstance(error, ReplyError)
        assert node.requests == [[b"QLEN", b"a"], [b"BAD"], [b"QLEN", b"c"]]


def test_what_comes_after_it_goes_out_on_the_same_connection(make_client):
    with ScriptedNode([b":1\r\n", b":2\r\n", b":3\r\n"]) as node:
        client = make_client(node.address)
        assert client.call_many([("QLEN", "a"), ("QLEN", "b")]) == [1, 2]
        assert client.qlen("c") == 3


def test_an_empty_pipeline_connects_nowhere(make_client):
    client = make_client(refused_address())
    with client.pipeline() as pipeline:
        pass
    assert pipeline.replies == []
    assert client.call_many([]) == []


def test_a_block_that_fails_sends_nothing(make_client):
    client = make_client(refused_address())
    pipeline = client.pipeline()
    pipeline.__enter__()
    pipeline.call("QLEN", "a")
    problem = ValueError()
    pipeline.__exit__(ValueError, problem, None)
    assert pipeline.replies == []


def test_a_pipeline_inside_a_pipeline_is_refused(make_client):
    with ScriptedNode([b":1\r\n"]) as node:
        client = make_client(node.address)
        with client.pipeline() as outer:
            outer.call("QLEN", "a")
            with pytest.raises(UsageError, match="open already"), client.pipeline():
                pass
        assert outer.replies == [1]
        with client.pipeline():
            pass


def test_a_pipeline_takes_nothing_outside_of_its_block(make_client):
    pipeline = make_client(refused_address()).pipeline()
    with pytest.raises(UsageError):
        pipeline.call("QLEN", "a")


def test_a_client_that_is_used_while_requests_are_on_their_way_leaves_them_unknown(make_client):
    def source():
        yield Batch([encode(("NACK", "id"))])
        assert client.qlen("q") == 5

    with ScriptedNode([silent], [b":5\r\n"]) as node:
        client = make_client(node.address)
        with Stream(client._transport) as stream:
            (batch,) = stream.run(source())
        (outcome,) = batch.outcomes
        assert isinstance(outcome, OutcomeUnknown)
        assert "used for something else meanwhile" in outcome.message
        assert stream.failure is outcome


def test_a_source_that_has_nothing_now_does_not_hold_up_the_end_after_a_failure(make_transport):
    nothing_comes, writer = os.pipe()

    def source():
        yield Batch([encode(["PING"])])
        while True:
            yield None

    def run():
        for batch in stream.run(source(), (nothing_comes,)):
            done.append(batch.outcomes)

    done = []
    with ScriptedNode([close]) as node, Stream(make_transport(node.address)) as stream:
        runner = threading.Thread(target=run)
        runner.start()
        runner.join(20)
        is_stuck = runner.is_alive()
        os.write(writer, b"x")
        runner.join()
    os.close(nothing_comes)
    os.close(writer)
    assert not is_stuck
    assert [type(outcome) for [outcome] in done] == [OutcomeUnknown]
    assert isinstance(stream.failure, OutcomeUnknown)


def test_both_sides_may_have_more_to_say_than_the_sockets_hold(make_client, node):
    body = b"x" * 1_000_000
    replies = make_client(node).call_many([("PING", body)] * 30)
    assert all(reply == body for reply in replies)


def test_many_small_requests_are_answered_in_order(make_client, node):
    words = [("PING", str(i)) for i in range(20_000)]
    assert make_client(node).call_many(words) == [str(i).encode() for i in range(20_000)]


def test_what_came_what_may_have_been_done_and_what_was_not_sent_are_told_apart(make_client):
    def read_on_and_close(conn):
        conn.sendall(b":1\r\n")
        conn.recv(1000)
        conn.close()

    with ScriptedNode([AtOnce(read_on_and_close)], [b":9\r\n"]) as node:
        client = make_client(node.address)
        requests = [("NACK", "a"), ("NACK", "b"), ("NACK", "x" * 50_000_000), ("NACK", "d")]
        with pytest.raises(LostInFlight) as caught:
            client.call_many(requests)
        assert isinstance(caught.value, OutcomeUnknown)
        assert caught.value.replies == [1]
        assert caught.value.sent == 2
        assert node.accepted == 1


def test_the_replies_so_far_are_kept_in_the_pipeline(make_client):
    with ScriptedNode([b":1\r\n", close]) as node:
        client = make_client(node.address)
        pipeline = client.pipeline()
        pipeline.__enter__()
        pipeline.call("NACK", "a")
        pipeline.call("NACK", "b")
        with pytest.raises(LostInFlight):
            pipeline.__exit__(None, None, None)
        assert pipeline.replies == [1]


def test_what_was_certainly_not_sent_goes_to_the_next_seed(make_client):
    def take_a_little(conn):
        conn.recv(1000)
        conn.close()

    with ScriptedNode([AtOnce(take_a_little)]) as node, ScriptedNode([b":1\r\n", b":2\r\n"]) as other:
        client = make_client([node.address, other.address])
        assert client.call_many([("NACK", "x" * 50_000_000), ("NACK", "b")]) == [1, 2]


def test_what_may_be_repeated_goes_on_after_the_last_reply(make_client):
    with ScriptedNode([b":1\r\n", close]) as node, ScriptedNode([b":2\r\n", b":3\r\n"]) as other:
        client = make_client([node.address, other.address])
        assert client.call_many([("QLEN", "a"), ("QLEN", "b"), ("QLEN", "c")], repeatable=True) == [1, 2, 3]
        assert other.requests == [[b"QLEN", b"b"], [b"QLEN", b"c"]]


def test_when_no_node_is_left_the_replies_so_far_are_told(make_client):
    with ScriptedNode([b":1\r\n", close]) as node:
        with pytest.raises(NotAllSent) as caught:
            make_client(node.address).call_many([("QLEN", "a"), ("QLEN", "b")], repeatable=True)
        assert isinstance(caught.value, ConnectionFailed)
        assert (caught.value.replies, caught.value.sent) == ([1], 1)


def test_no_answer_in_the_middle_is_unknown_or_no_answer(make_client):
    with ScriptedNode([b":1\r\n", silent], [silent]) as node:
        client = make_client(node.address, response_timeout=0.1)
        with pytest.raises(LostInFlight) as caught:
            client.call_many([("NACK", "a"), ("NACK", "b")])
        assert (caught.value.replies, caught.value.sent) == ([1], 2)
        with pytest.raises(NoAnswer):
            client.call_many([("QLEN", "a")], repeatable=True)


def test_a_node_that_takes_no_more_bytes_was_not_sent_the_rest(make_client):
    with ScriptedNode([AtOnce(lambda conn: threading.Event().wait(1))]) as node:
        client = make_client(node.address, response_timeout=0.2)
        with pytest.raises(NotAllSent, match="takes no more"):
            client.call_many([("NACK", "x" * 50_000_000)])


def test_garbage_instead_of_replies_is_no_disque(make_client):
    with ScriptedNode([b"HTTP/1.1 400\r\n"]) as node, pytest.raises(NotDisque):
        make_client(node.address).call_many([("NACK", "a"), ("NACK", "b")])


def test_a_node_that_takes_no_more_clients_is_passed_over(make_client):
    full = AtOnce(b"-ERR max number of clients reached\r\n")
    with ScriptedNode([full]) as node, ScriptedNode([b":1\r\n"]) as other:
        assert make_client([node.address, other.address]).call_many([("NACK", "a")]) == [1]


def test_a_request_that_cannot_be_sent_stops_all_before_they_are_sent(make_client):
    with pytest.raises(UsageError):
        make_client(refused_address()).call_many([("QLEN", "a"), ()])


def test_a_timeout_longer_than_the_system_can_count_is_no_failure(make_client):
    with ScriptedNode([b":1\r\n", b":2\r\n", b":3\r\n"]) as node:
        client = make_client(node.address, connect_timeout=1e30, response_timeout=1e30)
        assert client.call("QLEN", "a") == 1
        assert client.call_many([("QLEN", "a"), ("QLEN", "b")]) == [2, 3]
    with ScriptedNode([b":1\r\n"]) as node:
        month_ms = 31 * 86_400_000
        assert make_client(node.address).call_many([("ADDJOB", "a", "", month_ms)], wait_ms=month_ms) == [1]


@pytest.mark.parametrize(("size", "at_once"), [(1, True), (1, False), (3, True)])
def test_as_long_as_replies_come_a_node_is_come_back_to(make_transport, size, at_once):
    requests = [encode(("QLEN", name)) for name in "abc"]
    found = []

    def batches():
        for at in range(0, 3, size):
            while not at_once and len(found) < at:
                yield None
            yield Batch(requests[at : at + size])

    with ScriptedNode([b":1\r\n", close], [b":2\r\n", close], [b":3\r\n"]) as node:
        with Stream(make_transport(node.address), repeatable=True) as stream:
            for batch in stream.run(batches()):
                found += batch.outcomes
        assert (found, stream.failure) == ([1, 2, 3], None)


def test_a_reply_that_nobody_asked_for_is_not_taken_for_the_next(make_transport):
    done = []

    def batches():
        yield Batch([encode(("QLEN", "a"))])
        while not done:
            yield None
        yield Batch([encode(("QLEN", "b"))])

    with ScriptedNode([b":1\r\n:99\r\n", b":5\r\n"], [b":2\r\n"]) as node:
        with Stream(make_transport(node.address)) as stream:
            for batch in stream.run(batches()):
                done.append(batch.outcomes)
        assert done == [[1], [2]]


def test_a_batch_pinned_to_a_node_goes_to_no_other_when_its_connection_broke(make_transport):
    with ScriptedNode([b":1\r\n", close]) as broken, ScriptedNode([b":2\r\n", b":3\r\n"]) as other:

        def source():
            first = Batch([encode(("QLEN", "q"))], "get")
            yield first
            while first.left:
                yield None
            yield Batch([encode(("ACKJOB", "in flight"))], "ack", pinned_to=first.node)
            yield Batch([encode(("QLEN", "q"))], "get")
            yield Batch([encode(("ACKJOB", "late"))], "ack", pinned_to=first.node)
            while other.accepted == 0:
                yield None
            yield Batch([encode(("ACKJOB", "later"))], "ack", pinned_to=first.node)
            yield Batch([encode(("QLEN", "q"))], "get")

        with Stream(make_transport([broken.address, other.address]), repeatable=True) as stream:
            batches = list(stream.run(source()))
        assert stream.failure is None
        gets = [batch for batch in batches if batch.tag == "get"]
        acks = [batch for batch in batches if batch.tag == "ack"]
        assert [batch.outcomes for batch in gets] == [[1], [2], [3]]
        assert [str(batch.node) for batch in gets] == [broken.address, other.address, other.address]
        assert [(batch.outcomes, len(batch.left), batch.is_given_up) for batch in acks] == [([], 1, True)] * 3
        assert other.requests == [[b"QLEN", b"q"]] * 2


def test_a_batch_pinned_to_a_node_that_is_connected_is_sent(make_transport):
    with ScriptedNode([b":1\r\n", b":2\r\n"]) as node:
        transport = make_transport(node.address)
        transport.connect()
        with Stream(transport) as stream:
            (batch,) = stream.run([Batch([encode(("ACKJOB", "id"))], pinned_to=transport.node)])
        assert batch.outcomes == [1]
        assert not batch.is_given_up


def test_a_pinned_batch_that_was_handed_over_and_not_answered_is_unknown(make_transport):
    with ScriptedNode([close]) as node:
        transport = make_transport(node.address)
        transport.connect()
        with Stream(transport, go_on=True) as stream:
            (batch,) = stream.run([Batch([encode(("ACKJOB", "id"))], pinned_to=transport.node)])
        assert [type(outcome) for outcome in batch.outcomes] == [OutcomeUnknown]
        assert batch.left == []
        assert node.accepted == 1
