"""A method for each command, against a node."""

import threading

import pytest

from disquectl import ReplyError
from disquectl.protocol import jobid
from tests.support.scripted_node import ScriptedNode


@pytest.fixture
def client(make_client, node):
    """A client of the lone node."""
    return make_client(node)


def test_a_job_from_adding_to_acknowledging(client):
    job_id = client.addjob("q", b"body\xff", 100, retry=60, ttl=600)
    assert jobid.is_valid(job_id)
    assert client.qlen("q") == 1
    assert client.getjob("q", withcounters=True) == [
        {"queue": b"q", "id": job_id, "body": b"body\xff", "nacks": 0, "additional_deliveries": 0}
    ]
    assert client.working(job_id) == 60
    assert client.nack(job_id) == 1
    assert client.getjob("q", nohang=True, withcounters=True)[0]["nacks"] == 1
    assert client.ackjob(job_id) == 1
    assert client.ackjob(job_id) == 0
    assert client.getjob("q", timeout_ms=1) == []


def test_every_option_of_addjob_arrives(client):
    job_id = client.addjob("q", "b", 0, replicate=1, delay=5, retry=0, ttl=600, maxlen=10, asynchronous=True)
    job = client.show(job_id)
    assert (job["repl"], job["delay"], job["retry"], job["state"]) == (1, 5, 0, "active")
    assert 0 < job["ttl"] <= 600
    client.addjob("full", "b")
    with pytest.raises(ReplyError, match=r"^MAXLEN"):
        client.addjob("full", "b", maxlen=1)


def test_jobs_of_several_queues_in_their_order(client):
    for queue in ("low", "high"):
        client.addjob(queue, queue)
    assert [job["body"] for job in client.getjob("high", "low", count=5)] == [b"high", b"low"]


def test_the_ways_of_a_job_between_its_states(client):
    job_id = client.addjob("q", "b", delay=100)
    assert client.enqueue(job_id) == 1
    assert client.dequeue(job_id) == 1
    assert client.show(job_id)["state"] == "active"
    assert client.deljob(job_id, job_id) == 1
    assert client.show(job_id) is None
    assert client.fastack(client.addjob("q", "b")) == 1


def test_what_a_job_command_refuses(client):
    with pytest.raises(ReplyError, match=r"^BADID"):
        client.show("D-x")
    with pytest.raises(ReplyError, match=r"^NOJOB"):
        client.working("D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1")
    with pytest.raises(ReplyError, match=r"^ERR LOADJOB"):
        client.loadjob("x")


def test_queues_are_counted_described_and_looked_into(client):
    assert client.qlen("q") == 0
    assert client.qstat("q") is None
    assert client.qpeek("q") == []
    for body in ("a", "b", "c"):
        client.addjob("q", body)
    assert [job["body"] for job in client.qpeek("q", 2)] == [b"a", b"b"]
    assert [job["body"] for job in client.qpeek("q", -2)] == [b"c", b"b"]
    stat = client.qstat("q")
    assert (stat["queue"], stat["len"], stat["jobs_in"], stat["pause"]) == (b"q", 3, 3, "none")


def test_a_pause_replaces_the_state(client):
    assert client.pause("q", "in") == "in"
    with pytest.raises(ReplyError, match=r"^PAUSED"):
        client.addjob("q", "b")
    assert client.pause("q", "out") == "out"
    assert client.pause("q", "state") == "out"
    assert client.pause("q", "none") == "none"


def test_scans_walk_to_the_end_and_give_everything_once(client):
    ids = {client.addjob(f"q{i:03}", "b") for i in range(150)}
    names = list(client.qscan_all(count=7))
    assert sorted(names) == [b"q%03d" % i for i in range(150)]
    found = [job["id"] for job in client.jscan_all(count=7)]
    assert sorted(found) == sorted(ids)
    cursor, page = client.qscan(count=7)
    assert cursor
    assert 0 < len(page) < 150


def test_scans_take_filters(client):
    client.addjob("one", "b")
    for _ in range(3):
        client.addjob("three", "b")
    delayed = client.addjob("late", "b", delay=100)
    assert list(client.qscan_all(minlen=2)) == [b"three"]
    assert list(client.qscan_all(maxlen=1, busyloop=True)) == [b"one"]
    (job,) = client.jscan_all(states=["active", "acked"], reply="all", busyloop=True)
    assert [found["id"] for found in client.jscan_all(states="active")] == [job["id"]]
    assert (job["id"], job["body"]) == (delayed, b"b")
    assert len(client.jscan(queue="three", busyloop=True)[1]) == 3


def test_a_server_tells_who_it_is(client):
    hello = client.hello()
    assert hello["node"] == client.cluster_myid() == client.verify()["node"]
    assert client.cluster_nodes()[0]["flags"] == ["myself"]
    assert client.cluster_info()["cluster_known_nodes"] == 1
    assert client.cluster_leaving() is False
    assert client.info("server")["server"]["tcp_port"] == hello["nodes"][0]["port"]
    assert "jobs" in client.info()
    assert client.time()["seconds"] > 1.7e9


def test_ping_answers(client):
    assert client.ping() == b"PONG"
    assert client.ping("hello") == b"hello"


def test_commands_are_described(client):
    qlen, unknown = client.command_info("qlen", "nonsense")
    assert (qlen["name"], qlen["arity"]) == ("qlen", 2)
    assert unknown is None
    assert client.command_count() == len(client.command())


def test_settings_are_read_and_changed(client):
    (before,) = client.config_get("slowlog-max-len")
    client.config_set("slowlog-max-len", 77)
    assert client.config_get("slowlog-max-len") == [{"name": "slowlog-max-len", "value": b"77"}]
    client.config_set("slowlog-max-len", before["value"])
    client.config_resetstat()
    with pytest.raises(ReplyError):
        client.config_rewrite()


def test_connections_are_listed_named_and_closed(client, make_client, node):
    assert client.client_getname() is None
    client.client_setname("mine")
    assert client.client_getname() == "mine"
    other = make_client(node)
    other.client_setname("other")
    addresses = {entry["name"]: entry["addr"] for entry in client.client_list()}
    assert client.client_kill(addresses["other"]) == 1
    assert other.client_getname() is None
    client.client_pause(1)


def test_the_slow_log_and_latency_answer(client):
    assert isinstance(client.slowlog_get(5), list)
    assert client.slowlog_len() >= 0
    client.slowlog_reset()
    assert client.slowlog_len() == 0
    assert isinstance(client.latency_latest(), list)
    assert client.latency_history("command") == []
    assert client.latency_reset() == 0
    assert client.latency_doctor()
    with pytest.raises(ReplyError):
        client.latency_graph("command")


def test_changes_of_the_cluster_reach_the_server(client):
    client.cluster_set_leaving(True)
    assert client.cluster_leaving() is True
    client.cluster_set_leaving(False)
    with pytest.raises(ReplyError, match="Invalid"):
        client.cluster_meet("127.0.0.1", 0)
    with pytest.raises(ReplyError, match=r"^ERR"):
        client.cluster_forget("x")


def test_monitor_shows_the_commands_of_others(client, make_client, node):
    lines = client.monitor()
    other = make_client(node)
    other.qlen(b"q\xff")
    line = next(lines)
    assert line["args"] == [b"QLEN", b"q\xff"]
    assert line["time"] > 1.7e9
    lines.close()
    assert client.qlen("q") == 0


def test_debug_takes_its_own_words(client):
    client.addjob("q", "b")
    assert client.debug("FLUSHALL") == b"OK"
    assert client.qlen("q") == 0
    with pytest.raises(ReplyError, match=r"^OOPS x$"):
        client.debug("ERROR", "OOPS x")


def test_a_blocked_getjob_gets_the_job_of_another_client(client, make_client, node):
    got = []
    thread = threading.Thread(target=lambda: got.extend(client.getjob("q", timeout_ms=20_000)))
    thread.start()
    other = make_client(node)
    while not any(entry["flags"] == "b" for entry in other.client_list()):
        pass
    other.addjob("q", "b")
    thread.join()
    assert [job["body"] for job in got] == [b"b"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c: c.cluster_reset(), b"CLUSTER RESET SOFT"),
        (lambda c: c.cluster_reset(hard=True), b"CLUSTER RESET HARD"),
        (lambda c: c.cluster_saveconfig(), b"CLUSTER SAVECONFIG"),
        (lambda c: c.cluster_meet("10.0.0.1", 7711), b"CLUSTER MEET 10.0.0.1 7711"),
        (lambda c: c.bgrewriteaof(), b"BGREWRITEAOF"),
        (lambda c: c.shutdown(), b"SHUTDOWN"),
        (lambda c: c.shutdown(rewrite_aof=True), b"SHUTDOWN REWRITE-AOF"),
        (lambda c: c.config_rewrite(), b"CONFIG REWRITE"),
        (lambda c: c.pause("q", "all", "bcast"), b"PAUSE q all bcast"),
    ],
)
def test_what_a_test_had_better_not_do_is_asked_in_the_right_words(call, words, make_client):
    with ScriptedNode([b"+OK\r\n"]) as scripted:
        call(make_client(scripted.address))
        assert scripted.requests == [words.split(b" ")]


def test_connections_are_closed_by_filters(make_client):
    with ScriptedNode([b":2\r\n"]) as scripted:
        assert make_client(scripted.address).client_kill(client_id=7, kind="normal", skipme=False) == 2
        assert scripted.requests == [b"CLIENT KILL SKIPME no ID 7 TYPE normal".split(b" ")]


def test_a_job_added_at_one_node_is_got_at_another(cluster, make_client):
    first, second = make_client(cluster[0]), make_client(cluster[1])
    job_id = first.addjob("q", "b", replicate=2, retry=60)
    assert [job["id"] for job in second.getjob("q", timeout_ms=20_000)] == [job_id]
    assert second.ackjob(job_id) == 1
