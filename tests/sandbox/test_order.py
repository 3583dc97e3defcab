"""The order of things in time: which comes first, and not too early."""

from __future__ import annotations

import pytest

from disquectl.sandbox import messages as m
from disquectl.sandbox.node import Network, Node
from disquectl.sandbox.upkeep import wake

from .bench import Bench

ADD = ("ADDJOB", "q", "b", "5000")


def mixed(node_id: bytes, job_id: bytes) -> bytes:
    """A node ID mixed with the random part of a job's ID, which is what Disque compares."""
    return bytes(octet ^ job_id[11 + at % 24] for at, octet in enumerate(node_id))


@pytest.mark.parametrize("word", ["ENQUEUE", "NACK"])
def test_which_of_two_nodes_drops_a_job_that_both_have_queued_depends_on_the_job(word: str) -> None:
    bench = Bench(nodes=2)
    first, second = (node.node_id for node in bench.nodes)
    outcomes = set()
    for _ in range(40):
        job_id = bench.call(*ADD, "RETRY", "300")
        assert bench.call(word, job_id, node=1) == 1
        states = bench.state(job_id), bench.state(job_id, 1)
        sender_wins = mixed(second, job_id.encode()) > mixed(first, job_id.encode())
        assert states == ("active" if sender_wins else "queued", "queued")
        outcomes.add(states)
    assert len(outcomes) == 2


def test_a_job_that_never_comes_back_is_forgotten_the_second_after_its_expiry() -> None:
    bench = Bench()
    job_id = bench.call(*ADD, "TTL", "20", "RETRY", "0")
    assert bench.fields("SHOW", job_id)["next-awake-within"] == 21_000
    bench.wait(20.9)
    assert bench.state(job_id) == "queued"
    bench.wait(0.2)
    assert bench.state(job_id) is None


def test_a_job_that_is_looked_at_is_forgotten_in_its_last_second_and_not_before() -> None:
    bench = Bench()
    job_id = bench.call(*ADD, "TTL", "20", "RETRY", "5")
    node = bench.nodes[0]
    job = node.jobs[job_id.encode()]
    wake(node, job, job.expires_s * 1000 - 1)
    assert bench.state(job_id) is not None
    wake(node, job, job.expires_s * 1000)
    assert bench.state(job_id) is None


class Told:
    """What nodes told each other: the seconds since the start, the sender's place and the message."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self._bench = bench
        self._began_ms = bench.now_ms
        self._told: list[tuple[float, int, object]] = []
        send = Network.send

        def spy(network: Network, sender: Node, target: Node, message: m.Message) -> None:
            seconds = (bench.now_ms - self._began_ms) / 1000
            self._told.append((seconds, bench.nodes.index(sender), message))
            send(network, sender, target, message)

        monkeypatch.setattr(Network, "send", spy)

    def times(self, kind: type, sender: int | None = None) -> list[float]:
        """When messages of a kind were sent, by one node or any; several at once count as one."""
        return sorted(
            {
                seconds
                for seconds, node, message in self._told
                if isinstance(message, kind) and sender in (None, node)
            }
        )


def add(bench: Bench, *options: str) -> str:
    job_id = bench.call(*ADD, *options)
    assert job_id.startswith("D-")
    return str(job_id)


def unlisted(bench: Bench, retry: str) -> str:
    """A job that nodes 0 and 1 list, and of which node 2 has a replica that is in no list."""
    assert bench.call("CLUSTER", "LEAVING", "yes", node=2) == "OK"
    # Until the others know it.
    bench.wait(2)
    job_id = add(bench, "REPLICATE", "2", "RETRY", retry)
    assert bench.call("CLUSTER", "LEAVING", "no", node=2) == "OK"
    assert bench.call("GETJOB", "FROM", "q", node=2)[0][1] == job_id.encode()
    return job_id


def listed(bench: Bench, job_id: str, node: int) -> set[int]:
    """The places of the nodes that this node's replica lists."""
    ids = [one.node_id for one in bench.nodes]
    return {ids.index(holder) for holder in bench.fields("SHOW", job_id, node=node)["nodes-delivered"]}


def states(bench: Bench, job_id: str) -> list[str | None]:
    return [bench.state(job_id, node) for node in range(len(bench.nodes))]


def test_a_return_is_announced_half_a_second_ahead_and_not_done_then() -> None:
    bench = Bench()
    job_id = add(bench, "RETRY", "10")
    bench.call("GETJOB", "FROM", "q")
    fields = bench.fields("SHOW", job_id)
    due_ms = bench.now_ms + fields["next-requeue-within"]
    assert fields["next-requeue-within"] - fields["next-awake-within"] == 500
    bench.engine.advance(due_ms - 1)
    assert bench.state(job_id) == "active"
    bench.engine.advance(due_ms)
    assert bench.state(job_id) == "queued"


def test_only_a_job_that_is_not_queued_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(nodes=2)
    job_id = add(bench, "RETRY", "10", "REPLICATE", "2")
    told = Told(bench, monkeypatch)
    bench.wait(25)
    assert told.times(m.WillQueue, sender=0) == []
    # The clock of a queued job is renewed, and the announcement with it.
    bench.call("DELJOB", job_id, node=1)
    bench.call("GETJOB", "FROM", "q")
    bench.wait(11)
    assert len(told.times(m.WillQueue, sender=0)) == 1
    assert bench.state(job_id) == "queued"


def test_a_node_that_has_a_job_queued_answers_an_announcement_and_the_other_puts_it_off() -> None:
    bench = Bench(nodes=2)
    job_id = add(bench, "RETRY", "10")
    bench.call("GETJOB", "FROM", "q")
    bench.call("ENQUEUE", job_id, node=1)
    for _ in range(40):
        bench.wait(1)
        assert states(bench, job_id) == ["active", "queued"]
    assert bench.fields("SHOW", job_id)["additional-deliveries"] == 1


def test_who_announces_a_return_is_listed_from_then_on_and_hears_of_acknowledgements() -> None:
    bench = Bench(nodes=3)
    job_id = unlisted(bench, "300")
    assert [listed(bench, job_id, node) for node in range(3)] == [{0, 1}] * 3
    first = bench.nodes[0].node_id
    bench.nodes[2].send(first, m.WillQueue(job_id.encode()))
    bench.engine.settle(bench.now_ms)
    assert [listed(bench, job_id, node) for node in range(3)] == [{0, 1, 2}, {0, 1}, {0, 1}]
    # Node 1 knows of fewer replicas than node 0, which therefore takes over and tells node 2.
    assert bench.call("ACKJOB", job_id, node=1) == 1
    assert states(bench, job_id) == [None] * 3


def test_an_acknowledged_job_is_not_delivered_again_where_a_node_still_knows_of_it() -> None:
    bench = Bench(nodes=3)
    job_id = unlisted(bench, "10")
    bench.send(bench.connect(1), "DEBUG", "SLEEP", "30", node=1)
    assert bench.call("ACKJOB", job_id) == 1
    assert bench.state(job_id) == "acked"
    for _ in range(25):
        bench.wait(1)
        assert bench.call("QLEN", "q", node=2) == 0
    assert bench.state(job_id, 2) == "acked"
    bench.wait(190)
    assert states(bench, job_id) == [None] * 3


def test_an_acknowledgement_that_is_not_confirmed_is_sent_again_more_and_more_seldom() -> None:
    bench = Bench(nodes=2)
    job_id = add(bench, "REPLICATE", "2")
    bench.engine.stop_node(bench.nodes[1], bench.now_ms)
    assert bench.call("ACKJOB", job_id) == 1
    pauses_s = []
    for _ in range(9):
        pause_ms = bench.fields("SHOW", job_id)["next-awake-within"]
        pauses_s.append(round(pause_ms / 1000))
        bench.now_ms += pause_ms
        bench.engine.advance(bench.now_ms)
    assert pauses_s == [1, 4, 8, 16, 32, 64, 128, 180, 180]


def test_a_dummy_acknowledgement_waits_for_all_nodes_or_one_that_knows_the_job() -> None:
    bench = Bench(nodes=3)
    job_id = add(bench, "REPLICATE", "1")
    bench.call("DELJOB", job_id)
    bench.send(bench.connect(2), "DEBUG", "SLEEP", "5", node=2)
    assert bench.call("ACKJOB", job_id, node=1) == 0
    assert bench.state(job_id, 1) == "acked"
    bench.wait(5.2)
    assert bench.state(job_id, 1) is None
    known = add(bench, "REPLICATE", "1")
    assert bench.call("ACKJOB", known, node=1) == 0
    assert states(bench, known) == [None] * 3


def test_a_timeout_is_never_early() -> None:
    bench = Bench()
    bench.send(bench.sessions[0], "GETJOB", "TIMEOUT", "1000", "FROM", "q")
    bench.engine.advance(bench.now_ms + 1000)
    assert bench.heard(bench.sessions[0]) == []
    bench.engine.advance(bench.now_ms + 1001)
    assert bench.heard(bench.sessions[0]) == [None]


def test_an_idle_queue_is_forgotten_after_five_minutes_and_not_before() -> None:
    bench = Bench()
    bench.call("GETJOB", "NOHANG", "FROM", "q")
    bench.wait(299.5)
    assert bench.call("QSTAT", "q") is not None
    bench.wait(1)
    assert bench.call("QSTAT", "q") is None


def test_an_idle_client_is_disconnected_after_its_time_and_not_before() -> None:
    bench = Bench()
    bench.call("CONFIG", "SET", "timeout", "2")
    bench.wait(2.9)
    assert not bench.sessions[0].killed
    bench.wait(0.3)
    assert bench.sessions[0].killed


def test_what_was_due_at_different_times_happens_at_them_however_late_it_is_noticed() -> None:
    bench = Bench()
    job_id = add(bench, "DELAY", "1", "RETRY", "100")
    bench.now_ms += 10_000
    bench.engine.advance(bench.now_ms)
    assert 90_700 <= bench.fields("SHOW", job_id)["next-requeue-within"] <= 91_300


def test_jobs_of_the_same_millisecond_keep_their_order() -> None:
    bench = Bench()
    ids = [add(bench) for _ in range(50)]
    created = [bench.fields("SHOW", job_id)["ctime"] for job_id in ids]
    assert created == list(range(created[0], created[0] + 50))
    assert [job[1].decode() for job in bench.call("QPEEK", "q", "50")] == ids


def test_replicas_learn_of_those_that_were_added_while_addjob_waited() -> None:
    grown = False
    for seed in range(8):
        bench = Bench(nodes=4, seed=seed)
        bench.call("PAUSE", "q", "in", node=3)
        replies = bench.send(bench.sessions[0], "ADDJOB", "q", "b", "0", "REPLICATE", "3")
        bench.wait(0.3)
        (job_id,) = replies or bench.heard(bench.sessions[0])
        holders = listed(bench, job_id, 0)
        grown = grown or holders == {0, 1, 2, 3}
        assert listed(bench, job_id, 1) == listed(bench, job_id, 2) == holders
    assert grown


def test_a_node_whose_client_waits_asks_all_others_more_and_more_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(nodes=3)
    told = Told(bench, monkeypatch)
    bench.send(bench.sessions[1], "GETJOB", "FROM", "q", node=1)
    bench.wait(100)
    assert [round(seconds) for seconds in told.times(m.NeedJobs)] == [0, 4, 12, 28, 58, 88]


def test_nodes_that_gave_jobs_are_asked_often_for_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(nodes=2)
    add(bench, "REPLICATE", "1")
    assert len(bench.call("GETJOB", "FROM", "q", node=1)) == 1
    told = Told(bench, monkeypatch)
    bench.send(bench.sessions[1], "GETJOB", "FROM", "q", node=1)
    bench.wait(5)
    assert bench.fields("QSTAT", "q")["import-from"] == []
    other = bench.connect(1)
    (stat,) = bench.send(other, "QSTAT", "q", node=1)
    assert stat[stat.index(b"import-from") + 1] == [bench.nodes[0].node_id]
    asked = told.times(m.NeedJobs)
    assert len([seconds for seconds in asked if seconds <= 1]) >= 3
    bench.wait(2)
    (stat,) = bench.send(other, "QSTAT", "q", node=1)
    assert stat[stat.index(b"import-from") + 1] == []


def test_a_node_gives_nothing_away_for_five_seconds_after_it_imported_itself() -> None:
    bench = Bench(nodes=3)
    add(bench, "REPLICATE", "1", "RETRY", "0")
    assert len(bench.call("GETJOB", "FROM", "q", node=1)) == 1
    own = bench.call(*ADD, "REPLICATE", "1", node=1)
    assert bench.call("GETJOB", "NOHANG", "FROM", "q", node=2) is None
    bench.wait(4.5)
    assert bench.call("GETJOB", "NOHANG", "FROM", "q", node=2) is None
    assert bench.state(own, 1) == "queued"
    bench.wait(9)
    bench.call("GETJOB", "NOHANG", "FROM", "q", node=2)
    assert bench.state(own, 1) == "active"


def test_a_node_gives_no_more_than_half_of_what_it_has() -> None:
    bench = Bench(nodes=2)
    for _ in range(6):
        add(bench, "REPLICATE", "1")
    assert bench.call("GETJOB", "NOHANG", "FROM", "q", node=1) is None
    assert [bench.call("QLEN", "q", node=node) for node in range(2)] == [5, 1]
    # A node that gave is asked for several when the last of them was taken.
    assert len(bench.call("GETJOB", "NOHANG", "FROM", "q", node=1)) == 1
    assert [bench.call("QLEN", "q", node=node) for node in range(2)] == [3, 2]


def test_the_replica_of_a_delayed_job_waits_for_the_delay_and_the_retry_time() -> None:
    bench = Bench(nodes=2)
    job_id = add(bench, "DELAY", "100", "RETRY", "30")
    assert 129_700 <= bench.fields("SHOW", job_id, node=1)["next-requeue-within"] <= 130_300
