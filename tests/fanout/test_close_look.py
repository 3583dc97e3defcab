"""What is seen of an opened queue or job: bounded, and of this queue alone."""

from __future__ import annotations

from types import SimpleNamespace

from disquectl.fanout import close_look
from disquectl.fanout.close_look import JobLook, QueueLook
from disquectl.merge.clocks import Clocks
from disquectl.merge.replicas import NAMES
from tests.merge.test_job_estimate import replica

NODE = SimpleNamespace(node_id="a" * 40)
NAMES_OF_NODES = {"a" * 40: "n:1"}


def shown(number, state=b"queued", body=b"hello", **more):
    found = replica(number, state, **more)
    found[29] = body
    return found


def ids_of(look):
    return [record["id"].encode() for record in look.records(NAMES_OF_NODES, [])]


def test_queued_jobs_are_peeked_and_shown_once():
    look = QueueLook(b"q", Clocks())
    assert look.requests() == [[b"QPEEK", b"q", b"40"]]
    job = shown(1)
    more = look.take(NODE, [b"QPEEK", b"q", b"40"], [[b"q", job[1], b"hello"]])
    assert more == [[b"SHOW", job[1]]]
    assert look.take(NODE, more[0], job) == []
    (record,) = look.records(NAMES_OF_NODES, [])
    assert (record["id"].encode(), record["state"], record["body"]) == (job[1], "queued", b"hello")
    assert record["holders"] == ["n:1"]
    look.requests()
    assert ids_of(look) == [job[1]]  # it is shown until the next reply
    assert look.take(NODE, [b"QPEEK", b"q", b"40"], [[b"q", job[1], b"hello"]]) == []
    look.requests()
    look.take(NODE, [b"QPEEK", b"q", b"40"], [])
    look.requests()
    assert ids_of(look) == []


def test_a_reply_about_another_queue_is_left_alone():
    look = QueueLook(b"q", Clocks())
    look.requests()
    assert look.take(NODE, [b"QPEEK", b"other", b"40"], [[b"other", shown(1)[1], b"x"]]) == []


def test_large_bodies_are_asked_for_less_and_not_kept():
    look = QueueLook(b"q", Clocks())
    look.requests()
    job = shown(1, body=b"x" * 300_000)
    look.take(NODE, [b"QPEEK", b"q", b"40"], [[b"q", job[1], job[29]]])
    look.take(NODE, [b"SHOW", job[1]], job)
    assert look.requests() == [[b"QPEEK", b"q", b"20"]]
    assert len(look.records(NAMES_OF_NODES, [])[0]["body"]) <= 80
    one = JobLook(job[1], Clocks())
    assert one.requests()
    one.take(NODE, [b"SHOW", job[1]], job)
    assert [bool(one.requests()) for _ in range(10)] == [False] * 9 + [True]


def test_scans_add_jobs_in_other_states_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(close_look, "SCANNED", 5)
    look = QueueLook(b"q", Clocks())
    page = [shown(number, b"active") for number in range(20)]
    page += [shown(99, b"active", queue=b"other"), shown(98, b"queued")]
    look.see_page("a" * 40, page, 0.0)
    look.see_page("b" * 40, page[:3], 0.0)
    look.pass_ended()
    records = look.records(NAMES_OF_NODES, [])
    assert len(records) == 5
    assert {record["state"] for record in records} == {"in-flight"}
    look.pass_ended()
    assert ids_of(look) == []


def test_a_job_at_every_node_and_one_that_is_gone():
    job = shown(1, body=b"{}")
    look = JobLook(job[1], Clocks())
    assert look.records(NAMES_OF_NODES, []) == []
    look.take(NODE, [b"SHOW", job[1]], job)
    (record,) = look.records(NAMES_OF_NODES, [])
    assert (record["state"], len(record["copies"])) == ("queued", 1)
    look.take(NODE, [b"SHOW", job[1]], None)
    assert look.records(NAMES_OF_NODES, [])[0]["copies"] == []
    assert job[0::2] == [*NAMES]
