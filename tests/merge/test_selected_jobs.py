"""The jobs that a pass found: the same as `Jobs` makes of the same replicas, chosen, counted and in order."""

from __future__ import annotations

import tracemalloc
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.errors import NotDisque
from disquectl.merge.clocks import Clocks
from disquectl.merge.jobs import Jobs
from disquectl.merge.replicas import NAMES as FIELDS
from disquectl.merge.selected_jobs import JobTable, by_key
from disquectl.spec.selection import STATES, Selection

NODES = ("a" * 40, "b" * 40, "c" * 40)
NOW_MS = 1_700_000_100_000.0
MADE_NS = 1_700_000_000 * 10**9
EVERY_STATE = frozenset(STATES)


def job_id(number, maker="a"):
    return b"D-%s-%024d-05a1" % (maker.encode() * 8, number)


def replica(number=0, **values):
    """A replica as a node gives it: created 100 seconds ago, active, to return in 30 seconds."""
    given_values = {"id": job_id(number), "queue": b"q", "state": b"active", "repl": 2, "ttl": 1000}
    given_values |= {"ctime": MADE_NS, "delay": 0, "retry": 60, "nacks": 0, "additional-deliveries": 0}
    given_values |= {"nodes-delivered": [], "nodes-confirmed": [], "next-requeue-within": 30_000}
    given_values |= {"next-awake-within": 29_500, "body": b"x"}
    given_values |= {name.replace("_", "-"): value for name, value in values.items()}
    return [part for name in FIELDS for part in (name, given_values[name.decode()])]


def table_of(*held, selection=None, start_ms=NOW_MS, clocks=None):
    """A table with these replicas: (node ID, replica) each."""
    table = JobTable(selection or Selection({}), clocks or Clocks(), start_ms)
    for node_id, one in held:
        table.add(node_id, [one], NOW_MS)
    return table


def chosen(table, wanted=EVERY_STATE, **how):
    return [one.job_id for one in table.choose(wanted, 0, NOW_MS).jobs(**how)]


replicas = st.builds(
    replica,
    st.integers(0, 4),
    queue=st.just(b"q"),
    state=st.sampled_from([b"active", b"queued", b"acked", b"wait-repl"]),
    delay=st.sampled_from([0, 0, 130, 160]),
    ttl=st.integers(0, 100),
    nacks=st.integers(0, 2),
    additional_deliveries=st.integers(0, 2),
    nodes_delivered=st.lists(st.sampled_from([node.encode() for node in NODES]), unique=True),
    next_requeue_within=st.sampled_from([None, 30_000, 60_000, 90_000]),
    next_awake_within=st.sampled_from([29_500, 30_000, 60_000]),
)


@given(
    st.lists(st.tuples(st.sampled_from(NODES[:2]), replicas), max_size=12),
    st.booleans(),
)
def test_a_table_says_of_jobs_what_jobs_says(held, third_is_missing):
    jobs, table = Jobs(Clocks()), table_of()
    for node_id, one in held:
        jobs.add(node_id, [one], NOW_MS)
        table.add(node_id, [one], NOW_MS)
    missing = table.bits.of(NODES[2]) if third_is_missing else 0
    of_jobs = jobs.bits.of(NODES[2]) if third_is_missing else 0
    names = {jobs.bits.of(node_id): node_id for node_id in NODES}
    records = {one: jobs.record(one, of_jobs, NOW_MS, names) for one in jobs.found}
    choice = table.choose(EVERY_STATE, missing, NOW_MS)
    found = list(choice.jobs())
    assert len(choice) == len(found) == len(table) == len(records)
    assert sum(choice.counts.values()) == len(records)
    for one in found:
        record = records[one.job_id]
        assert (one.queue, one.state) == (record["queue"], record["state"])
        assert (one.replicas.nacks, one.replicas.deliveries) == (
            record["nacks"],
            record["additional_deliveries"],
        )
        assert {n for n in NODES if table.bits.of(n) & one.replicas.holders} == set(record["holders"])
        assert int(one.age_ms / 1000) == record["age"]
    for state in STATES:
        of_state = [one for one in records if records[one]["state"] == state]
        assert choice.counts.get((b"q", state), 0) == len(of_state)
        of_table = [one.job_id for one in table.choose({state}, missing, NOW_MS).jobs()]
        assert sorted(of_table) == sorted(of_state)


def test_replicas_are_merged_and_kept_once_for_jobs_that_are_alike():
    held = [(node, replica(n, state=b"queued")) for n in range(50) for node in NODES]
    table = table_of(*held)
    jobs = list(table.choose(EVERY_STATE, 0, NOW_MS).jobs())
    assert len(jobs) == 50
    assert len({id(one.replicas) for one in jobs}) == 1
    assert jobs[0].replicas.holders == jobs[0].replicas.queued_at == sum(map(table.bits.of, NODES))


def test_where_a_job_is_queued_and_where_it_may_be():
    table = table_of(
        (NODES[0], replica(state=b"queued", nodes_delivered=[NODES[0].encode(), NODES[1].encode()])),
        (NODES[2], replica(retry=0, nacks=3)),
    )
    (one,) = table.choose(EVERY_STATE, 0, NOW_MS).jobs()
    of = table.bits.of
    assert one.replicas.queued_at == of(NODES[0])
    assert one.replicas.holders == of(NODES[0]) | of(NODES[2])
    assert one.replicas.delivered == of(NODES[0]) | of(NODES[1])
    assert (one.replicas.is_once, one.replicas.nacks) == (False, 3)
    (other,) = table_of((NODES[0], replica(retry=0))).choose(EVERY_STATE, 0, NOW_MS).jobs()
    assert other.replicas.is_once


def test_the_counts_are_of_all_states_and_the_jobs_of_those_that_were_asked_for():
    table = table_of(
        (NODES[0], replica(0, state=b"queued")),
        (NODES[0], replica(1, state=b"queued", queue=b"r")),
        (NODES[0], replica(2)),
    )
    choice = table.choose({"queued"}, 0, NOW_MS)
    assert choice.counts == {(b"q", "queued"): 1, (b"r", "queued"): 1, (b"q", "in-flight"): 1}
    assert [one.job_id for one in choice.jobs()] == [job_id(0), job_id(1)]


def test_a_job_that_a_missing_node_may_have_queued_is_unknown():
    table = table_of((NODES[0], replica(nodes_delivered=[NODES[1].encode()])))
    assert table.choose(EVERY_STATE, 0, NOW_MS).counts == {(b"q", "in-flight"): 1}
    missing = table.bits.of(NODES[1])
    assert table.choose(EVERY_STATE, missing, NOW_MS).counts == {(b"q", "unknown"): 1}


def test_jobs_created_after_the_start_are_left_out_by_the_clock_of_their_maker():
    clocks = Clocks()
    clocks.add(NODES[0], 60_000.0)  # ahead
    clocks.add(NODES[1], -60_000.0)
    start_ns = int(NOW_MS) * 10**6
    minute, second = 60 * 10**9, 10**9
    table = table_of(
        (NODES[2], replica(id=job_id(0, "a"), ctime=start_ns + minute - second)),  # a second before
        (NODES[2], replica(id=job_id(1, "a"), ctime=start_ns + minute + second)),  # after the start
        (NODES[2], replica(id=job_id(2, "b"), ctime=start_ns - minute - second)),
        (NODES[2], replica(id=job_id(3, "b"), ctime=start_ns - minute + second)),
        (NODES[2], replica(id=job_id(4, "c"), ctime=start_ns)),
        (NODES[2], replica(id=job_id(5, "c"), ctime=start_ns + 10**6)),
        clocks=clocks,
    )
    assert sorted(chosen(table)) == [job_id(0, "a"), job_id(2, "b"), job_id(4, "c")]


def test_numbers_are_tested_on_all_replicas_together():
    selection = Selection({"nacks_over": 1, "ttl_below": 500_000})
    held = ((NODES[0], replica(nacks=0, ttl=400)), (NODES[1], replica(nacks=2, ttl=400)))
    assert len(table_of(*held, selection=selection).choose(EVERY_STATE, 0, NOW_MS)) == 1
    assert not table_of(held[0], selection=selection).choose(EVERY_STATE, 0, NOW_MS).counts


def test_known_jobs_are_returned_and_not_added():
    table = table_of()
    page = [replica(0), replica(1), replica(2)]
    assert table.add(NODES[0], page, NOW_MS, {job_id(1)}) == [job_id(1)]
    assert sorted(chosen(table)) == [job_id(0), job_id(2)]


def test_age_and_ttl_run_on():
    table = table_of((NODES[0], replica(ttl=1000)))
    (one,) = table.choose(EVERY_STATE, 0, NOW_MS + 5_000).jobs()
    assert (one.age_ms, one.ttl_ms) == (105_000, 995_000)


def test_a_page_of_another_form_is_not_disque():
    for wrong in (replica(state=b"new"), replica(state=b"active", delay=b"x"), replica()[:4]):
        with pytest.raises(NotDisque):
            table_of((NODES[0], wrong))


def test_oldest_first_or_newest_first():
    table = table_of(*((NODES[0], replica(n, ctime=MADE_NS + (n * 7 % 10))) for n in range(10)))
    by_age = sorted(range(10), key=lambda n: n * 7 % 10)
    assert chosen(table) == [job_id(n) for n in by_age]
    assert chosen(table, newest=True) == [job_id(n) for n in reversed(by_age)]
    assert chosen(table, limit=3) == [job_id(n) for n in by_age[:3]]
    assert chosen(table, limit=3, newest=True) == [job_id(n) for n in by_age[:-4:-1]]
    assert chosen(table, limit=0) == []


@given(
    st.lists(st.integers(-(2**40), 2**40) | st.integers(0, 3), max_size=300),
    st.none() | st.integers(0, 310),
    st.booleans(),
)
def test_indices_are_ordered_by_their_keys(keys, limit, largest):
    found = list(by_key(array("L", range(len(keys))), array("q", keys), limit, largest))
    assert len(set(found)) == len(found)
    assert [keys[index] for index in found] == sorted(keys, reverse=largest)[:limit]


def test_many_indices_are_ordered_in_parts():
    count = 40_000
    keys = array("q", ((n * 7919) % count for n in range(count)))
    for largest in (False, True):
        found = by_key(array("L", range(count)), keys, None, largest)
        assert [keys[index] for index in found] == sorted(keys, reverse=largest)


def test_the_memory_of_a_job():
    """While the scan runs, while the jobs are chosen, and while they are acted on."""
    count = 40_000
    table = table_of()
    tracemalloc.start()
    try:
        for at in range(0, count, 100):
            page = [replica(n, body=b"x" * 1_000, ctime=MADE_NS - n) for n in range(at, at + 100)]
            table.add(NODES[0], page, NOW_MS)
        scanned = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        choice = table.choose(EVERY_STATE, 0, NOW_MS)
        chosen_peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        found = sum(1 for _ in choice.jobs())
        acting_peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(table), found) == (count, count)
    assert scanned / count < 140
    assert chosen_peak / count < 160
    assert acting_peak / count < 135
