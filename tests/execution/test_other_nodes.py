"""What is said of other nodes after a request to one of them, and that it takes no round trip of its own."""

from __future__ import annotations

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.hello import A, B, entry, hello
from tests.support.jobs import add
from tests.support.scripted_node import AtOnce, ScriptedNode, refused_address, silent

ID = "D-" + "a" * 8 + "-" + "x" * 24 + "-05a1"
CHANGES = ["nack", "enqueue", "dequeue", "deljob", "working"]
TWO_NODES = hello(A, entry(A, ":7711"), entry(B, "127.0.0.1:7712"))


@pytest.mark.parametrize("name", CHANGES)
def test_where_other_nodes_are_known_stderr_names_the_option(cluster, name):
    job_id = add(cluster[0], "mail", replicate=1)
    result = run_disquectl(name, job_id, node=cluster[0])
    assert result.code == 0
    assert f"{cluster[0]}, which knows 2 other nodes" in result.err
    assert "--cluster" in result.err
    assert run_disquectl(name, job_id, "--quiet", node=cluster[0]).err == ""


@pytest.mark.parametrize("name", CHANGES)
def test_a_lone_node_has_no_others(node, name):
    with Client(node) as client:
        job_id = client.addjob("mail", "x")
    result = run_disquectl(name, job_id, node=node)
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("name", CHANGES)
def test_hello_goes_out_in_front_without_waiting_for_its_reply(name):
    # Both replies come at the second request: who waited for the first would wait in vain.
    with ScriptedNode([b"", TWO_NODES + b":1\r\n"]) as seed:
        result = run_disquectl(name, ID, "--response-timeout", "10s", node=seed.address)
    assert (result.code, result.out) == (0, "1\n")
    assert "knows 1 other node" in result.err
    assert [words[0] for words in seed.requests] == [b"HELLO", name.upper().encode()]


def test_a_node_that_does_not_answer_hello_is_still_asked():
    with ScriptedNode([b"-ERR no\r\n", b":1\r\n"]) as seed:
        result = run_disquectl("nack", ID, node=seed.address)
    assert (result.code, result.out, result.err) == (0, "1\n", "")


def test_a_node_that_is_full_is_left_for_the_next():
    full = AtOnce(b"-ERR max number of clients reached\r\n")
    with ScriptedNode([full]) as first, ScriptedNode([TWO_NODES, b":1\r\n", silent]) as second:
        result = run_disquectl("nack", ID, node=f"{first.address},{second.address}")
    assert (result.code, result.out) == (0, "1\n")


def test_a_request_that_may_not_be_repeated_is_not_sent_again_behind_hello():
    def end(conn):
        conn.close()

    with ScriptedNode([TWO_NODES, end]) as first, ScriptedNode([TWO_NODES, b":1\r\n", silent]) as second:
        result = run_disquectl("nack", ID, node=f"{first.address},{second.address}")
    assert (result.code, second.requests) == (8, [])


def test_the_next_seed_is_asked_where_nothing_was_sent():
    with ScriptedNode([TWO_NODES, b":1\r\n", silent]) as second:
        result = run_disquectl("nack", ID, node=f"{refused_address()},{second.address}")
    assert (result.code, result.out) == (0, "1\n")
    assert f"{second.address}, which knows 1 other node" in result.err


def test_ids_of_stdin_that_were_not_changed_here_are_counted(cluster):
    ids = [add(node, "mail", replicate=1, delay=60) for node in cluster]
    stdin = "\n".join(ids).encode()
    result = run_disquectl("nack", "-", node=cluster[0], stdin=stdin)
    assert (result.code, result.out) == (0, "1\n")
    assert "not changed there: 2 of 3 jobs" in result.err
    assert "--cluster" in result.err
    result = run_disquectl("nack", "-", "--cluster", node=cluster[0], stdin=stdin)
    assert (result.code, result.out) == (0, "2\n")
    result = run_disquectl("nack", *ids, node=cluster[0])
    assert "not changed there: 3 of 3 jobs" in result.err


@pytest.mark.parametrize(("ids", "said"), [([ID, ID], True), ([ID], False)])
def test_ack_of_stdin_speaks_of_other_nodes_only_where_this_one_did_not_know_all(ids, said):
    with ScriptedNode([TWO_NODES, b":1\r\n", silent]) as seed:
        result = run_disquectl(
            "ack", "-", node=seed.address, stdin="".join(f"{one}\n" for one in ids).encode()
        )
    assert (result.code, result.out) == (0, "1\n")
    assert ("not changed there: 1 of 2 jobs" in result.err, "--cluster" in result.err) == (said, said)


def test_ack_of_ids_that_were_typed_is_sent_alone():
    with ScriptedNode([b":1\r\n"]) as seed:
        result = run_disquectl("ack", ID, node=seed.address)
    assert (result.code, result.out, result.err) == (0, "1\n", "")
    assert len(seed.requests) == 1
