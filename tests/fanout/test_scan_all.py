"""--cluster on the commands that go through names and jobs: each is counted once."""

from __future__ import annotations

import json

import pytest

from disquectl.fanout.scan_all import next_count
from disquectl.protocol.resp import encode
from tests.conftest import run_disquectl
from tests.support.hello import A, B, hello
from tests.support.jobs import add, addresses, fill_each, next_millisecond
from tests.support.queue_names import NAMES
from tests.support.scanned_nodes import ScannedNode, replica, scanned
from tests.support.scripted_node import ScriptedNode


def test_qscan_names_each_queue_once_and_the_node(cluster):
    for node in cluster:
        for name in NAMES:
            add(node, name, "x", replicate=1)
    result = run_disquectl("qscan", "--cluster", "-o", "jsonl", node=cluster[0])
    found = [json.loads(line) for line in result.raw.splitlines()]
    assert len(found) == len(NAMES)
    assert {record["node"] for record in found} <= set(cluster)
    assert sorted(record.get("queue") or "" for record in found) == sorted(
        name.decode() if name != b"\xff\x00" else "" for name in NAMES
    )


def test_jscan_counts_a_job_once_however_many_copies(cluster):
    ids = {add(cluster[0], "mail", f"{n}", replicate=3) for n in range(25)}
    result = run_disquectl("jscan", "--cluster", "--count", "4", "--columns", "id", node=cluster[1])
    assert len(result.out.splitlines()) == 25
    assert set(result.out.splitlines()) == ids
    result = run_disquectl("jscan", "--cluster", "--reply", "all", "-o", "json", node=cluster[1])
    assert {record["id"] for record in result.records} == ids


def test_a_cursor_is_for_one_node(cluster):
    assert run_disquectl("qscan", "--cluster", "--cursor", "0", node=cluster[0]).code == 2


def test_what_all_refuse_is_a_refusal(cluster):
    result = run_disquectl("jscan", "--cluster", "--count", "99999999999999999999", node=cluster[0])
    assert result.code == 1
    assert "not an integer" in result.err


@pytest.mark.parametrize(
    ("words", "answers"),
    [(["queues", "--estimate"], 1), (["jobs"], 1), (["qlen", "q", "--cluster"], 0), (["dead"], 0)],
)
def test_a_cluster_that_refuses_is_no_empty_one(words, answers):
    steps = [hello(A), *[encode((b"1", b"2"))] * answers, b"-ERR no\r\n"]
    with ScriptedNode(steps) as node:
        result = run_disquectl(*words, node=node.address)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("disquectl: ERR no ")


@pytest.mark.parametrize("words", [["dead"], ["dead", "failing"]])
def test_dead_jobs_are_read_where_they_can_be(words):
    # dead failing asks for the names of connections first.
    clients = [b"$0\r\n\r\n"] if "failing" in words else []
    with (
        ScriptedNode([hello(A), *clients, b"*2\r\n$1\r\n0\r\n*0\r\n"]) as good,
        ScriptedNode([hello(B), *clients, b"-ERR no\r\n"]) as bad,
    ):
        result = run_disquectl(*words, node=f"{good.address},{bad.address}")
    assert (result.code, result.out) == (3, "")
    assert f"{bad.address}: ERR no" in result.err
    assert "1 of 2 nodes answered" in result.err


def test_nothing_is_an_empty_list(cluster):
    for command in ("qscan", "jscan"):
        result = run_disquectl(command, "--cluster", "-o", "json", node=cluster[0])
        assert (result.code, result.out) == (0, "[]\n")


def test_qpeek_sees_the_queue_as_one(cluster):
    ids = []
    for number in range(7):
        ids.append(add(cluster[number % 3], "mail", f"{number}", replicate=1))
        next_millisecond()
    peeked = run_disquectl("qpeek", "mail", "4", "--cluster", "--columns", "id,body", node=cluster[2])
    assert peeked.out.splitlines() == [f"{job_id}\t{number}" for number, job_id in enumerate(ids[:4])]
    newest = run_disquectl("qpeek", "mail", "-2", "--cluster", "-o", "json", node=cluster[2])
    assert [record["body"] for record in newest.records] == ["6", "5"]
    assert newest.records[0]["node"] == cluster[0]


def test_qpeek_of_nothing(cluster):
    assert run_disquectl("qpeek", "mail", "--cluster", node=cluster[0]).out == ""


def test_deljob_deletes_every_copy_and_counts_the_job_once(cluster):
    ids = [add(cluster[0], "mail", "x", replicate=3) for _ in range(3)]
    result = run_disquectl("deljob", *ids, "--cluster", "-o", "json", node=cluster[1])
    assert result.records == {"count": 3, "nodes": addresses(cluster)}
    for node in cluster:
        assert run_disquectl("show", ids[0], node=node).code == 4
    assert run_disquectl("deljob", *ids, "--cluster", node=cluster[1]).out == "0\n"


def test_deljob_reads_ids_from_stdin(cluster):
    ids = [add(cluster[0], "mail", "x", replicate=3) for _ in range(4)]
    stdin = "\n".join([*ids, "nonsense", ""]).encode()
    result = run_disquectl("deljob", "-", "--cluster", node=cluster[1], stdin=stdin)
    assert (result.code, result.out) == (3, "4\n")
    assert "line 5" in result.err
    fill_each(cluster, "mail", (0, 0, 0))
    assert run_disquectl("deljob", "-", "--cluster", node=cluster[1]).out == "0\n"


@pytest.mark.parametrize(
    ("body", "jobs", "count", "following"),
    [
        (b"", 100, 100, 1_000),
        (b"x" * 100, 1_000, 1_000, 1_000),
        (b"x" * 1_000_000, 100, 100, 4),
        (b"x" * 1_000_000, 4, 4, 4),
        (b"x" * 100_000_000, 1, 1, 1),
        (b"x" * 1_000_000, 1, 100, 419),  # the others are of other queues
        (b"", 0, 1, 1_000),
    ],
)
def test_a_page_of_large_jobs_has_fewer_of_them(body, jobs, count, following):
    assert next_count([replica(body=body)] * jobs, count) == following


def test_a_scan_of_large_jobs_goes_on_with_smaller_pages():
    class Paging(ScannedNode):
        def _reply(self, verb, words):
            reply = super()._reply(verb, words)
            return [b"7", reply[1]] if verb == b"JSCAN" and words[0] == b"0" else reply

    node = Paging("a", *(replica(number, body=b"x" * 500_000) for number in range(10)))
    with scanned(node) as seed:
        assert len(run_disquectl("jobs", "--ids", node=seed).out.split()) == 10
    assert [words[1:4] for words in node.requests if words[0] == b"JSCAN"] == [
        [b"0", b"COUNT", b"20"],
        [b"7", b"COUNT", b"16"],
    ]
