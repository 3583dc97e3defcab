"""What becomes of a line of a dump: its times, replicas and queue, and lines that are not sent."""

import json

import pytest

from disquectl.bulk.batches import WrongInput
from disquectl.bulk.load_batches import LoadBatcher
from disquectl.bulk.load_plan import LoadPlan
from disquectl.protocol.resp import NEED_DATA, Parser
from disquectl.spec.selection import Selection

NOW = 1_800_000_000.0
CREATED = "2027-01-15T07:50:00.500Z"  # 599.5 s before
ID = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


def line(**fields):
    whole = {"id": ID, "queue": "q", "body": "b", "created": CREATED, "ttl": 3600, "retry": 60}
    return json.dumps(whole | {"replicate": 3, "state": "queued"} | fields).encode()


def plan_of(most_replicas=3, **values):
    plan = LoadPlan(values, Selection(values), 5000)
    plan.most_replicas = most_replicas
    return plan


def planned(text, most_replicas=3, **values):
    return plan_of(most_replicas, **values).read(text, 7, NOW)


def words_of(request):
    parser = Parser()
    parser.feed(request)
    words = parser.next_value()
    assert parser.next_value() is NEED_DATA
    return words


def test_the_request_of_a_line():
    plan = plan_of()
    one = plan.read(line(body="\u202e\x00", queue="q\n"), 1, NOW)
    words = [b"ADDJOB", b"q\n", "\u202e\0".encode(), b"5000"]
    words += [b"REPLICATE", b"3", b"RETRY", b"60", b"TTL", b"3001"]
    assert words_of(one.request()) == words


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({}, {"ttl": 3001, "delay": None}),
        ({"delay": 600, "state": "delayed"}, {"ttl": 3001, "delay": 1}),
        ({"delay": 599, "state": "delayed"}, {"ttl": 3001, "delay": None}),
        ({"delay": 700, "state": "delayed"}, {"ttl": 3001, "delay": 101}),
        ({"delay": 700, "state": None}, {"ttl": 3001, "delay": 101}),
        # Its delay was ended early.
        ({"delay": 700, "state": "queued"}, {"ttl": 3001, "delay": None}),
        ({"delay": 700, "state": "in-flight"}, {"ttl": 3001, "delay": None}),
        ({"delay": 700, "ttl": 701, "state": "delayed"}, {"ttl": 102, "delay": 101}),
        ({"ttl": 600}, {"ttl": 1, "delay": None}),
        ({"ttl": None, "expires": "2027-01-15T08:00:10Z"}, {"ttl": 10, "delay": None}),
        ({"ttl": None}, {"ttl": None, "delay": None}),
        ({"created": None, "delay": 5, "state": None}, {"ttl": 3600, "delay": 5}),
        # Changed by hand: the TTL goes before the time that was worked out from it.
        ({"ttl": 7200, "expires": CREATED}, {"ttl": 6601, "delay": None}),
    ],
)
def test_times_count_from_the_creation(fields, left):
    options = planned(line(**fields)).options
    assert {name: options.get(name) for name in left} == left


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({}, {"ttl": 3600, "delay": None}),
        ({"ttl": 10, "delay": 5}, {"ttl": 10, "delay": 5}),
        ({"ttl": None, "expires": "2027-01-15T07:51:00.500Z"}, {"ttl": 60, "delay": None}),
    ],
)
def test_times_count_from_now_with_renew(fields, left):
    options = planned(line(**fields), renew=True).options
    assert {name: options.get(name) for name in left} == left


def test_options_override_the_times_of_the_job():
    options = planned(line(delay=700), ttl=90, delay=3, retry=0, **{"async": True}).options
    assert options == {"ttl": 90, "delay": 3, "retry": 0, "async": True, "replicate": 1}


def test_an_expired_job_is_skipped():
    for fields in ({"ttl": 599}, {"ttl": None, "expires": CREATED}):
        one = planned(line(**fields), ttl=1000)
        assert (one.kind, one.reason) == ("skipped", "expired")
    assert planned(line(ttl=599), renew=True).kind is None


@pytest.mark.parametrize(
    ("fields", "most", "values", "replicas"),
    [
        ({}, 3, {}, 3),
        ({}, 2, {}, 2),
        ({"replicate": 1}, 3, {}, 1),
        ({"replicate": 5}, 9, {}, 5),
        ({"replicate": None}, 9, {}, 3),
        ({"retry": 0, "replicate": 1}, 3, {}, 1),
        ({}, 3, {"retry": 0}, 1),
        ({}, 2, {"replicate": 3}, 3),
    ],
)
def test_replicas(fields, most, values, replicas):
    assert planned(line(**fields), most, **values).addition.replicas == replicas


def test_fewer_replicas_than_a_job_had_are_noted_and_lowered_once_for_all_refusals():
    plan = plan_of(3)
    one = plan.read(line(), 1, NOW)
    assert not plan.was_reduced
    for _ in range(3):
        plan.limit_replicas(one.addition.replicas - 1)
    assert plan.read(line(), 2, NOW).addition.replicas == 2
    assert plan.was_reduced
    exact = plan_of(3, replicate=3)
    exact.limit_replicas(2)
    assert exact.read(line(), 1, NOW).addition.replicas == 3


def test_queues():
    assert planned(line(), to=b"other").queue == b"other"
    assert planned(line(), to_prefix=b"old:").queue == b"old:q"
    assert planned(b'{"body":"b"}', to=b"other").queue == b"other"
    assert planned(b'{"body":"b"}').message == "not a job: no queue in the line, and no --to"


@pytest.mark.parametrize(
    ("fields", "values", "is_meant"),
    [
        ({}, {"queue": (b"q",), "to": b"x"}, True),
        ({}, {"queue": (b"x",), "to": b"x"}, False),
        ({"state": "delayed"}, {"state": ("queued",)}, False),
        ({}, {"older_than": 599_000}, True),
        ({}, {"older_than": 600_000}, False),
        ({}, {"newer_than": 599_000}, False),
        ({}, {"ttl_below": 3_000_000}, False),
        ({}, {"ttl_below": 3_001_000}, True),
        ({"nacks": 2}, {"nacks_over": 1}, True),
        ({"nacks": 2}, {"nacks_over": 2}, False),
        ({"additional_deliveries": 2}, {"deliveries_over": 1}, True),
        ({}, {"deliveries_over": 1}, False),
        ({}, {"contains": b"b"}, True),
        ({}, {"contains": b"c"}, False),
        ({}, {"created_by": b"DCB8"}, True),
        ({}, {"created_by": b"1"}, False),
        ({"id": None}, {"created_by": b"1"}, False),
        ({"id": None}, {}, True),
        ({"created": None}, {"newer_than": 1000}, True),
        ({"created": None}, {"older_than": 1000}, False),
    ],
)
def test_the_selection_is_of_the_jobs_of_the_file(fields, values, is_meant):
    assert (planned(line(**fields), **values).kind is None) is is_meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"nonsense", "not JSON from character 1 on: nonsense"),
        (b"[]", "a JSON array where one object per line is expected (`jq -c '.[]'` writes them so)"),
        (line(body=None), "no body"),
        (line(ttl="x"), "ttl must be a whole number from 1 to 4294967295"),
        (line(id=5), "id is not a string"),
        (line(state=[]), "state is not a string"),
        (line(nacks="1"), "nacks or additional_deliveries is not a number"),
        (line(additional_deliveries=True), "nacks or additional_deliveries is not a number"),
        (line(created="yesterday"), "created is not a time: 'yesterday'"),
        (line(created=5), "created is not a time: 5"),
        (line(color="red"), "unknown key 'color'"),
        (line(created="2105-12-31T00:00:00Z", ttl=86400 * 365), "its TTL ends after 2106-02-07"),
        (None, "the line is longer than 512 MB"),
    ],
)
def test_a_line_that_is_no_job(text, reason):
    one = planned(text)
    assert (one.kind, one.reason) == ("left", "not a job")
    assert one.message.startswith(f"not a job: {reason}")


def test_a_document_of_several_lines_is_refused_as_a_whole():
    with pytest.raises(WrongInput, match="line 7: the JSON spans several lines"):
        planned(b"[")


def batches(lines, size=4, in_order=False, skip=0, **values):
    batcher = LoadBatcher(plan_of(**values), size=size, in_order=in_order, skip=skip, clock=lambda: NOW)
    found = list(batcher.batches(lines))
    assert batcher.number == len(lines)
    return [([one.number for one in batch.tag], len(batch.left), batch.in_order) for batch in found]


def test_lines_that_are_not_sent_stay_between_their_neighbours():
    lines = [line(), b"nonsense", b"", line(ttl=1), line(), line()]
    assert batches(lines) == [([1, 2, 4], 1, False), ([5, 6], 2, False)]


def test_what_waits_for_no_replication_keeps_its_order():
    lines = [line(), line(replicate=1), b"nonsense", line(replicate=1), line()]
    assert batches(lines) == [([1], 1, False), ([2, 3, 4], 2, True), ([5], 1, False)]
    assert batches(lines, in_order=True) == [([1, 2, 3, 4], 3, True), ([5], 1, True)]
    assert batches([line(), line()], size=1, **{"async": True}) == [([1], 1, True), ([2], 1, True)]


def test_skip_counts_lines_of_all_kinds():
    assert batches([b"", b"nonsense", line(), line()], skip=3) == [([4], 1, False)]
    assert batches([line()], skip=5) == []


def test_jobs_that_the_cluster_knows_are_skipped_and_only_valid_ids_are_looked_up():
    other = ID.replace("8YL", "9YL")
    asked = []

    def known(ids):
        asked.append(ids)
        return {other.encode()}

    batcher = LoadBatcher(plan_of(), known, clock=lambda: NOW)
    lines = [line(), line(id=other), line(id="x"), line(id=None), line(ttl=1)]
    planned = batcher.planned(lines)
    assert [(one.kind, one.reason) for one in planned[1:4]] == [
        ("skipped", "still known"),
        (None, ""),
        (None, ""),
    ]
    assert asked == [[ID.encode(), other.encode()]]
