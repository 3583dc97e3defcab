"""Several nodes: copies, federation, acknowledgements, and a node that dies."""

from __future__ import annotations

import pytest

from disquectl.sandbox.job import State

from .bench import Bench


def add(bench: Bench, *options: str, node: int = 0) -> str:
    """ADDJOB that waits for its copies; the ID comes when they are confirmed."""
    job_id = bench.call("ADDJOB", "q", "b", "5000", *options, node=node)
    assert isinstance(job_id, str)
    return job_id


def test_copies_are_active_on_the_other_nodes() -> None:
    bench = Bench(nodes=3)
    job_id = add(bench)
    assert [bench.state(job_id, node) for node in range(3)] == ["queued", "active", "active"]
    one, zero = bench.fields("SHOW", job_id, node=1), bench.fields("SHOW", job_id)
    assert one["ctime"] == zero["ctime"]
    assert len(zero["nodes-delivered"]) == 3


def test_an_acknowledgement_anywhere_ends_the_job_everywhere() -> None:
    bench = Bench(nodes=3)
    job_id = add(bench)
    assert bench.call("ACKJOB", job_id, node=2) == 1
    assert [bench.state(job_id, node) for node in range(3)] == [None] * 3


def test_a_getjob_finds_what_was_added_on_another_node() -> None:
    bench = Bench(nodes=3)
    waiting = bench.connect(1)
    assert bench.send(waiting, "GETJOB", "FROM", "q", node=1) == []
    job_id = add(bench, "REPLICATE", "1")
    bench.wait(6)
    ((job,),) = bench.heard(waiting)
    assert job[1].decode() == job_id
    assert bench.fields("QSTAT", "q", node=1)["import-from"] == [bench.nodes[0].node_id]


def test_an_at_most_once_job_moves_and_is_nowhere_twice() -> None:
    bench = Bench(nodes=2)
    job_id = add(bench, "REPLICATE", "1", "RETRY", "0")
    waiting = bench.connect(1)
    ((job,),) = bench.send(waiting, "GETJOB", "FROM", "q", node=1)
    assert job[1].decode() == job_id
    assert [bench.state(job_id, node) for node in range(2)] == [None, "active"]


def test_only_one_node_queues_a_job_that_comes_back() -> None:
    bench = Bench(nodes=3)
    job_id = add(bench, "RETRY", "5")
    bench.call("GETJOB", "FROM", "q")
    bench.wait(6)
    assert sorted(bench.state(job_id, node) or "" for node in range(3)) == ["active", "active", "queued"]
    assert [bench.fields("SHOW", job_id, node=node)["additional-deliveries"] for node in range(3)] == [
        1,
        1,
        1,
    ]


def test_working_and_nack_reach_every_copy() -> None:
    bench = Bench(nodes=2)
    job_id = add(bench, "RETRY", "10")
    bench.call("GETJOB", "FROM", "q")
    bench.wait(8)
    assert bench.call("WORKING", job_id) == 10
    assert bench.fields("SHOW", job_id, node=1)["next-requeue-within"] > 9000
    assert bench.call("NACK", job_id) == 1
    assert bench.fields("SHOW", job_id, node=1)["nacks"] == 1


def test_an_addjob_that_gets_no_copies_is_given_up_at_its_timeout() -> None:
    bench = Bench(nodes=2)
    bench.call("PAUSE", "q", "in", node=1)
    session = bench.sessions[0]
    assert bench.send(session, "ADDJOB", "q", "b", "700", "REPLICATE", "2") == []
    assert [job.state for job in bench.nodes[0].jobs.values()] == [State.WAIT_REPL]
    bench.wait(1)
    (reply,) = bench.heard(session)
    assert reply.startswith("-NOREPL Timeout reached")
    assert not bench.nodes[0].jobs


def test_a_refused_copy_is_asked_for_again() -> None:
    bench = Bench(nodes=2)
    bench.call("PAUSE", "q", "in", node=1)
    session = bench.sessions[0]
    bench.send(session, "ADDJOB", "q", "b", "0", "REPLICATE", "2")
    bench.call("PAUSE", "q", "none", node=1)
    bench.wait(0.3)
    (job_id,) = bench.heard(session)
    assert bench.state(job_id, 1) == "active"


def test_a_leaving_node_has_its_jobs_queued_elsewhere() -> None:
    bench = Bench(nodes=2)
    bench.call("CLUSTER", "LEAVING", "yes")
    job_id = add(bench, "REPLICATE", "1")
    assert [bench.state(job_id, node) for node in range(2)] == [None, "queued"]


def test_a_dead_node_is_seen_as_such_and_its_jobs_come_back_elsewhere() -> None:
    bench = Bench(nodes=3)
    job_id = add(bench, "RETRY", "30")
    bench.engine.stop_node(bench.nodes[0], bench.now_ms)
    assert b"disconnected" in bench.call("CLUSTER", "NODES", node=1)
    died_ms = bench.now_ms
    bench.wait(0.2)
    # When it was pinged without an answer, and when it answered last.
    assert b" noflags %d %d disconnected" % (died_ms, died_ms) in bench.call("CLUSTER", "NODES", node=1)
    bench.wait(20)
    assert b" fail " in bench.call("CLUSTER", "NODES", node=1)
    assert bench.call("ADDJOB", "q", "b", "0", "REPLICATE", "3", node=1).startswith("-NOREPL Not enough")
    bench.wait(12)
    assert sorted(bench.state(job_id, node) or "" for node in (1, 2)) == ["active", "queued"]


@pytest.mark.parametrize(("nodes", "flag", "priority"), [(3, b" fail ", b"100"), (2, b" fail? ", b"10")])
def test_a_node_that_sleeps_for_too_long_fails_until_it_wakes(
    nodes: int, flag: bytes, priority: bytes
) -> None:
    bench = Bench(nodes)
    sleeper = bench.nodes[1].node_id
    bench.call("CONFIG", "SET", "cluster-node-timeout", "1000")
    assert bench.send(bench.sessions[1], "DEBUG", "SLEEP", "3", node=1) == []

    def priorities() -> dict[bytes, bytes]:
        return {known[0]: known[3] for known in bench.call("HELLO")[2:]}

    assert priorities()[sleeper] == b"1"
    bench.wait(2)
    assert flag in bench.call("CLUSTER", "NODES")
    assert priorities()[sleeper] == priority
    assert bench.call("ADDJOB", "q", "b", "0", "REPLICATE", str(nodes)).startswith("-NOREPL Not enough")
    bench.wait(2)
    assert priorities()[sleeper] == b"1"


def test_an_address_where_nobody_answers_is_tried_for_a_while() -> None:
    bench = Bench()
    for _ in range(2):
        assert bench.call("CLUSTER", "MEET", "127.0.0.1", "9") == "OK"
    own, other = bench.call("CLUSTER", "NODES").splitlines()
    assert other.endswith(b" 127.0.0.1:9 handshake 0 0 disconnected")
    other_id = other[:40]
    assert bench.call("HELLO")[3] == [other_id, b"127.0.0.1", b"9", b"5"]
    info = bench.call("CLUSTER", "INFO")
    assert b"known_nodes:2\r\ncluster_reachable_nodes:0\r\ncluster_size:1\r\n" in info
    assert bench.call("CLUSTER", "FORGET", other_id.decode()) == "OK"
    assert bench.call("CLUSTER", "NODES").splitlines() == [own]
    bench.call("CLUSTER", "MEET", "127.0.0.1", "9")
    bench.wait(16)
    assert bench.call("CLUSTER", "NODES").splitlines() == [own]


def test_a_node_that_meets_itself_learns_its_address() -> None:
    bench = Bench()
    assert bench.call("HELLO")[2][1] == b""
    bench.call("CLUSTER", "MEET", "127.0.0.1", "7711")
    assert bench.call("HELLO")[2:] == [[bench.nodes[0].node_id, b"127.0.0.1", b"7711", b"1"]]


@pytest.mark.parametrize("mode", ["SOFT", "HARD"])
def test_a_reset_node_is_alone_and_can_be_met_again(mode: str) -> None:
    bench = Bench(nodes=2)
    before = bench.call("CLUSTER", "MYID", node=1)
    bench.call("CLUSTER", "RESET", mode, node=1)
    assert (bench.call("CLUSTER", "MYID", node=1) == before) is (mode == "SOFT")
    assert len(bench.call("HELLO", node=1)) == 3
    assert bench.call("CLUSTER", "MEET", "127.0.0.1", "7711", node=1) == "OK"
    assert len(bench.call("HELLO", node=1)) == 4
    assert len(bench.call("HELLO")) == (4 if mode == "SOFT" else 5)


def test_the_others_keep_the_old_identity_of_a_node_at_no_address() -> None:
    bench = Bench(nodes=2)
    old_id = bench.call("CLUSTER", "MYID", node=1)
    bench.call("CLUSTER", "RESET", "HARD", node=1)
    bench.wait(2)
    listed = {line.split()[0]: line.split()[1:] for line in bench.call("CLUSTER", "NODES").splitlines()}
    address, flags, asked_ms, heard_ms, link = listed[old_id]
    assert (address, flags, link) == (b":0", b"noaddr", b"disconnected")
    assert int(asked_ms) >= int(heard_ms) > 0
    assert [old_id, b"", b"0", b"5"] in bench.call("HELLO")
    bench.wait(15)
    assert b" noaddr " in bench.call("CLUSTER", "NODES")
    assert bench.call("CLUSTER", "FORGET", old_id) == "OK"
    assert b"noaddr" not in bench.call("CLUSTER", "NODES")


def test_nodes_ask_each_other_whether_they_are_there() -> None:
    bench = Bench(nodes=2)
    counted = [node.messages_sent for node in bench.nodes]
    bench.wait(5)
    assert all(node.messages_sent > before for node, before in zip(bench.nodes, counted, strict=True))
    bench.engine.stop_node(bench.nodes[1], bench.now_ms)
    counted = [node.messages_sent for node in bench.nodes]
    bench.wait(5)
    assert [node.messages_sent for node in bench.nodes] == counted


def test_a_node_that_slept_gets_all_it_missed_in_order() -> None:
    bench = Bench(nodes=2)
    sleeping = bench.connect(1)
    bench.send(sleeping, "DEBUG", "SLEEP", "5", node=1)
    kept, deleted = (bench.call("ADDJOB", "q", "b", "0", "REPLICATE", "2", "ASYNC") for _ in range(2))
    assert bench.call("FASTACK", deleted) == 1
    bench.wait(2)
    assert bench.nodes[1].jobs == {}
    bench.wait(4)
    assert bench.heard(sleeping) == ["OK"]
    assert [job_id.decode() for job_id in bench.nodes[1].jobs] == [kept]


def test_a_job_on_its_way_to_a_node_is_queued_there_though_it_was_acknowledged_meanwhile() -> None:
    bench = Bench(nodes=2)
    job_id = add(bench, "RETRY", "300")
    bench.send(bench.connect(0), "DEBUG", "SLEEP", "1")
    waiting = bench.connect(1)
    assert bench.send(waiting, "GETJOB", "FROM", "q", node=1) == []
    assert bench.call("ACKJOB", job_id, node=1) == 1
    assert bench.state(job_id, 1) == "acked"
    bench.wait(1.2)
    assert bench.heard(waiting) == [[[b"q", job_id.encode(), b"b"]]]
    assert not bench.nodes[1].disposable


def known_as_leaving(bench: Bench, node_id: bytes, node: int) -> bool:
    """Whether HELLO of a node says that the other one is leaving."""
    _, _, *members = bench.call("HELLO", node=node)
    (priority,) = [member[3] for member in members if member[0] == node_id]
    return bool(priority == b"100")


def test_other_nodes_learn_by_a_ping_that_a_node_is_leaving() -> None:
    bench = Bench(nodes=3)
    bench.wait(0.5)
    leaving_id = bench.nodes[1].node_id
    for answer in ("yes", "no"):
        was_leaving = known_as_leaving(bench, leaving_id, 0)
        bench.call("CLUSTER", "LEAVING", answer, node=1)
        assert known_as_leaving(bench, leaving_id, 1) is (answer == "yes")
        assert [known_as_leaving(bench, leaving_id, node) for node in (0, 2)] == [was_leaving] * 2
        bench.wait(2)
        assert [known_as_leaving(bench, leaving_id, node) for node in (0, 2)] == [answer == "yes"] * 2
    assert add(bench, "REPLICATE", "3")
