"""The record of every command in JSON, to the letter: keys, types, array or object, and what nothing is."""

from __future__ import annotations

import base64
import json

import pytest

from disquectl import Client
from tests.conftest import run_disquectl

UNKNOWN = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
SHOW = [
    *("id", "queue", "state", "repl", "ttl", "ctime", "delay", "retry", "nacks", "additional_deliveries"),
    *("nodes_delivered", "nodes_confirmed", "next_requeue_within", "next_awake_within", "body"),
]
QSTAT = [
    *("queue", "len", "age", "idle", "blocked"),
    *("import_from", "import_rate", "jobs_in", "jobs_out", "pause"),
]
CLIENT = [
    *("id", "addr", "fd", "name", "age", "idle", "flags"),
    *("qbuf", "qbuf_free", "obl", "oll", "omem", "events", "cmd"),
]


@pytest.fixture
def as_json(node):
    """Run it with -o json: the document; the exit code must be as said."""

    def run(*args, code=0, stdin=b""):
        done = run_disquectl("-o", "json", *args, node=node, stdin=stdin)
        assert done.code == code, done
        assert code or not done.err, done
        return json.loads(done.out)

    return run


@pytest.fixture
def job(node):
    with Client(node) as client:
        return client.addjob("q", "body", retry=30, ttl=600)


def test_jobs_are_added_taken_and_counted(as_json, node):
    added = as_json("addjob", "q", "body")
    assert list(added) == ["id"]
    job = {"queue": "q", "id": added["id"], "body": "body"}
    assert as_json("qpeek", "q") == [job]
    assert as_json("getjob", "q") == [job]
    for command in ("nack", "dequeue", "enqueue", "ack", "ackjob", "fastack", "deljob"):
        count = as_json(command, added["id"])
        assert list(count) == ["count"]
        assert type(count["count"]) is int
    with Client(node) as client:
        client.addjob("q", "body")
    (got,) = as_json("getjob", "q", "--withcounters", "--ack")
    assert list(got) == ["queue", "id", "body", "nacks", "additional_deliveries"]
    assert (got["nacks"], got["additional_deliveries"]) == (0, 0)
    assert as_json("qlen", "q") == {"queue": "q", "length": 0}


def test_working_and_show_say_all_of_a_job(as_json, job):
    assert as_json("working", job) == {"id": job, "seconds": 30}
    shown = as_json("show", job)
    assert list(shown) == SHOW
    assert (shown["queue"], shown["state"], shown["retry"], shown["body"]) == ("q", "active", 30, "body")
    assert type(shown["ctime"]) is int
    assert shown["nodes_delivered"] == [shown["nodes_delivered"][0]]
    assert [one["id"] for one in as_json("show", job, job)] == [job, job]


def test_queues_are_objects_and_several_names_are_an_array(as_json, job):
    assert as_json("qlen", "q", "none") == [{"queue": "q", "length": 1}, {"queue": "none", "length": 0}]
    stat = as_json("qstat", "q")
    assert list(stat) == QSTAT
    assert (stat["queue"], stat["len"], stat["import_from"], stat["pause"]) == ("q", 1, [], "none")
    assert [one["queue"] for one in as_json("qstat", "q", "q")] == ["q", "q"]
    assert as_json("qscan") == [{"queue": "q"}]
    assert as_json("jscan") == [{"id": job}]
    assert [list(one) for one in as_json("jscan", "--reply", "all")] == [SHOW]
    assert as_json("pause", "q", "in") == {"queue": "q", "state": "in"}
    assert as_json("pause", "q", "none", "bcast") == {"queue": "q", "state": "none"}


def test_nothing_is_an_empty_array_or_null(as_json):
    for args in (["qpeek", "none"], ["qscan"], ["jscan"], ["config", "get", "none"], ["slowlog", "get", "0"]):
        assert as_json(*args) == []
    assert as_json("latency", "latest") == []
    assert as_json("getjob", "none", "--nohang", code=4) == []
    assert as_json("show", UNKNOWN, code=4) is None
    assert as_json("working", UNKNOWN, code=4) is None
    assert as_json("trace", UNKNOWN, code=4) is None
    assert as_json("qstat", "no such", code=4) is None
    assert as_json("show", UNKNOWN, UNKNOWN, code=4) == []
    assert as_json("ack", UNKNOWN) == {"count": 0}


def test_a_server_says_who_it_is(as_json, node):
    with Client(node) as client:
        own = client.cluster_myid()
    port = int(node.rpartition(":")[2])
    hello = as_json("hello")
    assert hello == {
        "version": 1,
        "node": own,
        "nodes": [{"id": own, "host": "", "port": port, "priority": 1}],
    }
    assert as_json("cluster", "nodes") == [
        {"id": own, "host": "", "port": port, "flags": ["myself"], "ping_sent": 0, "pong_received": 0}
        | {"link": "connected"}
    ]
    info = as_json("cluster", "info")
    assert (info["cluster_state"], info["cluster_known_nodes"]) == ("ok", 1)
    assert as_json("cluster", "myid") == {"reply": own}
    assert as_json("ping") == {"reply": "PONG"}
    assert as_json("ping", "hi") == {"reply": "hi"}
    time = as_json("time")
    assert [type(value) for value in time.values()] == [int, int]
    assert list(time) == ["seconds", "microseconds"]


def test_info_has_a_section_each_numbers_as_numbers_and_hashes_as_text(as_json):
    info = as_json("info")
    assert list(info) == ["server", "clients", "memory", "jobs", "queues", "persistence", "stats", "cpu"]
    server = info["server"]
    assert type(server["arch_bits"]) is int
    assert type(info["cpu"]["used_cpu_sys"]) is float
    for name in ("disque_git_sha1", "disque_build_id", "run_id", "disque_version"):
        assert type(server[name]) is str
    assert list(as_json("info", "jobs")) == ["jobs"]


def test_what_a_server_lists_is_an_array(as_json):
    (hz,) = as_json("config", "get", "hz")
    assert hz == {"name": "hz", "value": "10"}
    (client,) = [one for one in as_json("client", "list") if one["cmd"] == "client"]
    assert list(client) == CLIENT
    assert (type(client["id"]), client["flags"]) == (int, "N")
    assert as_json("command", "info", "qlen") == [{"name": "qlen", "arity": 2, "flags": ["readonly", "fast"]}]
    assert as_json("command", "count") == {"reply": 32}
    assert len(as_json("command")) == 32
    for args in (["config", "set", "hz", "10", "-y"], ["slowlog", "reset"], ["config", "resetstat"]):
        assert as_json(*args) == {"reply": "OK"}
    assert as_json("latency", "reset") == {"reply": 0}
    assert as_json("client", "getname") == {"reply": None}


def test_the_slow_log_has_its_entries(as_json, node):
    with Client(node) as client:
        before = client.config_get("slowlog-log-slower-than")[0]["value"]
        client.config_set("slowlog-log-slower-than", 0)
        client.qlen("q")
        client.config_set("slowlog-log-slower-than", before)
    entry = next(one for one in as_json("slowlog", "get", "-1") if one["args"] == ["QLEN", "q"])
    assert list(entry) == ["id", "time", "microseconds", "args"]
    assert [type(entry[name]) for name in ("id", "time", "microseconds")] == [int, int, int]


def test_bytes_that_are_no_utf8_come_as_base64_and_what_is_not_fit_to_show_is_escaped(node):
    queue, body = b"q\xff\n", b"\x00\xfe\x1b]0;x\x07"
    run_disquectl("addjob", queue, "-", stdin=body, node=node)
    run_disquectl("addjob", b"r", "--", "-\u202e\x1b\u0085[/x]\u00e9", node=node)
    for output, count in (("json", 1), ("jsonl", 1)):
        done = run_disquectl("qpeek", queue, "-o", output, node=node)
        record = json.loads(done.out)
        record = record[0] if output == "json" else record
        assert list(record) == ["queue_base64", "id", "body_base64"]
        assert base64.b64decode(record["queue_base64"]) == queue
        assert base64.b64decode(record["body_base64"]) == body
        assert done.out.count("\n") == count
    done = run_disquectl("qpeek", "r", "-o", "json", node=node)
    assert json.loads(done.out)[0]["body"] == "-\u202e\x1b\u0085[/x]\u00e9"
    assert "-\\u202e\\u001b\\u0085[/x]\u00e9" in done.out
    assert json.loads(run_disquectl("qlen", queue, "-o", "json", node=node).out)["length"] == 1
    assert json.loads(run_disquectl("qscan", "-o", "jsonl", "--maxlen", "1", node=node).out.split("\n")[0])
