"""`consumers`: the connections of all nodes that wait for jobs, and those of workers with their queues."""

from __future__ import annotations

import contextlib

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.jobs import add
from tests.support.processes import running
from tests.support.scripted_node import refused_address
from tests.support.waiting import wait_until
from tests.support.workers import worker


def consumers(seed, *words):
    result = run_disquectl("consumers", *words, "-o", "json", node=seed)
    assert result.code == 0, result
    return result.records


@contextlib.contextmanager
def waiting(node, *queues):
    """A client without a name that waits for jobs of these queues."""
    with running("getjob", *queues, "--timeout", "0", node=node):
        with Client(node) as client:
            wait_until(lambda: is_waited_for(client, queues[0]))
        yield


def is_waited_for(client, queue):
    stat = client.qstat(queue)
    return stat is not None and stat["blocked"] > 0


def test_workers_and_clients_that_wait_at_all_nodes(cluster):
    with worker(cluster[1], "-q", "mail", "-q", "sms", "--", "true") as process, waiting(cluster[2], "other"):
        wait_until(lambda: len(consumers(cluster[0])) == 2)
        named, unnamed = consumers(cluster[0])
        assert list(named) == ["address", "name", "node", "waiting", "idle", "queues"]
        assert named["name"].endswith(f":{process.pid}:q=mail,sms")
        assert (named["node"], named["queues"]) == (cluster[1], ["mail", "sms"])
        assert (unnamed["node"], unnamed["name"], unnamed["queues"]) == (cluster[2], "", None)
        assert unnamed["waiting"] is True
        assert unnamed["idle"] >= 0


def test_a_worker_that_is_busy_is_listed_and_does_not_wait(cluster, tmp_path):
    add(cluster[0], "mail")
    begun, end = tmp_path / "begun", tmp_path / "end"
    script = f"touch {begun}; until [ -e {end} ]; do sleep 0.05; done"
    with worker(cluster[0], "-q", "mail", "-c", "1", "--", "sh", "-c", script):
        try:
            wait_until(begun.exists)
            wait_until(lambda: not any(one["waiting"] for one in consumers(cluster[1])))
            found = consumers(cluster[1], "mail")
        finally:
            end.touch()
        assert {one["waiting"] for one in found} == {False}


def test_of_a_queue_those_that_name_it_and_those_that_may_wait_for_it(cluster):
    with (
        worker(cluster[0], "-q", "mail", "--", "true"),
        waiting(cluster[0], "mail", "sms"),
        waiting(cluster[0], "other"),
        waiting(cluster[1], "other"),
        waiting(cluster[2], "sms"),
    ):
        wait_until(lambda: any(one["queues"] for one in consumers(cluster[0])))
        found = consumers(cluster[0], "mail")
        assert [one["queues"] for one in found] == [["mail"], None, None]
        assert {one["node"] for one in found} == {cluster[0]}
        note = f"{cluster[0]}: 1 of 2 unknown consumers wait for this queue"
        assert note in run_disquectl("consumers", "mail", node=cluster[1]).err
        of_sms = run_disquectl("consumers", "sms", "-o", "json", node=cluster[1])
        assert sorted(one["node"] for one in of_sms.records) == sorted([cluster[0], cluster[0], cluster[2]])
        assert consumers(cluster[0], "nobody's") == []


def test_seeds_only(cluster):
    with waiting(cluster[1], "mail"):
        assert consumers(cluster[0], "--seeds-only") == []
        assert len(consumers(cluster[1], "--seeds-only")) == 1


def test_a_node_that_does_not_answer_is_named(node):
    gone = refused_address()
    with waiting(node, "mail"):
        result = run_disquectl("consumers", "-o", "jsonl", node=f"{node},{gone}")
    assert result.code == 3
    assert gone in result.err
    assert "1 of 2 nodes answered" in result.err
    assert result.records["node"] == node


def test_hostile_names_of_queues_and_of_other_clients(node, client):
    names = (b"\x1b[31m\xff", "\u202eqwerty".encode())
    words = [word for name in names for word in (b"-q", name)]
    with worker(node, *words, "--", "true"):
        wait_until(lambda: consumers(node))
        (found,) = consumers(node)
        assert found["queues"] == [{"base64": "G1szMW3/"}, "\u202eqwerty"]
        (of_name,) = consumers(node, names[0])
        assert of_name["name"] == found["name"]
        for output in ("table", "plain", "json"):
            done = run_disquectl("consumers", "-o", output, node=node)
            assert not {"\x1b", "\u202e"} & {*done.out}
    # Whoever imitates the name of a worker is shown as one; a broken imitation is not.
    client.call("CLIENT", "SETNAME", "disquectl:work:x:1:q=" + "%41" * 5_000)
    (found,) = consumers(node)
    assert found["queues"] == ["A" * 5_000]
    client.call("CLIENT", "SETNAME", "disquectl:work:x:1:q=a+" + "9" * 5_000)
    assert consumers(node) == []


@pytest.mark.parametrize("words", [(), ("mail",)])
def test_none(cluster, words):
    assert consumers(cluster[0], *words) == []
    done = run_disquectl("consumers", *words, "-o", "table", node=cluster[0])
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("no consumers")


def test_a_table_counts_workers(node):
    with worker(node, "-q", "mail", "--", "true"), waiting(node, "mail"):
        wait_until(lambda: len(consumers(node)) == 2)
        done = run_disquectl("consumers", "-o", "table", node=node)
        assert "1 worker with 1 connection, 1 other consumer" in done.err
        assert "(unknown)" in done.out


def test_a_column_that_does_not_exist_is_refused_before_anything_is_sent():
    done = run_disquectl("consumers", "--columns", "queue", node=refused_address())
    assert done.code == 2
