"""Where jobs are acknowledged: only at nodes that have them, and at every node that gave them."""

from __future__ import annotations

import pytest

from disquectl.client.address import Node
from disquectl.errors import ReplyError
from disquectl.worker.backoff import Backoff
from disquectl.worker.job import Failure, Job, Request
from disquectl.worker.lifecycle import JobLifecycle
from disquectl.worker.plan import Plan
from disquectl.worker.remembered import Remembered
from tests.worker.job_replies import CREATED, ID, shown

A, B, C = (Node("127.0.0.1", port) for port in (7711, 7712, 7713))
OLD = "D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-0001"


class Cluster:
    """Three nodes, up or down, and the state of the job at each; ACKJOB must be right for that."""

    def __init__(self, **states):
        self.lifecycle = JobLifecycle(
            Plan((b"true",), ((b"q", 1),), Backoff(10.0)), lambda: 0.0, lambda: (A, B, C)
        )
        self.states = {A: b"active", B: None, C: None} | {
            globals()[name]: one for name, one in states.items()
        }
        self.listed = []
        self.down = set()
        self.acknowledged_at = []
        self.now = 0.0

    def take(self, home=A, job_id=ID, deliveries=0):
        job = Job(job_id, b"q", b"body", 0, deliveries, home)
        self.is_run = self.lifecycle.take(job, self.now)
        return job

    def lose(self, *nodes):
        """Their connections break, and they do not come back."""
        self.down |= set(nodes)
        for node in nodes:
            self.lifecycle.lost([], False, node)

    def run(self):
        """Answer what is asked until nothing is."""
        for _ in range(20):
            requests = self.lifecycle.requests()
            if not requests:
                return
            for request in requests:
                if request.node in self.down:
                    self.lifecycle.lost([request], True)
                else:
                    self.lifecycle.answered(request, self.reply(request), self.now)
        raise AssertionError("it never ends to ask")

    def reply(self, request):
        state = self.states[request.node]
        verb = request.words[0]
        if verb == b"ACKJOB":
            assert state not in (None, b"wait-repl"), f"{request.node} ends at this"
            self.acknowledged_at.append(request.node)
            self.states[request.node] = b"acked"
            return 1
        if state is None:
            return ReplyError("NOJOB Job not known") if verb == b"WORKING" else None
        return {b"WORKING": 30, b"NACK": 1, b"TIME": [b"%d" % CREATED, b"0"]}.get(
            verb, [*shown(self.now, state=state), b"nodes-delivered", self.listed]
        )

    def at(self, now):
        self.now = now
        self.lifecycle.tick(now)
        self.run()

    def events(self):
        found = [(event.kind, event.why) for event in self.lifecycle.events]
        self.lifecycle.events.clear()
        return found


def test_at_the_node_that_gave_it_and_nowhere_else():
    cluster = Cluster(B=b"active")
    cluster.lifecycle.succeeded(cluster.take())
    cluster.run()
    assert cluster.acknowledged_at == [A]
    assert not cluster.lifecycle.busy


def test_where_that_is_gone_at_every_other_that_has_it_and_there_when_it_is_back():
    cluster = Cluster(B=b"active")
    job = cluster.take()
    cluster.run()
    cluster.lose(A)
    cluster.lifecycle.succeeded(job)
    cluster.run()
    assert cluster.acknowledged_at == [B]
    assert not cluster.lifecycle.busy
    assert cluster.lifecycle.jobs == {}
    cluster.at(2)
    cluster.down.clear()
    cluster.at(4)
    assert cluster.acknowledged_at == [B, A]
    cluster.lifecycle.close()
    assert cluster.events() == []
    assert cluster.lifecycle.next_deadline > 1000


def test_at_the_end_what_could_not_be_acknowledged_is_told():
    cluster = Cluster(B=b"active")
    job = cluster.take()
    cluster.run()
    cluster.lose(A)
    cluster.lifecycle.succeeded(job)
    cluster.run()
    cluster.lifecycle.close()
    ((event, why),) = cluster.events()
    assert event == "not acknowledged"
    assert "127.0.0.1:7711" in why


def test_a_job_that_no_node_took_the_acknowledgement_of_is_left():
    cluster = Cluster()
    job = cluster.take()
    cluster.run()
    cluster.lose(A)
    cluster.lifecycle.succeeded(job)
    cluster.run()
    assert cluster.lifecycle.busy
    cluster.at(30)  # the grace time is over
    assert not cluster.lifecycle.busy
    cluster.lifecycle.close()
    assert [event for event, _ in cluster.events()] == ["left"]
    assert cluster.lifecycle.jobs == {}


@pytest.mark.parametrize("state", [None, b"acked"])
def test_a_node_that_came_back_without_the_job_is_not_sent_an_acknowledgement(state):
    cluster = Cluster()
    job = cluster.take()
    cluster.run()
    cluster.lifecycle.lost([], False, A)
    cluster.states[A] = state
    cluster.lifecycle.succeeded(job)
    cluster.run()
    assert cluster.acknowledged_at == []
    assert not cluster.lifecycle.busy


def test_near_the_end_of_the_ttl_the_node_is_looked_at_first():
    cluster = Cluster()
    job = cluster.take(job_id=OLD)
    cluster.run()
    cluster.now = 2.0
    cluster.states[A] = None
    cluster.lifecycle.tick(2.0)
    cluster.lifecycle.succeeded(job)
    cluster.run()
    assert cluster.acknowledged_at == []
    late = cluster.take()
    late.too_late = True
    cluster.lifecycle.succeeded(late)
    cluster.run()
    assert cluster.acknowledged_at == []


def test_what_was_acknowledged_and_comes_again_is_acknowledged_everywhere_and_not_run():
    cluster = Cluster(B=b"active", C=b"active")
    cluster.lifecycle.succeeded(cluster.take())
    cluster.run()
    cluster.states |= {A: b"active", B: b"wait-repl"}
    cluster.take(C, deliveries=1)
    assert not cluster.is_run
    cluster.run()
    assert cluster.acknowledged_at == [A, C, A]
    assert [event for event, _ in cluster.events()] == ["already done"]
    assert cluster.lifecycle.jobs == {}


def test_it_is_remembered_only_once_that_was_answered():
    cluster = Cluster()
    job = cluster.take()
    cluster.run()
    cluster.lifecycle.succeeded(job)
    assert ID not in cluster.lifecycle._acknowledge.remembered
    cluster.run()
    assert ID in cluster.lifecycle._acknowledge.remembered


def test_a_job_that_another_node_gave_meanwhile_is_acknowledged_at_both():
    cluster = Cluster(C=b"active")
    job = cluster.take(A)
    cluster.run()
    cluster.take(C, deliveries=1)
    assert not cluster.is_run
    cluster.lifecycle.succeeded(job)
    cluster.run()
    assert set(cluster.acknowledged_at) == {A, C}
    assert not cluster.lifecycle.busy


def test_a_job_that_another_node_gave_while_it_is_acknowledged_is_acknowledged_there_too():
    cluster = Cluster(C=b"active")
    job = cluster.take(A)
    cluster.run()
    cluster.lifecycle.succeeded(job)
    (acknowledgement,) = cluster.lifecycle.requests()
    cluster.take(C, deliveries=1)
    cluster.run()
    cluster.lifecycle.answered(acknowledgement, cluster.reply(acknowledgement), 0.0)
    cluster.run()
    assert set(cluster.acknowledged_at) == {A, C}
    assert not cluster.lifecycle.busy
    assert cluster.lifecycle.jobs == {}


def test_a_refused_acknowledgement_is_sent_again():
    cluster = Cluster()
    job = cluster.take()
    cluster.run()
    cluster.lifecycle.succeeded(job)
    (request,) = cluster.lifecycle.requests()
    cluster.lifecycle.answered(request, ReplyError("MISCONF Errors writing to the AOF file"), 0.0)
    cluster.run()
    assert cluster.acknowledged_at == []
    cluster.at(1)
    assert cluster.acknowledged_at == [A]
    assert not cluster.lifecycle.busy


def test_working_goes_to_the_others_while_the_node_of_a_job_is_gone():
    cluster = Cluster(B=b"active")
    job = cluster.take()
    cluster.run()
    cluster.lose(A)
    cluster.lifecycle.tick(10)
    asked = cluster.lifecycle.requests()
    assert [(request.words[0], request.node) for request in asked] == [(b"WORKING", A)]
    cluster.lifecycle.lost(asked, True)
    asked = cluster.lifecycle.requests()
    assert [(request.words[0], request.node) for request in asked] == [(b"WORKING", B), (b"WORKING", C)]
    for request in asked:
        cluster.lifecycle.answered(request, cluster.reply(request), 10.0)
    assert cluster.events() == []  # C does not know it, which says nothing
    assert job.working_at == 20


def test_a_nack_waits_for_the_node_that_gave_the_job_for_one_retry_time():
    cluster = Cluster(B=b"active")
    job = cluster.take()
    cluster.run()
    cluster.lifecycle.failed(job, Failure(1, None, b"", CREATED))
    cluster.run()
    assert [event for event, _ in cluster.events()] == ["failed"]
    cluster.lose(A)
    for now in (10, 20, 39):
        cluster.at(now)
        assert cluster.lifecycle.held.total() == 1
    cluster.at(41)
    assert [event for event, _ in cluster.events()] == ["left"]
    assert cluster.lifecycle.held.total() == 0


def test_how_long_a_job_may_live_is_asked_elsewhere_while_its_node_is_gone():
    cluster = Cluster(C=b"active")
    job = cluster.take()
    cluster.run()
    cluster.lose(A)
    cluster.lifecycle.failed(job, Failure(1, None, b"", CREATED))
    cluster.run()
    assert [event for event, _ in cluster.events()] == ["failed"]


def test_a_letter_goes_to_another_node_where_the_first_does_not_answer():
    cluster = Cluster(B=b"active")
    job = cluster.take()
    cluster.run()
    job.nacks = 25
    cluster.lifecycle.failed(job, Failure(1, None, b"", CREATED))
    cluster.lose(A)
    cluster.run()
    assert [event for event, _ in cluster.events()] == ["letter refused"]
    cluster.lifecycle.tick(1.0)
    cluster.lifecycle.lost(cluster.lifecycle.requests(), True)
    sent = cluster.lifecycle.requests()
    for request in sent:
        cluster.lifecycle.answered(request, cluster.reply(request), 1.0)
    (hello,) = cluster.lifecycle.requests()
    assert (hello.words, hello.node) == ((b"HELLO",), B)


def test_a_replica_that_nobody_lists_is_acknowledged_too():
    """It is left where a job was on its way from one node to another."""
    ids = {A: "a", B: "b", C: "c"}
    cluster = Cluster(B=b"active", C=b"active")
    cluster.lifecycle = JobLifecycle(
        Plan((b"true",), ((b"q", 1),), Backoff(10.0)), lambda: 0.0, lambda: (A, B, C), ids.__getitem__
    )
    cluster.listed = [b"a", b"b"]
    cluster.lifecycle.succeeded(cluster.take())
    for request in cluster.lifecycle.requests():
        cluster.lifecycle.answered(request, cluster.reply(request), 0.0)
    assert cluster.lifecycle.jobs == {}
    assert cluster.lifecycle.busy  # it does not end before they have answered, unless that takes long
    cluster.run()
    assert cluster.acknowledged_at == [A, C]  # Disque itself tells B
    assert not cluster.lifecycle.busy


# What is remembered


def test_ids_are_remembered_for_a_time():
    remembered = Remembered()
    remembered.seconds = 10
    remembered.add("a", 0.0)
    remembered.add("b", 9.0)
    remembered.add("c", 18.0)
    assert "b" in remembered
    remembered.add("d", 29.0)
    assert "a" not in remembered
    assert "b" not in remembered
    assert "c" in remembered
    remembered.add("e", 1000.0)
    assert len(remembered) == 1


def test_no_more_than_the_bound_are_remembered():
    remembered = Remembered(10)
    for number in range(100):
        remembered.add(str(number), 0.0)
        assert len(remembered) <= 10
        assert str(number) in remembered
        assert number < 5 or str(number - 4) in remembered


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_job_that_was_done_twice_is_forgotten(is_lost):
    lifecycle = JobLifecycle(Plan((), ((b"q", 1),), Backoff()), lambda: 0.0, lambda: (A, B), str)
    for again in (False, True):
        job = Job(ID, b"q", b"body", 0, 0, A)
        lifecycle.take_done([job])
        acknowledge = Request((b"ACKJOB", ID), A, about=[job])
        # The first time, the replies to the search for other replicas are still to come.
        if again and is_lost:
            lifecycle.lost([acknowledge], False)
        else:
            lifecycle.answered(acknowledge, 1, 0.0)
    while requests := lifecycle.requests():
        for request in requests:
            lifecycle.answered(request, None, 0.0)
        lifecycle.tick(1.0)
    assert not lifecycle.jobs
    assert not lifecycle.busy
