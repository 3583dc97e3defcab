"""The rules of one node, on a clock that the test moves."""

from __future__ import annotations

import pytest

from .bench import Bench, encode

ADD = ("ADDJOB", "q", "b", "0")


def test_a_taken_job_comes_back_after_its_retry_time_and_counts_it() -> None:
    bench = Bench()
    job_id = bench.call(*ADD, "RETRY", "10")
    assert bench.call("GETJOB", "FROM", "q") == [[b"q", job_id.encode(), b"b"]]
    bench.wait(9)
    assert bench.call("QLEN", "q") == 0
    bench.wait(2)
    assert bench.call("QLEN", "q") == 1
    reply = bench.call("GETJOB", "WITHCOUNTERS", "FROM", "q")
    assert reply[0][3:] == [b"nacks", 0, b"additional-deliveries", 1]


def test_a_job_that_stays_queued_renews_its_clock_without_counting() -> None:
    bench = Bench()
    job_id = bench.call(*ADD, "RETRY", "2")
    bench.wait(20)
    fields = bench.fields("SHOW", job_id)
    assert fields["additional-deliveries"] == 0
    assert bench.call("QLEN", "q") == 1
    assert fields["next-requeue-within"] <= 2250


def test_an_at_most_once_job_is_never_queued_again() -> None:
    bench = Bench()
    job_id = bench.call(*ADD, "RETRY", "0", "TTL", "50")
    bench.call("GETJOB", "FROM", "q")
    assert bench.call("NACK", job_id) == 0
    assert bench.call("ENQUEUE", job_id) == 0
    bench.wait(48)
    assert bench.state(job_id) == "active"
    bench.wait(4)
    assert bench.state(job_id) is None


@pytest.mark.parametrize("options", [(), ("DELAY", "5"), ("RETRY", "1"), ("RETRY", "0")])
def test_a_job_is_gone_when_its_ttl_is_over(options: tuple[str, ...]) -> None:
    bench = Bench()
    job_id = bench.call(*ADD, "TTL", "20", *options)
    bench.wait(18.9)
    assert bench.state(job_id) is not None
    bench.wait(2.2)
    assert bench.state(job_id) is None
    assert bench.call("QLEN", "q") == 0


def test_a_delayed_job_is_queued_in_time_and_ahead_of_younger_ones() -> None:
    bench = Bench()
    delayed = bench.call(*ADD, "DELAY", "3")
    bench.wait(1)
    young = bench.call(*ADD)
    assert bench.state(delayed) == "active"
    bench.wait(2)
    assert [job[1].decode() for job in bench.call("QPEEK", "q", "9")] == [delayed, young]


def test_working_restarts_the_clock_until_half_of_the_ttl_is_over() -> None:
    bench = Bench()
    job_id = bench.call(*ADD, "RETRY", "10", "TTL", "60")
    bench.call("GETJOB", "FROM", "q")
    for _ in range(3):
        bench.wait(9)
        assert bench.call("WORKING", job_id) == 10
        assert bench.call("QLEN", "q") == 0
    bench.wait(4)
    assert bench.call("WORKING", job_id).startswith("-TOOLATE ")


def test_clients_that_wait_are_served_in_their_order_and_once() -> None:
    bench = Bench()
    first, second = bench.connect(), bench.connect()
    assert bench.send(first, "GETJOB", "FROM", "q", "other") == []
    assert bench.send(second, "GETJOB", "COUNT", "9", "FROM", "q") == []
    bench.call(*ADD)
    assert len(bench.heard(first)) == 1
    assert bench.heard(second) == []
    bench.call("ADDJOB", "other", "b", "0")
    assert bench.call("QLEN", "other") == 1
    bench.call(*ADD)
    (jobs,) = bench.heard(second)
    assert len(jobs) == 1


def test_what_a_blocked_client_sends_ahead_is_done_after_its_answer() -> None:
    bench = Bench()
    waiting = bench.connect()
    assert bench.feed(waiting, encode("GETJOB", "TIMEOUT", "500", "FROM", "q") + encode("PING")) == []
    bench.wait(0.4)
    assert bench.heard(waiting) == []
    bench.wait(0.3)
    assert bench.heard(waiting) == [None, "PONG"]


def test_a_waiting_client_that_leaves_loses_no_job() -> None:
    bench = Bench()
    waiting = bench.connect()
    bench.send(waiting, "GETJOB", "FROM", "q")
    bench.engine.disconnect(bench.nodes[0], waiting, bench.now_ms)
    bench.call(*ADD)
    assert bench.call("QLEN", "q") == 1


def test_resuming_the_output_serves_those_who_wait() -> None:
    bench = Bench()
    waiting = bench.connect()
    bench.call("PAUSE", "q", "out")
    bench.call(*ADD)
    assert bench.send(waiting, "GETJOB", "FROM", "q") == []
    assert bench.call("PAUSE", "q", "in") == "in"
    assert len(bench.heard(waiting)) == 1


def test_a_paused_input_puts_off_returns_but_not_nacks() -> None:
    bench = Bench()
    returned, nacked = bench.call(*ADD, "RETRY", "5"), bench.call(*ADD, "RETRY", "5")
    bench.call("GETJOB", "COUNT", "2", "FROM", "q")
    bench.call("PAUSE", "q", "in")
    assert bench.call("NACK", nacked) == 1
    bench.wait(7)
    assert (bench.state(returned), bench.state(nacked)) == ("active", "queued")


def test_idle_queues_are_forgotten_unless_somebody_needs_them() -> None:
    bench = Bench()
    waiting = bench.connect()
    bench.call("GETJOB", "NOHANG", "FROM", "idle")
    bench.call("PAUSE", "paused", "in")
    bench.send(waiting, "GETJOB", "FROM", "waited-for")
    bench.call("ADDJOB", "full", "b", "0")
    bench.wait(302)
    assert sorted(bench.call("QSCAN", "BUSYLOOP")[1]) == [b"full", b"paused", b"waited-for"]


def test_idle_queues_are_forgotten_within_a_fifth_of_a_second_if_memory_is_short() -> None:
    bench = Bench()
    bench.call("GETJOB", "NOHANG", "FROM", "q")
    bench.wait(5.5)
    assert bench.fields("QSTAT", "q")
    bench.call("CONFIG", "SET", "maxmemory", "0")
    bench.wait(0.2)
    assert not bench.fields("QSTAT", "q")


def test_a_scan_finds_what_stays_while_others_come_and_go() -> None:
    bench = Bench()
    stays = {bench.call("ADDJOB", f"q{n}", "b", "0") for n in range(300)}
    goes = [bench.call("ADDJOB", "gone", "b", "0") for _ in range(300)]
    seen: list[str] = []
    cursor = b"0"
    while True:
        cursor, page = bench.call("JSCAN", cursor, "COUNT", "10")
        seen += page
        if cursor == b"0":
            break
        # More come than one step finds: the scan ends all the same.
        for _ in range(20):
            if goes:
                bench.call("DELJOB", goes.pop())
            bench.call("ADDJOB", "new", "b", "0")
    assert stays <= set(seen)
    assert len(seen) == len(set(seen))


def test_over_the_memory_limit_only_what_may_go_is_thrown_away() -> None:
    bench = Bench()
    once = bench.call("ADDJOB", "q", "x" * 2000, "0", "RETRY", "0")
    kept = bench.call("ADDJOB", "q", "x" * 2000, "0")
    bench.call("GETJOB", "COUNT", "2", "FROM", "q")
    assert bench.call("CONFIG", "SET", "maxmemory", "1") == "OK"
    assert bench.call("PING") == "PONG"
    assert bench.state(once) is None
    assert bench.state(kept) == "active"
    assert bench.call(*ADD).startswith("-OOM ")
    bench.call("CONFIG", "SET", "maxmemory", "0")
    assert bench.call(*ADD).endswith("I'm out of memory")


def test_a_sleeping_node_answers_when_it_wakes() -> None:
    bench = Bench()
    other = bench.connect()
    assert bench.send(bench.sessions[0], "DEBUG", "SLEEP", "1.5") == []
    assert bench.send(other, "PING") == []
    bench.wait(1.4)
    assert bench.heard(other) == []
    bench.wait(0.2)
    assert bench.heard(bench.sessions[0]) == ["OK"]
    assert bench.heard(other) == ["PONG"]


def test_what_comes_while_a_node_sleeps_is_done_in_the_order_in_which_it_came() -> None:
    bench = Bench()
    first, later = bench.sessions[0], bench.connect()
    bench.send(bench.connect(), "DEBUG", "SLEEP", "0.5")
    assert bench.send(later, "ADDJOB", "q", "b", "0") == []
    bench.wait(0.1)
    assert bench.send(first, "QLEN", "q") == []
    bench.wait(0.6)
    assert bench.heard(first) == [1]


def test_paused_clients_go_on_by_themselves() -> None:
    bench = Bench()
    bench.feed(bench.sessions[0], encode("CLIENT", "PAUSE", "300") + encode("PING"))
    bench.wait(0.2)
    assert bench.heard(bench.sessions[0]) == []
    bench.wait(0.3)
    assert bench.heard(bench.sessions[0]) == ["PONG"]


def test_replies_can_be_switched_off_and_skipped() -> None:
    bench = Bench()
    sent = [("CLIENT", "REPLY", "SKIP"), ("PING", "skipped"), ("PING", "heard")]
    sent += [("CLIENT", "REPLY", "OFF"), ("PING", "muted"), ("CLIENT", "REPLY", "ON")]
    heard = bench.feed(bench.sessions[0], b"".join(encode(*words) for words in sent))
    assert heard == [b"heard", "OK"]


@pytest.mark.parametrize("nothing", [b"\r\n", b"*0\r\n", b"*-1\r\n", b" \r\n"])
def test_a_request_without_words_counts_as_the_skipped_one(nothing: bytes) -> None:
    bench = Bench()
    skip, ping = encode("CLIENT", "REPLY", "SKIP"), encode("PING")
    session = bench.sessions[0]
    assert bench.feed(session, skip + nothing + ping) == ["PONG"]
    assert bench.feed(session, nothing + skip + ping) == []
    assert bench.feed(session, skip) == []
    assert bench.feed(session, nothing) == []
    assert bench.feed(session, b"*x\r\n") == ["-ERR Protocol error: invalid multibulk length"]


def test_acknowledged_jobs_leave_nothing_behind() -> None:
    bench = Bench()
    for _ in range(5000):
        bench.call("ACKJOB", bench.call(*ADD))
    bench.wait(1)
    node = bench.nodes[0]
    assert not node.jobs
    assert node.job_bytes == 0
    assert not node.disposable
    assert len(node.alarms) <= 1000
