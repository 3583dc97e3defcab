"""nack --delay at nodes that are scripted: what each node is sent, what becomes of each job, how it ends."""

from __future__ import annotations

import json

import pytest

from tests.support.cutting_proxy import run_here
from tests.support.moving_nodes import MovingNode, deleted
from tests.support.scanned_nodes import job_id, replica, scanned

ID = job_id().decode()
COPY = job_id(1, "a").decode()
SOON = ("--response-timeout", "300ms")


def held(number=0, **values):
    """A replica of a job that a consumer has."""
    return replica(number, **{"state": b"active", "listed": "a", "repl": 1, **values})


def run(seed, *words, code=0, stdin=b"", delay="5m"):
    got, out, err = run_here("nack", *words, "--delay", delay, "--node", seed, *SOON, stdin=stdin)
    assert got == code, err
    return out.decode(), err


def test_a_copy_with_the_delay_is_added_then_the_original_is_acknowledged():
    nodes = [MovingNode(letter, held(listed="ab", ttl=900, retry=45)) for letter in "ab"]
    with scanned(*nodes) as seed:
        out, _ = run(seed, ID)
    assert out == f"{COPY}\n"
    (added,) = nodes[0].added
    assert added[:2] == [b"q", b"body"]
    options = dict(zip(added[3::2], added[4::2], strict=True))
    assert options == {b"REPLICATE": b"1", b"DELAY": b"300", b"RETRY": b"45", b"TTL": b"900"}
    assert [node.count(b"ADDJOB") for node in nodes] == [1, 0]
    assert sum(node.count(b"ACKJOB") for node in nodes) == 1
    assert not any(node.count(b"NACK") or node.jobs for node in nodes)
    assert not any(b"JSCAN" in words for node in nodes for words in node.requests)


def test_a_job_that_is_back_in_its_queue_is_claimed_first():
    node = MovingNode("a", replica(listed="a"))
    with scanned(node) as seed:
        run(seed, ID)
    verbs = [words[0] for words in node.requests if words[0] in (b"DEQUEUE", b"ADDJOB", b"ACKJOB")]
    assert verbs == [b"DEQUEUE", b"ADDJOB", b"ACKJOB"]


@pytest.mark.parametrize(
    ("job", "why"),
    [(held(retry=0), "at most once"), (held(ttl=300), "not below"), (held(state=b"wait-repl"), "waits")],
)
def test_what_cannot_be_delayed_is_refused_and_left(job, why):
    node = MovingNode("a", job)
    with scanned(node) as seed:
        out, err = run(seed, ID, code=1)
    assert out == ""
    assert ID in err
    assert why in err
    assert not node.added
    assert node.count(b"ACKJOB") == 0


@pytest.mark.parametrize("refusal", [None, b"NOREPL Timeout reached before replicating"])
def test_the_original_is_left_where_the_copy_has_no_answer(refusal):
    how = {"silent_at": (b"ADDJOB",)} if refusal is None else {"refuses": {b"ADDJOB": refusal}}
    node = MovingNode("a", held(), **how)
    with scanned(node) as seed:
        out, err = run(seed, ID, code=8)
    assert out == ""
    assert f"{ID}: unknown" in err
    assert node.count(b"ACKJOB") == 0
    assert node.state() == "active"


def test_both_are_named_where_the_original_is_not_acknowledged():
    node = MovingNode("a", held(), silent_at=(b"ACKJOB",))
    with scanned(node) as seed:
        _, err = run(seed, ID, code=8)
    assert f"{ID}: doubled" in err
    assert COPY in err


def test_both_are_named_where_a_consumer_acknowledged_it_meanwhile():
    node = MovingNode("a", held(), before={b"ADDJOB": deleted()})
    with scanned(node) as seed:
        _, err = run(seed, ID, code=8)
    assert f"{ID}: doubled" in err
    assert COPY in err


def test_a_job_that_is_acknowledged_before_its_copy_is_added_has_none():
    node = MovingNode("a", replica(listed="a"), before={b"DEQUEUE": deleted()})
    with scanned(node) as seed:
        out, err = run(seed, ID, code=1)
    assert (out, node.added) == ("", [])
    assert f"{ID}: left: it was queued, delivered or acknowledged meanwhile" in err


def test_fewer_replicas_than_the_job_had_are_reported():
    with scanned(MovingNode("a", held(repl=3))) as seed:
        _, err = run(seed, ID)
    assert "copies have at most 1 replica" in err


def test_a_job_that_no_node_knows_is_named_and_ends_with_4():
    with scanned(MovingNode("a")) as seed:
        out, err = run(seed, ID, code=4)
    assert out == ""
    assert f"{ID}: left: no node knows this job" in err


def test_several_jobs_are_records_of_old_and_new_ids():
    other = job_id(5).decode()
    node = MovingNode("a", held(), held(5), held(6, retry=0))
    with scanned(node) as seed:
        out, err = run(seed, ID, other, job_id(6).decode(), ID, "-o", "json", code=3)
    jobs = json.loads(out)
    assert [job["id"] for job in jobs if "error" not in job] == [ID, other]
    assert len({job["new_id"] for job in jobs}) == 3
    assert job_id(6).decode() in err


def test_ids_from_stdin():
    node = MovingNode("a", held(), held(5))
    ids = b"%b\nno-id\n%b\n" % (job_id(), job_id(5))
    with scanned(node) as seed:
        out, err = run(seed, "-", stdin=ids, code=3)
    assert [line.split("\t")[0] for line in out.splitlines()] == [ID, job_id(5).decode()]
    assert "line 2" in err


@pytest.mark.parametrize("form", ["table", "csv", "tsv", "raw", "jsonl", "json", "plain"])
def test_each_format_has_the_new_id(form):
    with scanned(MovingNode("a", held())) as seed:
        out, _ = run(seed, ID, "-o", form)
    assert COPY in out
    if form == "json":
        assert json.loads(out) == {"id": ID, "new_id": COPY}


def test_refused_by_read_only_and_for_a_word_that_is_no_id():
    node = MovingNode("a", held())
    with scanned(node) as seed:
        _, err = run(seed, ID, "--read-only", code=2)
        run(seed, "no-id", code=1)
    assert "read-only" in err
    assert not node.requests


@pytest.mark.parametrize("words", [("--cluster",), ("--seeds-only",), ()])
def test_all_nodes_are_asked_with_or_without_cluster(words):
    node = MovingNode("a", held())
    with scanned(node) as seed:
        assert run(seed, ID, *words)[0] == f"{COPY}\n"


def test_a_delay_of_nothing_is_refused():
    with scanned(MovingNode("a", held())) as seed:
        _, err = run(seed, ID, delay="0", code=2)
    assert "--delay" in err
