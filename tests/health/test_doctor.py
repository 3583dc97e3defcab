"""`doctor`: each rule finds the state that it is for, and where its command is a cure the state is gone."""

from __future__ import annotations

import json
import threading

import pytest

from disquectl import Client
from disquectl.protocol.worker_names import worker_name
from tests.conftest import run_disquectl
from tests.health.doctor import INTERVAL, doctor, follow, one
from tests.support.changed_node import ChangedNode
from tests.support.hanging_node import requests_of
from tests.support.jobs import add, replicated, take
from tests.support.nodes import free_port
from tests.support.queue_names import NAMES
from tests.support.scripted_node import ScriptedNode, silent
from tests.support.waiting import wait_until

KEYS = ["severity", "rule", "what", "evidence", "meaning", "command"]


def call(node, *words):
    with Client(node) as client:
        return client.call(*words)


@pytest.fixture
def changed(cluster):
    """Changes a setting of a node, and puts it back at the end."""
    before = []

    def change(node, name, value):
        before.append((node, name, call(node, "CONFIG", "GET", name)[1]))
        call(node, "CONFIG", "SET", name, value)

    yield change
    for node, name, value in before:
        call(node, "CONFIG", "SET", name, value)


def test_a_cluster_without_trouble(cluster):
    assert doctor(cluster[0]) == {}
    result = run_disquectl("doctor", "--interval", INTERVAL, node=cluster[0])
    assert result.code == 0
    assert [line.split("\t")[1] for line in result.out.splitlines()] == ["aof-off"]
    assert "3 of 3 nodes" in result.err
    result = run_disquectl("doctor", "--interval", INTERVAL, "--fail-on", "note", node=cluster[0])
    assert result.code == 3


def test_a_finding_has_every_key_and_the_worst_comes_first(mortal):
    nodes = mortal.addresses
    add(nodes[0], "dead:mail", replicate=1)
    mortal.stop_node(2)
    result = run_disquectl("doctor", "--interval", INTERVAL, "-o", "json", node=nodes[0])
    assert result.code == 3
    records = json.loads(result.raw)
    assert all(list(record) == KEYS for record in records)
    order = ["error", "warning", "note"]
    severities = [order.index(record["severity"]) for record in records]
    assert severities == sorted(severities)
    assert nodes[2] in result.err
    assert run_disquectl("doctor", "--fail-on", "error", "--interval", INTERVAL, node=nodes[0]).code == 3


def test_commands_lead_to_the_same_cluster(cluster, tmp_path):
    call(cluster[0], "PAUSE", "mail", "out")

    def commands(*words, node=None, **env):
        result = run_disquectl("doctor", "--interval", INTERVAL, "-o", "json", *words, node=node, **env)
        return [one["command"] for one in json.loads(result.raw) if one["rule"] == "queue-paused"]

    plain = "disquectl pause --cluster mail none"
    to_node = f"disquectl -n {cluster[0]} pause --cluster mail none"
    assert commands(node=cluster[0]) == [plain]
    assert commands(DISQUE_URL=f"disque://{cluster[0]}") == [plain]
    assert commands("-n", cluster[0]) == [to_node]
    assert commands("-n", cluster[0], node="127.0.0.1:1") == [to_node]
    assert commands("-u", f"disque://:s3cret@{cluster[0]}", DISQUE_NODES="not an address:") == [to_node]
    config = tmp_path / "config.toml"
    config.write_text(f'[profiles.prod]\nnodes = ["{cluster[0]}"]\n')
    found = commands("-P", "prod", DISQUECTL_CONFIG=str(config))
    assert found == ["disquectl -P prod pause --cluster mail none"]


def test_no_node_answers():
    assert run_disquectl("doctor", node="127.0.0.1:1").code == 5
    assert run_disquectl("doctor", "--interval", "0", node="127.0.0.1:1").code == 2
    assert run_disquectl("doctor", "--fail-on", "bad", node="127.0.0.1:1").code == 2


# Nodes


@pytest.mark.sandbox_only("a real node is not ours to stop")
def test_a_node_that_has_stopped(mortal):
    nodes = mortal.addresses
    mortal.stop_node(1)
    finding = one(doctor(nodes[0]), "node-down")
    assert finding["severity"] == "error"
    assert finding["evidence"]["node"] == nodes[1]
    assert "connect" in finding["what"]
    assert nodes[1] in run_disquectl("nodes", node=nodes[0]).out


def test_a_node_that_hangs(node):
    with ScriptedNode([silent]) as hanging:
        finding = one(doctor(f"{node},{hanging.address}", "--response-timeout", "300ms"), "node-down")
        assert finding["evidence"]["node"] == hanging.address
        assert "no answer" in finding["what"]


def test_what_is_no_disque(node):
    redis = b"-ERR unknown command 'HELLO'\r\n"
    with ScriptedNode([redis] * 20) as stranger:
        finding = one(doctor(f"{node},{stranger.address}"), "not-disque")
        assert finding["evidence"]["node"] == stranger.address


def test_a_node_that_leaves(cluster):
    call(cluster[1], "CLUSTER", "LEAVING", "yes")
    try:
        found = wait_until(lambda: doctor(cluster[0]).get("leaving"))
        assert found[0]["evidence"]["node"] == cluster[1]
        follow(found[0], cluster[0])
        assert "leaving" not in doctor(cluster[0])
    finally:
        call(cluster[1], "CLUSTER", "LEAVING", "no")


@pytest.mark.parametrize(("part", "rule"), [(0.97, "memory-full"), (0.85, "memory-high")])
def test_memory(cluster, changed, part, rule):
    with Client(cluster[1]) as client:
        used = client.info()["memory"]["used_memory"]
    changed(cluster[1], "maxmemory", str(int(used / part)))
    found = doctor(cluster[0])
    finding = one(found, rule)
    assert finding["evidence"]["node"] == cluster[1]
    assert abs(finding["evidence"]["percent"] - part * 100) < 8
    # The limit is not that of the other nodes, too.
    follow(one(found, "settings-differ"), cluster[0])
    assert doctor(cluster[0]) == {}


def test_maxmemory_zero(cluster, changed):
    changed(cluster[2], "maxmemory", "0")
    follow(one(doctor(cluster[0]), "maxmemory-zero"), cluster[0])
    assert doctor(cluster[0]) == {}


def test_too_many_clients(cluster, changed):
    changed(cluster[0], "maxclients", "10")
    clients = [Client(cluster[0]) for _ in range(8)]
    try:
        for client in clients:
            client.ping()
        finding = one(doctor(cluster[1]), "clients-high")
        assert finding["evidence"]["maxclients"] == 10
        assert follow(finding, cluster[0])
    finally:
        for client in clients:
            client.close()
    call(cluster[0], "CONFIG", "SET", "maxclients", "10000")


def test_a_slow_command(cluster):
    call(cluster[1], "DEBUG", "SLEEP", "0.15")
    finding = one(doctor(cluster[0]), "slow-command")
    assert finding["evidence"]["node"] == cluster[1]
    assert finding["evidence"]["ms"] >= 150
    assert "DEBUG" in finding["what"]
    assert "DEBUG" in follow(finding, cluster[0])
    call(cluster[1], "SLOWLOG", "RESET")
    assert doctor(cluster[0]) == {}


def test_a_latency_event(cluster, changed):
    changed(cluster[1], "latency-monitor-threshold", "50")
    call(cluster[1], "DEBUG", "SLEEP", "0.15")
    try:
        found = doctor(cluster[0])
        assert one(found, "latency-event")["evidence"]["node"] == cluster[1]
        assert one(found, "other-settings-differ")["evidence"]["setting"] == "latency-monitor-threshold"
        assert follow(found["latency-event"][0], cluster[0])
    finally:
        call(cluster[1], "SLOWLOG", "RESET")
        call(cluster[1], "LATENCY", "RESET")


# The cluster


@pytest.mark.sandbox_only("nodes of a real cluster tell each other")
def test_a_node_that_does_not_know_another(cluster):
    other = call(cluster[1], "CLUSTER", "MYID").decode()
    call(cluster[0], "CLUSTER", "FORGET", other)
    finding = one(doctor(cluster[2]), "split-view")
    assert finding["evidence"]["node"] == cluster[0]
    assert finding["evidence"]["unknown"] == [cluster[1]]
    follow(finding, cluster[2])
    assert doctor(cluster[2]) == {}


def test_two_clusters_are_not_one(cluster):
    for other in cluster[1:]:
        call(cluster[0], "CLUSTER", "FORGET", call(other, "CLUSTER", "MYID").decode())
        call(other, "CLUSTER", "FORGET", call(cluster[0], "CLUSTER", "MYID").decode())
    try:
        found = doctor(",".join(cluster))
        assert "split-view" in found
        for finding in found["split-view"]:
            follow(finding, cluster[0])
        wait_until(lambda: "split-view" not in doctor(",".join(cluster)))
    finally:
        for node in cluster[1:]:
            host, port = cluster[0].split(":")
            call(node, "CLUSTER", "MEET", host, port)


@pytest.mark.sandbox_only("it would change the ID of a real node")
def test_a_ghost(mortal):
    nodes = mortal.addresses
    old = call(nodes[2], "CLUSTER", "MYID").decode()
    call(nodes[2], "CLUSTER", "RESET", "HARD")
    host, port = nodes[0].split(":")
    call(nodes[2], "CLUSTER", "MEET", host, port)
    finding = one(doctor(nodes[0]), "ghost")
    assert finding["evidence"]["id"] == old
    assert "node-down" not in doctor(nodes[0])
    follow(finding, nodes[0])
    assert doctor(nodes[0]) == {}


def test_a_handshake_that_nobody_answers(cluster):
    port = free_port()
    call(cluster[1], "CLUSTER", "MEET", "127.0.0.1", str(port))
    found = doctor(cluster[0])
    finding = one(found, "stuck-handshake")
    assert finding["evidence"]["node"] == cluster[1]
    assert str(port) in finding["what"]
    assert "node-down" not in found
    assert "split-view" not in found
    # The node gives up after cluster-node-timeout.
    call(cluster[1], "CLUSTER", "FORGET", finding["evidence"]["id"])
    assert "stuck-handshake" not in doctor(cluster[0])


def test_a_setting_of_one_node(cluster, changed):
    changed(cluster[1], "timeout", "7")
    finding = one(doctor(cluster[0]), "settings-differ")
    assert finding["evidence"] == {
        "setting": "timeout",
        "values": {node: "7" if node == cluster[1] else "0" for node in sorted(cluster)},
    }
    follow(finding, cluster[0])
    assert doctor(cluster[0]) == {}


@pytest.mark.sandbox_only("a real node would keep the password")
def test_a_password_of_one_node(mortal):
    nodes = mortal.addresses
    call(nodes[1], "CONFIG", "SET", "requirepass", "s3cret-word")
    found = doctor(nodes[0])
    finding = one(found, "password-refused")
    assert finding["evidence"]["node"] == nodes[1]
    # With the password all of them answer: the others have none.
    result = run_disquectl(
        "doctor", "--interval", INTERVAL, "-o", "json", node=nodes[0], DISQUE_PASSWORD="s3cret-word"
    )
    finding = next(one for one in json.loads(result.raw) if one["rule"] == "passwords-differ")
    assert finding["evidence"]["values"][nodes[1]] == "a password"
    assert b"s3cret" not in result.raw
    assert "s3cret" not in result.err


def test_a_lone_node(node):
    found = doctor(node)
    assert set(found) == {"few-nodes"}
    assert found["few-nodes"][0]["severity"] == "note"


# What a sandbox cannot be brought to


@pytest.mark.parametrize(
    ("rule", "verb", "change"),
    [
        ("clock-skew", b"TIME", lambda reply: [b"%d" % (int(reply[0]) + 5), reply[1]]),
        ("clock-skew", b"TIME", lambda reply: [b"%d" % (int(reply[0]) - 5), reply[1]]),
        ("aof-error", b"INFO", lambda reply: reply.replace(b"write_status:ok", b"write_status:err")),
        ("aof-error", b"INFO", lambda reply: reply.replace(b"bgrewrite_status:ok", b"bgrewrite_status:err")),
        ("versions-differ", b"INFO", lambda reply: reply.replace(b"disque_version:1", b"disque_version:2")),
        ("node-unreachable", b"CLUSTER", lambda reply: reply.replace(b" noflags ", b" fail ", 1)),
    ],
)
def test_one_node_that_answers_otherwise(cluster, rule, verb, change):
    with ChangedNode(cluster[0], verb, change) as changed_node:
        nodes = ",".join([changed_node.address, *cluster[1:]])
        found = doctor(nodes, "--seeds-only")
        assert list(found) == [rule]
        finding = one(found, rule)
        assert finding["command"].startswith("disquectl")
        changed_node.on = False
        assert doctor(nodes, "--seeds-only") == {}


# Queues


@pytest.mark.parametrize("state", ["in", "out", "all"])
def test_a_paused_queue(cluster, state):
    call(cluster[1], "PAUSE", "mail", state)
    finding = one(doctor(cluster[0]), "queue-paused")
    assert finding["evidence"]["queue"] == "mail"
    assert finding["evidence"]["pause"][cluster[1]] == state
    follow(finding, cluster[0])
    assert doctor(cluster[0]) == {}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_bytes_can_be_typed(cluster, name):
    if b"\0" in name:
        pytest.skip("a word of a command line has no NUL")
    call(cluster[0], "PAUSE", name, "out")
    follow(one(doctor(cluster[0]), "queue-paused"), cluster[0])
    assert doctor(cluster[0]) == {}


def test_jobs_without_a_consumer(cluster):
    add(cluster[0], "mail", replicate=3)
    found = doctor(cluster[1])
    finding = one(found, "no-consumer")
    assert finding["evidence"]["queue"] == "mail"
    assert follow(finding, cluster[0]) == ""


def test_a_consumer_that_takes_jobs_now_and_then(cluster):
    for number in range(40):
        add(cluster[0], "mail", f"{number}", replicate=3, retry=300)
    ended = threading.Event()

    def consume():
        with Client(cluster[0]) as client:
            while not ended.is_set():
                for job in client.getjob("mail", nohang=True):
                    client.fastack(job["id"])
                ended.wait(0.1)

    consumer = threading.Thread(target=consume)
    consumer.start()
    try:
        assert "no-consumer" not in doctor(cluster[1], "--interval", "1s")
    finally:
        ended.set()
        consumer.join()


def test_a_busy_worker_is_a_consumer(cluster):
    add(cluster[0], "mail", replicate=3)
    with Client(cluster[2]) as worker:
        worker.call("CLIENT", "SETNAME", worker_name(b"host", 7, [b"mail"]))
        assert "no-consumer" not in doctor(cluster[1])
        worker.call("CLIENT", "SETNAME", worker_name(b"host", 7, [b"other"]))
        assert "no-consumer" in doctor(cluster[1])


def test_a_queue_that_grows(cluster):
    for number in range(200):
        add(cluster[0], "mail", f"{number}", replicate=1)
    ended = threading.Event()

    def produce():
        with Client(cluster[0]) as client:
            while not ended.is_set():
                client.addjob("mail", "x", replicate=1)
                ended.wait(0.005)

    def consume():
        with Client(cluster[0]) as client:
            while not ended.is_set():
                client.getjob("mail", nohang=True)
                ended.wait(0.5)

    threads = [threading.Thread(target=produce), threading.Thread(target=consume)]
    for thread in threads:
        thread.start()
    try:
        finding = one(doctor(cluster[1], "--interval", "2s"), "queue-growing")
        assert finding["evidence"]["rate_in"] > finding["evidence"]["rate_out"] > 0
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_only_queues_with_jobs_are_asked_again_during_the_interval(node, client):
    names = [f"empty-{number}" for number in range(20)]
    for name in names:
        add(node, name)
        client.fastack(*(job["id"] for job in client.getjob(name)))
    add(node, "mail")
    add(node, "dead:mail")
    before = requests_of(node, "qstat")
    assert "no-consumer" in doctor(node)
    # All 22 once, and one of them five times more.
    assert requests_of(node, "qstat") - before == 22 + 5


def test_dead_letters(cluster):
    add(cluster[0], "dead:mail", "x", replicate=3)
    finding = one(doctor(cluster[1]), "dead-letters")
    assert finding["evidence"] == {"jobs": 1, "queues": ["dead:mail"]}
    assert "no-consumer" not in doctor(cluster[1])
    follow(finding, cluster[0])


# Jobs


def test_a_job_that_comes_back_again_and_again(cluster):
    job_id = add(cluster[0], "mail", "poison", replicate=3, retry=300)
    with Client(cluster[0]) as client:
        for _ in range(10):
            assert client.getjob("mail", timeout_ms=5000)
            client.nack(job_id)
    finding = one(doctor(cluster[1]), "failing-jobs")
    assert finding["evidence"] == {
        "jobs": 1,
        "queues": ["mail"],
        "examples": [job_id],
        "most_returns": 10,
    }
    assert job_id in follow(finding, cluster[1])


@pytest.mark.sandbox_only("its clock is moved")
def test_a_ttl_that_runs_out(mortal):
    nodes = mortal.addresses
    job_id = add(nodes[0], "mail", ttl=600, retry=500, replicate=3)
    replicated(nodes, job_id)
    mortal.advance(400)
    assert "expiring-jobs" not in doctor(nodes[1])
    mortal.advance(150)
    finding = one(doctor(nodes[1]), "expiring-jobs")
    assert finding["evidence"]["examples"] == [job_id]
    assert 40 <= finding["evidence"]["least_ttl"] <= 50
    assert job_id in follow(finding, nodes[1])


@pytest.mark.sandbox_only("its clock is moved")
def test_a_job_that_is_far_older_than_its_retry_time(mortal):
    nodes = mortal.addresses
    job_id = add(nodes[0], "mail", retry=100, replicate=3)
    replicated(nodes, job_id)
    with Client(nodes[1]) as worker:
        worker.call("CLIENT", "SETNAME", worker_name(b"host", 7, [b"mail"]))
        mortal.advance(900)
        assert doctor(nodes[1]) == {}
        mortal.advance(200)
        finding = one(doctor(nodes[1]), "old-job")
    assert finding["evidence"]["retry"] == 100
    assert 1100 <= finding["evidence"]["oldest_age"] < 1200
    assert job_id in follow(finding, nodes[1])


@pytest.mark.sandbox_only("its clock is moved")
def test_jobs_with_one_replica(mortal):
    nodes = mortal.addresses
    lone = add(nodes[0], "mail", replicate=1, retry=300)
    add(nodes[0], "mail", replicate=1, retry=0)
    replicated(nodes, add(nodes[0], "mail", replicate=3, retry=300))
    assert "one-replica" not in doctor(nodes[1])
    mortal.advance(10)
    finding = one(doctor(nodes[1]), "one-replica")
    assert finding["evidence"] == {"jobs": 1, "queues": ["mail"], "examples": [lone]}
    assert finding["severity"] == "note"
    follow(finding, nodes[1])


@pytest.mark.sandbox_only("its clock is moved")
def test_a_replica_that_nobody_lists(mortal):
    nodes = mortal.addresses
    mortal.advance(100)
    call(nodes[1], "CLUSTER", "LEAVING", "yes")
    wait_until(lambda: b"leaving" in call(nodes[0], "CLUSTER", "NODES"))
    job_id = add(nodes[0], "mail", replicate=2, retry=30)
    call(nodes[1], "CLUSTER", "LEAVING", "no")
    assert take(nodes[1], "mail") == job_id
    mortal.advance(10)
    assert "unlisted-replica" not in doctor(nodes[0])
    assert call(nodes[0], "ACKJOB", job_id) == 1
    wait_until(lambda: call(nodes[2], "SHOW", job_id) is None)
    finding = one(doctor(nodes[0]), "unlisted-replica")
    assert finding["severity"] == "note"
    assert finding["evidence"]["examples"] == [job_id]
    assert finding["command"] == f"disquectl trace {job_id}"
    # After a restart of the nodes that are listed, it may be the last replica of a job that is not done.
    assert "state" in follow(finding, nodes[0])
