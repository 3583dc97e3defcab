"""Which nodes are asked, and where, and what happens when some say nothing: against scripted nodes."""

from __future__ import annotations

import threading
import time

import pytest

from disquectl.client.address import parse_node
from disquectl.client.cluster import Cluster
from disquectl.client.connection_factory import ConnectionFactory
from disquectl.client.transport import Transport
from disquectl.errors import ConnectionFailed, NoAnswer, NotAuthorised
from disquectl.protocol.resp import encode
from tests.conftest import run_disquectl
from tests.support.hello import A, B, C, entry, hello
from tests.support.scripted_node import ScriptedNode, refused_address, silent


def ask(*seeds, password=None, discover=True, timeout=5.0):
    """What QLEN gives at each node, by address, and who is missing, by address."""
    with (
        Transport(
            ",".join(seeds), ConnectionFactory(password=password, response_timeout=timeout)
        ) as transport,
        Cluster(transport.nodes, transport.connection_factory, discover=discover) as cluster,
    ):
        answers = {str(link.node): reply for link, _, reply in cluster.ask(["QLEN", "q"])}
        missing = {str(one.node): one.problem for one in cluster.missing()}
    return answers, missing


def port_of(node):
    return node.address.rpartition(":")[2]


def test_a_node_without_a_host_is_at_the_host_of_the_seed():
    with (
        ScriptedNode([hello(B), b":2\r\n"]) as other,
        ScriptedNode([hello(A, entry(A, ":1"), entry(B, f":{port_of(other)}")), b":1\r\n"]) as seed,
    ):
        # By a name of its own, which no default can be.
        named, found = (f"localhost:{port_of(node)}" for node in (seed, other))
        assert ask(named) == ({named: 1, found: 2}, {})


def test_a_seed_is_asked_at_its_own_address_whatever_it_announces():
    unreachable = refused_address()
    with ScriptedNode([hello(A, entry(A, unreachable)), b":1\r\n"]) as seed:
        assert ask(seed.address) == ({seed.address: 1}, {})


def test_a_node_that_is_also_a_seed_is_asked_there_and_not_where_others_say():
    unreachable = refused_address()
    known = (entry(A, unreachable), entry(B, unreachable))
    with (
        ScriptedNode([hello(A, *known), b":1\r\n"]) as first,
        ScriptedNode([hello(B, *known), b":2\r\n"]) as second,
    ):
        answers, missing = ask(first.address, second.address)
    assert answers == {first.address: 1, second.address: 2}
    assert missing == {}


def test_a_node_at_two_addresses_counts_once():
    steps = [hello(A), b":1\r\n"]
    with ScriptedNode(steps) as one, ScriptedNode(steps) as other:
        answers, missing = ask(one.address, other.address)
    assert len(answers) == 1
    assert missing == {}


def test_seeds_only_asks_nobody_else():
    with ScriptedNode([hello(B), b":2\r\n"]) as other:
        with ScriptedNode([hello(A, entry(B, other.address)), b":1\r\n"]) as seed:
            assert ask(seed.address, discover=False) == ({seed.address: 1}, {})
        assert other.accepted == 0


def test_nodes_that_only_others_know_are_found_too():
    with (
        ScriptedNode([hello(C), b":3\r\n"]) as third,
        ScriptedNode([hello(B, entry(C, third.address)), b":2\r\n"]) as second,
        ScriptedNode([hello(A, entry(B, second.address)), b":1\r\n"]) as seed,
    ):
        answers, missing = ask(seed.address)
    assert sorted(answers.values()) == [1, 2, 3]
    assert missing == {}


def test_another_node_at_an_announced_address_is_not_taken_for_it():
    with (
        ScriptedNode([hello(C), b":3\r\n"]) as stranger,
        ScriptedNode([hello(A, entry(B, stranger.address)), b":1\r\n"]) as seed,
    ):
        answers, missing = ask(seed.address)
    assert sorted(answers.values()) == [1, 3]
    assert "another node answers" in str(missing[stranger.address])


def test_a_seed_that_is_announced_as_another_node_is_told_as_well():
    # Others say that B stands where the seed C has already answered.
    with ScriptedNode([hello(C), b":3\r\n", silent]) as seed:

        def late(conn):
            seed_has_answered.wait(20)
            conn.sendall(hello(A, entry(B, seed.address)))

        seed_has_answered = threading.Event()
        with ScriptedNode([late, b":1\r\n"]) as teller:
            nodes = [parse_node(seed.address), parse_node(teller.address)]
            with Cluster(nodes, ConnectionFactory()) as cluster:
                answers = []
                for _, _, reply in cluster.ask(["QLEN", "q"]):
                    answers.append(reply)
                    seed_has_answered.set()
                missing = {str(one.node): one.problem for one in cluster.missing()}
    assert answers == [3, 1]
    assert "another node answers at that address (cccccccc)" in str(missing[seed.address])


def test_each_node_is_logged_in_to():
    steps = [b"+OK\r\n", hello(A), b":1\r\n"]
    with ScriptedNode(steps) as seed:
        assert ask(seed.address, password="secret") == ({seed.address: 1}, {})
        assert seed.requests[0] == [b"AUTH", b"secret"]


def test_a_wrong_password_is_told_of_the_node():
    with ScriptedNode([b"-ERR invalid password\r\n"]) as seed:
        answers, missing = ask(seed.address, password="wrong")
    assert answers == {}
    assert isinstance(missing[seed.address], NotAuthorised)


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([silent], NoAnswer),
        ([hello(B), silent], NoAnswer),
        ([], ConnectionFailed),
        ([hello(B), lambda conn: conn.close()], ConnectionFailed),
        ([b"HTTP/1.1 400 Bad Request\r\n"], ConnectionFailed),
        ([b"-ERR max number of clients reached\r\n"], ConnectionFailed),
        ([b"-ERR unknown command 'HELLO'\r\n"], ConnectionFailed),
    ],
)
def test_what_does_not_answer_is_missing_and_holds_up_nobody(steps, kind):
    with (
        ScriptedNode(steps) as other,
        ScriptedNode([hello(A, entry(B, other.address)), b":1\r\n"]) as seed,
    ):
        answers, missing = ask(seed.address, timeout=0.3)
    assert answers == {seed.address: 1}
    assert isinstance(missing[other.address], kind)


def test_ten_nodes_cost_about_as_much_as_the_slowest():
    """Against a node alone that is as slow, in the same run: no number of seconds is asserted."""
    pause = 0.3

    def after_a_while(data):
        def act(conn):
            time.sleep(pause)
            conn.sendall(data)

        return act

    def timed(count):
        ids = [f"{n:x}" * 40 for n in range(count)]
        nodes = [ScriptedNode([hello(node_id), after_a_while(b":1\r\n")]) for node_id in ids]
        for node in nodes:
            node.__enter__()
        begun = time.monotonic()
        answers, missing = ask(*(node.address for node in nodes))
        took = time.monotonic() - begun
        for node in nodes:
            node.__exit__()
        assert (len(answers), missing) == (count, {})
        return took

    assert timed(10) <= 1.5 * timed(1)


def test_a_silent_node_ends_a_command_with_3_and_a_silent_cluster_with_6():
    options = ("--cluster", "--response-timeout", "300ms")
    with ScriptedNode([silent]) as other:
        with ScriptedNode([hello(A, entry(B, other.address)), b":1\r\n"]) as seed:
            result = run_disquectl("qlen", "q", *options, node=seed.address)
        assert (result.code, result.out) == (3, "1\n")
        assert f"{other.address} (node bbbbbbbb): no answer within 0.3s" in result.err
    with ScriptedNode([silent]) as alone:
        assert run_disquectl("qlen", "q", *options, node=alone.address).code == 6


def test_a_write_that_was_sent_and_not_answered_leaves_its_outcome_open():
    with (
        ScriptedNode([hello(B), silent]) as other,
        ScriptedNode([hello(A, entry(B, other.address)), b"+in\r\n"]) as seed,
    ):
        result = run_disquectl(
            "pause", "q", "in", "--cluster", "--response-timeout", "300ms", node=seed.address
        )
    assert result.code == 8
    assert other.address in result.err


def test_a_write_that_nobody_answers_is_8():
    with ScriptedNode([hello(A), silent]) as seed:
        words = ("pause", "q", "in")
        result = run_disquectl(*words, "--cluster", "--response-timeout", "300ms", node=seed.address)
    assert result.code == 8


def test_a_redis_is_named_as_such():
    steps = [b"-ERR unknown command 'HELLO'\r\n", b"-ERR unknown command\r\n"]
    again = [b"-ERR unknown command 'HELLO'\r\n", b"$21\r\nredis_version:3.2.1\r\n\r\n"]
    with ScriptedNode(steps, again) as seed:
        result = run_disquectl("qlen", "q", "--cluster", node=seed.address)
    assert result.code == 5
    assert "a Redis 3.2.1" in result.err


def test_replies_in_any_order_of_fields_are_understood():
    """A server that has other fields, or leaves some out, is no bug of ours."""
    job = encode(("state", "queued", "id", "D-" + "x" * 38, "queue", "q", "new", "1"))
    page = b"*2\r\n$1\r\n0\r\n*1\r\n" + job
    steps = [hello(A), b"*2\r\n$1\r\n1\r\n$1\r\n2\r\n", page]
    with ScriptedNode(steps) as seed:
        result = run_disquectl("jobs", "-o", "jsonl", "--columns", "queue,state", node=seed.address)
    assert (result.code, result.out) == (0, '{"queue":"q","state":"queued"}\n')


@pytest.mark.parametrize(
    "junk", [b":1\r\n", b"$-1\r\n", b"*2\r\n$1\r\n0\r\n*1\r\n*2\r\n:1\r\n:2\r\n", b"*1\r\n*0\r\n"]
)
def test_a_reply_that_no_disque_gives_is_5_and_no_bug(junk):
    steps = [hello(A), b"*2\r\n$1\r\n1\r\n$1\r\n2\r\n", junk]
    with ScriptedNode(steps) as seed:
        assert run_disquectl("jobs", node=seed.address).code == 5
