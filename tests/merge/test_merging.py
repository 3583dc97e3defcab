"""What nodes say of the same jobs and queues, merged: with the replies and the time passed in."""

from __future__ import annotations

import pytest

from disquectl.errors import NotDisque
from disquectl.execution.present import arranged
from disquectl.merge.clocks import Clocks, skew_ms
from disquectl.merge.job_counts import JobCounts
from disquectl.merge.jobs import Jobs, beginning
from disquectl.merge.nodes import NODE_FIELDS, NodeView, agreed, state_of_flags
from disquectl.merge.queues import NAMES, QueueSum, rates, stat_of
from disquectl.merge.replicas import NAMES as FIELDS
from disquectl.merge.replicas import page_of
from disquectl.merge.trace import JobTrace, differing, told_by_id

A, B = "a" * 40, "b" * 40
ID = b"D-aaaaaaaa-yRiaWu63Ny89fXBPj66cnFnU-05a1"
OTHER = b"D-bbbbbbbb-zzzzWu63Ny89fXBPj66cnFnU-05a1"
NOW_MS = 1_700_000_100_000.0
MADE_NS = 1_700_000_000 * 10**9


def copy(job_id=ID, **values):
    """A copy as a node gives it: made 100 seconds ago, active, to come back in 30 seconds."""
    given = {"id": job_id, "queue": b"q", "state": b"active", "repl": 2, "ttl": 1000, "ctime": MADE_NS}
    given |= {"delay": 0, "retry": 60, "nacks": 0, "additional-deliveries": 0, "nodes-delivered": []}
    given |= {"nodes-confirmed": [], "next-requeue-within": 30_000, "next-awake-within": 29_500}
    given |= {"body": b"x"} | {name.replace("_", "-"): value for name, value in values.items()}
    return [part for name in FIELDS for part in (name, given[name.decode()])]


def page(*copies):
    return page_of([b"0", list(copies)])[1]


# Copies


def test_a_page_in_another_order_is_read_by_names():
    turned = copy()[2:] + copy()[:2]
    assert page_of([b"7", [turned]]) == (7, [copy()])
    (short,) = page([b"state", b"acked", b"id", ID, b"new", 1])
    assert short == copy(
        queue=b"", state=b"acked", repl=0, ttl=0, ctime=0, retry=0, body=b"", next_requeue_within=None,
        next_awake_within=None,
    )  # fmt: skip
    usual = copy()
    assert page(usual)[0] is usual
    assert page() == []
    for other in ([], [b"id", ID], [b"state", b"acked"], ID):
        with pytest.raises(NotDisque):
            page(other)


# Jobs


def merged(*held, now_ms=NOW_MS, missing=0):
    """The record of ID, from what each node holds."""
    jobs = Jobs(Clocks())
    for node_id, one in held:
        jobs.add(node_id, [one], NOW_MS)
    names = {jobs.bits.of(node_id): name for node_id, name in ((A, "a:1"), (B, "b:1"))}
    return jobs.record(ID, missing and jobs.bits.of(B), now_ms, names)


def test_a_job_has_the_most_returns_the_least_ttl_and_the_next_return_of_its_copies():
    record = merged(
        (A, copy(nacks=1, additional_deliveries=5, ttl=1001, next_requeue_within=40_000)),
        (B, copy(nacks=3, additional_deliveries=2, ttl=1000, next_requeue_within=30_000)),
        now_ms=NOW_MS + 2000,
    )
    assert (record["nacks"], record["additional_deliveries"]) == (3, 5)
    assert (record["ttl"], record["next_requeue_within"], record["age"]) == (998, 28_000, 102)
    assert record["holders"] == ["a:1", "b:1"]
    assert merged((B, copy()))["holders"] == ["b:1"]


def test_what_expires_before_its_return_never_comes_back():
    assert merged((A, copy(ttl=10, next_requeue_within=12_000)))["next_requeue_within"] is None
    assert merged((A, copy(ttl=10, next_requeue_within=11_000)))["next_requeue_within"] == 11_000
    assert merged((A, copy(next_requeue_within=None)))["next_requeue_within"] is None
    assert merged((A, copy(state=b"queued")))["next_requeue_within"] is None


def test_a_job_in_flight_that_a_missing_node_may_have_queued_is_unknown():
    one = copy(nodes_delivered=[A.encode(), B.encode()])
    assert merged((A, one))["state"] == "in-flight"
    assert merged((A, one), missing=True)["state"] == "unknown"
    assert merged((A, copy(nodes_delivered=[A.encode()])), missing=True)["state"] == "in-flight"


def test_the_clock_of_the_maker_counts():
    clocks = Clocks()
    clocks.add(A, 50_000.0)
    jobs = Jobs(clocks)
    # Its maker is 50 seconds ahead, so 10 of its 160 seconds are left, and it comes back just then.
    jobs.add(B, [copy(delay=160, next_requeue_within=10_000, next_awake_within=2_000)], NOW_MS)
    record = jobs.record(ID, 0, NOW_MS, {})
    assert (record["state"], record["age"]) == ("delayed", 150)


def test_only_jobs_that_are_wanted_are_kept():
    jobs = Jobs(Clocks(), lambda replica: replica[1] == OTHER)
    jobs.add(A, [copy(), copy(OTHER)], NOW_MS)
    assert list(jobs.found) == [OTHER]


@pytest.mark.parametrize(("whole", "body"), [(True, b"x" * 100), (False, b"x" * 80)])
def test_a_body_is_kept_whole_where_that_is_asked_for(whole, body):
    jobs = Jobs(Clocks(), whole=whole)
    jobs.add(A, [copy(body=b"x" * 100)], NOW_MS)
    assert jobs.record(ID, 0, NOW_MS, {})["body"] == body


def test_a_selection_sees_the_state_the_age_the_ttl_and_the_counters_of_a_job():
    jobs = Jobs(Clocks())
    here, there = copy(nacks=2, nodes_delivered=[A.encode(), B.encode()]), copy(additional_deliveries=3)
    jobs.add(A, [here], NOW_MS)
    jobs.add(A, [there], NOW_MS)
    assert jobs.status(ID, 0, NOW_MS + 5000) == ("in-flight", 105_000, 995_000, 2, 3)
    assert jobs.status(ID, jobs.bits.of(B), NOW_MS)[0] == "unknown"


@pytest.mark.parametrize(("due_ms", "returns"), [(1_001_000, 1_001_000), (1_001_001, None)])
def test_a_job_whose_ttl_ends_first_does_not_return(due_ms, returns):
    assert merged((A, copy(ttl=1000, next_requeue_within=due_ms)))["next_requeue_within"] == returns


def test_of_a_job_that_is_late_nothing_is_left_of_its_times():
    record = merged((A, copy(ttl=1000, next_requeue_within=1000)), now_ms=NOW_MS + 2_000_000)
    assert (record["ttl"], record["next_requeue_within"]) == (0, 0)


def test_a_clock_is_compared_with_the_middle_of_the_question():
    assert skew_ms({"seconds": 100, "microseconds": 250_000}, 100_000, 100_200) == 150
    assert skew_ms({"seconds": 99, "microseconds": 900_000}, 100_000, 100_000) == -100
    clocks = Clocks()
    clocks.add(A, -50.0)
    assert clocks.age_ms(ID, NOW_MS * 1_000_000, NOW_MS + 60) == 10
    assert clocks.age_ms(ID, NOW_MS * 1_000_000, NOW_MS) == 0
    assert clocks.age_ms(OTHER, NOW_MS * 1_000_000, NOW_MS + 60) == 60


def test_a_page_of_another_form_is_not_disque():
    for merging in (Jobs(Clocks()), JobCounts(Clocks())):
        for wrong in (copy(state=b"new"), copy(delay=b"x"), copy()[:4]):
            with pytest.raises(NotDisque):
                merging.add(A, [wrong], NOW_MS)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (None, b""),
        (b"x" * 80, b"x" * 80),
        (b"x" * 81, b"x" * 80),
        (b"x" * 79 + "é".encode(), b"x" * 79),
        (b"x" * 77 + "\N{GRINNING FACE}".encode(), b"x" * 77),
        (b"\xff" * 90, b"\xff" * 80),
    ],
)
def test_the_beginning_of_a_body_is_not_cut_within_a_character(body, shown):
    assert beginning(body) == shown


# Queues


def test_jobs_are_counted_once_by_state_however_many_nodes_hold_them():
    counts = JobCounts(Clocks(), wanted=lambda queue: queue != b"no")
    counts.add(A, page(copy(), copy(OTHER, state=b"queued"), copy(OTHER, queue=b"no")), NOW_MS)
    counts.add(B, page(copy(state=b"queued", ctime=MADE_NS - 10**9), copy(OTHER, state=b"queued")), NOW_MS)
    by_state, holders = counts.counts(b"q")
    assert {state: count for state, count in by_state.items() if count} == {"queued": 2}
    assert holders == counts.bits.of(A) | counts.bits.of(B)
    assert list(counts.queues()) == [b"q"]
    assert counts.oldest_age(b"q", NOW_MS) == 101
    assert counts.oldest_age(b"no", NOW_MS) is None


def test_delayed_jobs_are_counted_by_the_clock_of_their_maker():
    clocks = Clocks()
    clocks.add(A, 50_000.0)
    counts = JobCounts(clocks)
    returned = copy(OTHER, delay=160, next_requeue_within=10_000, nacks=1, additional_deliveries=1)
    delayed = copy(delay=160, next_requeue_within=10_000, next_awake_within=2_000)
    counts.add(B, [delayed, returned], NOW_MS)
    counts, _ = counts.counts(b"q")
    assert (counts["delayed"], counts["in-flight"]) == (1, 1)


def test_jobs_that_a_missing_node_may_have_queued_are_counted_as_unknown():
    counts = JobCounts(Clocks())
    counts.add(A, page(copy(nodes_delivered=[A.encode(), B.encode()]), copy(OTHER)), NOW_MS)
    by_state, holders = counts.counts(b"q", missing=counts.bits.of(B))
    assert (by_state["unknown"], by_state["in-flight"], holders) == (1, 1, counts.bits.of(A))
    assert counts.oldest_age(b"q", NOW_MS) is None


def stat(**values):
    given = dict.fromkeys((name.decode() for name in NAMES), 0) | {"name": b"q", "pause": b"none"} | values
    return [part for name in NAMES for part in (name, given[name.decode()])]


def test_a_queue_is_the_sum_of_its_nodes():
    total = QueueSum()
    total.add("a:1", stat(len=1, blocked=2, **{"jobs-in": 3, "jobs-out": 4}), 5.0)
    total.add("b:1", stat(len=10, blocked=20, pause=b"in", **{"jobs-in": 30, "jobs-out": 40}), 6.0)
    assert (total.length, total.blocked, total.jobs_in, total.jobs_out) == (11, 22, 33, 44)
    assert total.seen_at == 6.0
    assert total.pause(["a:1"]) == "none"
    assert total.pause(["b:1", "c:1"]) == {"b:1": "in", "c:1": "none"}
    with pytest.raises(NotDisque):
        total.add("a:1", stat(pause=5), 7.0)


def test_a_stat_in_another_order_is_read_by_names():
    usual = stat(len=3)
    assert stat_of(usual) is usual
    assert stat_of(None) is None
    assert stat_of([b"len", 3, b"name", b"q", b"new", 1]) == stat(len=3)
    for other in (5, [b"len", 3], [b"name"], usual[:-1]):
        with pytest.raises(NotDisque):
            stat_of(other)


def test_rates_are_by_the_second_and_never_below_nothing():
    before, after = QueueSum(), QueueSum()
    before.jobs_in, before.jobs_out, before.seen_at = 10, 20, 1.0
    after.jobs_in, after.jobs_out, after.seen_at = 15, 5, 3.0
    assert rates(before, after) == (2.5, 0.0)
    assert rates(before, before) is None


def test_what_has_no_value_comes_last_whatever_the_order():
    records = [{"n": None}, {"n": 1}, {"n": 3}, {"n": 2}]
    assert [one["n"] for one in arranged(records, "n", False, None)] == [3, 2, 1, None]
    assert [one["n"] for one in arranged(records, "n", True, None)] == [1, 2, 3, None]
    assert [one["n"] for one in arranged(records, "n", False, 2)] == [3, 2]
    assert [one["n"] for one in arranged([{"n": b"b"}, {"n": b"a"}], "n", False, 0)] == []
    assert [one["n"] for one in arranged([{"n": b"b"}, {"n": b"a"}], "n", False, None)] == [b"a", b"b"]
    assert [one["n"] for one in arranged([{"n": {"b": "in"}}, {"n": "all"}], "n", True, 1)] == [{"b": "in"}]


# One job


def test_a_trace_tells_where_copies_differ_but_for_what_runs():
    tracing = JobTrace(ID, {A: "a:1", B: "b:1"}, Clocks())
    tracing.add(B, copy(ttl=999, nodes_delivered=[B.encode(), A.encode()]), NOW_MS)
    tracing.add(A, copy(nodes_delivered=[A.encode(), B.encode()], nacks=1, next_awake_within=5), NOW_MS)
    tracing.add(A, None, NOW_MS)
    record = tracing.record([], NOW_MS)
    assert [one["node"] for one in record["copies"]] == ["a:1", "b:1"]
    assert record["copies"][0]["nodes_delivered"] == ["a:1", "b:1"]
    assert (record["created_by"], record["delivery"], record["state"]) == (
        "a:1",
        "at least once",
        "in-flight",
    )
    assert record["differs"] == ["nacks"]
    assert differing([{"ttl": 5}, {"ttl": 7}]) == ["ttl"]


def test_a_trace_is_unknown_where_a_node_is_missing_that_may_have_the_job():
    for missing_ids, state in (([], "in-flight"), ([B], "unknown"), (None, "unknown")):
        tracing = JobTrace(ID, {A: "a:1"}, Clocks())
        tracing.add(A, copy(nodes_delivered=[A.encode(), B.encode()]), NOW_MS)
        assert tracing.record(missing_ids, NOW_MS)["state"] == state


def test_the_stand_in_for_an_acknowledged_id_shows_only_what_it_has():
    tracing = JobTrace(ID, {A: "a:1", B: "b:1"}, Clocks())
    tracing.add(A, copy(queue=None, state=b"acked", body=None), NOW_MS)
    assert list(tracing.replicas[0]) == ["node", "id", "state", "ttl", "nacks", "additional_deliveries"]
    assert tracing.record([], NOW_MS)["state"] == "acked"


def test_a_job_that_any_node_knows_to_be_acknowledged_is_whoever_answers_first():
    seen = {A: copy(), B: copy(queue=None, state=b"acked", body=None)}
    for order in ((A, B), (B, A)):
        tracing = JobTrace(ID, {A: "a:1", B: "b:1"}, Clocks())
        for node_id in order:
            tracing.add(node_id, seen[node_id], NOW_MS)
        assert tracing.record([], NOW_MS)["state"] == "acked"


def test_an_id_tells_its_maker_ttl_and_delivery():
    assert told_by_id(OTHER, {A: "a:1"})["created_by"] == "bbbbbbbb"
    assert told_by_id(ID, {})["ttl_minutes"] == 1440
    assert told_by_id(ID[:-1] + b"0", {})["delivery"] == "at most once"
    assert told_by_id(b"x", {}) == {"created_by": None, "ttl_minutes": None, "delivery": None}


# Nodes


def test_what_nodes_say_of_one_another():
    assert agreed({}) is None
    assert agreed({"a:1": "ok", "b:1": "ok"}) == "ok"
    assert list(agreed({"b:1": 1, "a:1": 100}).items()) == [("a:1", 100), ("b:1", 1)]
    assert state_of_flags({"flags": ["noflags"], "link": "connected"}) == "ok"
    assert state_of_flags({"flags": ["noflags"], "link": "disconnected"}) == "not linked"
    assert state_of_flags({"flags": ["myself", "fail", "leaving"], "link": "x"}) == "failing, leaving"
    assert (
        state_of_flags({"flags": ["handshake", "noaddr"], "link": "connected"}) == "meeting, without address"
    )


def test_a_node_tells_of_itself_what_its_info_has():
    view = NodeView(A, "a:1")
    assert {name for name, value in view.record().items() if value is not None} == {
        "id",
        "address",
        "answers",
        "health",
    }
    view.info = {
        "server": {"disque_version": "1.0", "uptime_in_seconds": 1},
        "clients": {"connected_clients": 2, "blocked_clients": 3},
        "memory": {"used_memory": 4},
        "jobs": {"registered_jobs": 5},
        "queues": {"registered_queues": 6},
        "persistence": {"aof_state": "on"},
    }
    view.skew_ms = 7.6
    record = view.record()
    assert tuple(record) == NODE_FIELDS
    assert [record[name] for name in ("version", "uptime", "clients", "blocked")] == ["1.0", 1, 2, 3]
    assert [record[name] for name in ("used_memory", "jobs", "queues", "aof")] == [4, 5, 6, "on"]
    assert (record["id"], record["clock_skew"]) == (A[:8], 8)


@pytest.mark.parametrize(
    ("used", "limit", "more", "health"),
    [
        (94, 100, {}, "no copies"),
        (95, 100, {}, "full"),
        (74, 100, {}, "ok"),
        (75, 100, {}, "no copies"),
        (0, 0, {}, "no copies"),
        (0, 100, {"leaving": True}, "leaving"),
        (80, 100, {"leaving": True}, "leaving"),
        (95, 100, {"leaving": True}, "full"),
        (95, 100, {"seen": {"b:1": "ok", "c:1": "possibly failing"}}, "failing"),
        (0, 100, {"seen": {"b:1": "not linked"}}, "failing"),
        (0, 100, {"aof": "err"}, "aof error"),
        (0, 100, {"aof": "err", "answers": False}, "down"),
    ],
)
def test_the_health_of_a_node_is_the_worst_that_is_wrong(used, limit, more, health):
    view = NodeView(A, "a:1")
    view.answers = more.get("answers", True)
    view.info = {
        "memory": {"used_memory": used},
        "persistence": {"aof_last_write_status": more.get("aof", "ok"), "aof_last_bgrewrite_status": "ok"},
    }
    view.maxmemory = limit
    view.leaving = more.get("leaving", False)
    view.seen = more.get("seen", {})
    assert view.record()["health"] == health
