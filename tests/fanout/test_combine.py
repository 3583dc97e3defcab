"""--cluster on the commands whose answers are added up or listed side by side."""

from __future__ import annotations

from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from disquectl import Client, ConnectionFailed, Node, PartlyDone, ReplyError
from disquectl.client.cluster import Missing
from disquectl.fanout.ask import Refusals, require_an_answer, settle
from tests.conftest import run_disquectl
from tests.support.jobs import addresses, fill_each
from tests.support.scripted_node import refused_address


def test_qlen_differs_by_node_and_is_one_number_for_the_cluster(cluster):
    fill_each(cluster, "mail", (2, 0, 1))
    assert run_disquectl("qlen", "mail", node=cluster[0]).out == "2\n"
    for seed in cluster:
        assert run_disquectl("qlen", "mail", "--cluster", node=seed).out == "3\n"
    result = run_disquectl("qlen", "mail", "--cluster", "-o", "json", node=cluster[1])
    assert result.records == {"queue": "mail", "length": 3, "nodes": addresses(cluster)}


def test_qlen_of_several_queues_names_them(cluster):
    fill_each(cluster, "a", (1, 1, 0))
    result = run_disquectl("qlen", "a", "b", "--cluster", "--columns", "queue,length", node=cluster[0])
    assert result.out == "a\t2\nb\t0\n"


def test_seeds_only_asks_the_nodes_given(cluster):
    fill_each(cluster, "mail", (2, 4, 1))
    seeds = f"{cluster[0]},{cluster[2]}"
    result = run_disquectl("qlen", "mail", "--cluster", "--seeds-only", "-o", "json", node=seeds)
    assert result.records == {"queue": "mail", "length": 3, "nodes": addresses([cluster[0], cluster[2]])}


def test_seeds_only_needs_cluster(cluster):
    assert run_disquectl("qlen", "mail", "--seeds-only", node=cluster[0]).code == 2


def test_a_seed_that_does_not_answer_is_named_and_the_rest_counts(cluster):
    fill_each(cluster, "mail", (1, 1, 1))
    dead = refused_address()
    result = run_disquectl("qlen", "mail", "--cluster", node=f"{dead},{cluster[0]}")
    assert (result.code, result.out) == (3, "3\n")
    assert dead in result.err
    assert "3 of 4 nodes answered" in result.err


def test_no_node_at_all_is_5():
    result = run_disquectl("qlen", "mail", "--cluster", node=f"{refused_address()},{refused_address()}")
    assert (result.code, result.out) == (5, "")


@pytest.mark.parametrize("words", [("ping",), ("pause", "mail", "state"), ("info", "server"), ("hello",)])
def test_what_is_listed_side_by_side_has_the_node(cluster, words):
    result = run_disquectl(*words, "--cluster", "-o", "json", node=cluster[0])
    assert result.code == 0
    names = [record["node"] for record in result.records]
    if words[0] == "hello":
        assert sorted(names) == sorted(entry["id"] for entry in result.records[0]["nodes"])
    else:
        assert names == addresses(cluster)


def test_pause_is_set_on_every_node(cluster):
    assert run_disquectl("pause", "mail", "in", "--cluster", node=cluster[0]).code == 0
    for node in cluster:
        assert run_disquectl("pause", "mail", "state", node=node).out == "in\n"


def test_pause_with_bcast_is_a_usage_error(cluster):
    for words in (("in", "--bcast"), ("in", "bcast")):
        assert run_disquectl("pause", "mail", *words, "--cluster", node=cluster[0]).code == 2


def test_read_only_refuses_a_pause_of_all(cluster):
    assert run_disquectl("pause", "mail", "in", "--cluster", "--read-only", node=cluster[0]).code == 2
    assert run_disquectl("pause", "mail", "state", "--cluster", node=cluster[0]).out.count("none") == 3


def test_show_lists_each_copy(cluster):
    with Client(cluster[0]) as client:
        job_id = client.addjob("mail", "hello", replicate=3)
    result = run_disquectl("show", job_id, "--cluster", "-o", "json", node=cluster[0])
    assert [record["node"] for record in result.records] == addresses(cluster)
    assert {record["id"] for record in result.records} == {job_id}


def test_show_of_what_no_node_has_is_4(cluster):
    unknown = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
    assert run_disquectl("show", unknown, "--cluster", node=cluster[0]).code == 4
    with Client(cluster[0]) as client:
        job_id = client.addjob("mail", "hello", replicate=1)
    result = run_disquectl("show", unknown, job_id, "--cluster", "-o", "jsonl", node=cluster[1])
    assert result.code == 3
    assert result.out.count(job_id) == 1
    assert unknown in result.err


def test_a_node_that_refused_and_then_fell_silent_counts_once():
    told = []
    session = SimpleNamespace(problem=told.append)
    silent, good = Mock(node=Node(port=1)), Mock(node=Node(port=2))
    missing = Missing(silent.node, "", ConnectionFailed("closed by the node"))
    rest = SimpleNamespace(answered=lambda: [good], missing=lambda: [missing])
    refusals = Refusals()
    refusals.add(silent, [b"QPEEK"], ReplyError("ERR no"))
    require_an_answer(rest, session, refusals)
    with pytest.raises(PartlyDone, match=r"^1 of 2 nodes answered$"):
        settle(rest, session, refusals=refusals)
    assert told == ["127.0.0.1:1: ERR no", "127.0.0.1:1: closed by the node"]


def test_a_refusal_by_all_is_a_refusal(cluster):
    result = run_disquectl("show", "not-an-id", "--cluster", node=cluster[0])
    assert result.code == 1
    assert "BADID" in result.err


def test_qstat_is_listed_for_the_nodes_that_have_the_queue(cluster):
    fill_each(cluster, "mail", (1, 0, 2))
    result = run_disquectl("qstat", "mail", "--cluster", "-o", "json", node=cluster[1])
    lengths = {record["node"]: record["len"] for record in result.records}
    assert lengths == {cluster[0]: 1, cluster[2]: 2}


def test_a_lone_node_is_a_cluster_of_one(node):
    result = run_disquectl("qlen", "mail", "--cluster", "-o", "json", node=node)
    assert result.records == {"queue": "mail", "length": 0, "nodes": [node]}
