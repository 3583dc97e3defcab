"""What is asked of a job's node, and what its answers mean: with the time and the answers passed in."""

from __future__ import annotations

import json

import pytest

from disquectl.client.address import Node
from disquectl.errors import ReplyError
from disquectl.worker.backoff import Backoff
from disquectl.worker.job import Failure, Job
from disquectl.worker.lifecycle import JobLifecycle
from disquectl.worker.plan import Plan
from tests.worker.job_replies import CREATED, DAY, ID, shown

HOME = Node("127.0.0.1", 7711)
AT_MOST_ONCE = "D-60c335b3-egWmJpFISOsaGu2Kygc1tUbK-05a0"


class World:
    """A lifecycle, and a node that answers as a test says. Its clock is the worker's plus CREATED."""

    def __init__(self, **options):
        options = {"max_retries": 2, "hold": 1} | options
        self.lifecycle = JobLifecycle(Plan((b"true",), ((b"q", 1),), Backoff(10.0), **options), lambda: 0.0)
        self.now = 0.0

    def take(self, job_id=ID, nacks=0):
        job = Job(job_id, b"q", b"body", nacks, 0, HOME)
        self.lifecycle.take(job, self.now)
        return job

    def asked(self):
        self.last = self.lifecycle.requests()
        return [request.words[:2] for request in self.last]

    def answer(self, *replies):
        for request, reply in zip(self.last, replies, strict=True):
            self.lifecycle.answered(request, reply, self.now)

    def fail(self, job, ttl_left=DAY, state=b"active", retry=300, why=""):
        self.lifecycle.failed(job, Failure(1, None, b"oh", CREATED + self.now, why=why))
        assert self.asked() == [(b"TIME",), (b"SHOW", job.id)]
        at = CREATED + self.now
        self.answer([b"%d" % at, b"%d" % (at % 1 * 1e6)], shown(at, ttl_left, state, retry, job.id))

    def greeted(self, *priorities):
        """HELLO is answered: nodes with these priorities; then the letter is asked for."""
        assert self.asked() == [(b"HELLO",)]
        nodes = [[b"%d" % i, b"127.0.0.1", b"7711", b"%d" % one] for i, one in enumerate(priorities or (1,))]
        self.answer([1, b"0", *nodes])

    def at(self, now):
        self.now = now
        self.lifecycle.tick(now)
        return self.asked()

    def events(self):
        kinds = [event.kind for event in self.lifecycle.events]
        self.lifecycle.events.clear()
        return kinds


def test_working_at_once_then_every_third_of_retry():
    world = World()
    world.take()
    assert world.asked() == [(b"WORKING", ID)]
    world.answer(30)
    assert world.lifecycle.next_deadline == 10
    assert world.at(9.9) == []
    assert world.at(10) == [(b"WORKING", ID)]
    assert world.at(11) == []  # not again before it was answered


def test_a_done_job_is_acknowledged_and_forgotten():
    world = World()
    job = world.take()
    world.asked()
    world.answer(30)
    world.lifecycle.succeeded(job)
    assert world.asked() == [(b"ACKJOB", ID)]
    assert world.lifecycle.busy
    world.answer(1)
    assert not world.lifecycle.busy
    assert world.at(1000) == []


def test_a_failed_job_is_held_by_working_and_put_back_at_its_time():
    world = World()
    job = world.take()
    world.asked()
    world.answer(12)
    world.fail(job)
    assert world.events() == ["failed"]
    assert not world.lifecycle.busy
    assert world.at(4) == [(b"WORKING", ID)]
    world.answer(12)
    assert world.at(8) == [(b"WORKING", ID)]
    world.answer(12)
    assert world.at(10) == [(b"NACK", ID)]
    world.answer(1)
    assert world.at(100) == []


def test_put_back_it_may_come_again_before_that_is_confirmed():
    world = World()
    job = world.take()
    world.asked()
    world.answer(30)
    world.fail(job)
    assert world.at(10) == [(b"NACK", ID)]
    again = Job(ID, b"q", b"body", 1, 0, HOME)
    assert world.lifecycle.take(again, world.now)
    world.answer(1)
    assert world.lifecycle.jobs[ID] is again


def test_delivered_again_while_it_runs_it_is_kept_and_not_run_twice():
    world = World()
    world.take()
    world.asked()
    world.answer(30)
    assert not world.lifecycle.take(Job(ID, b"q", b"body", 0, 1, HOME), 1.0)
    assert world.asked() == [(b"WORKING", ID)]


def test_dead_after_the_last_attempt_and_acknowledged_after_the_letter():
    world = World()
    job = world.take(nacks=2)
    world.asked()
    world.answer(30)
    world.fail(job)
    world.greeted()
    assert world.asked() == [(b"ADDJOB", b"dead:q")]
    (letter,) = world.last
    words = letter.words
    assert words[4:] == (b"REPLICATE", 1, b"TTL", 180 * DAY)
    assert json.loads(words[2])["attempts"] == 3
    assert json.loads(words[2])["ttl"] == DAY
    assert world.at(10) == [(b"WORKING", ID)]  # still ours
    world.lifecycle.answered(letter, b"D-new", world.now)
    assert world.events() == ["dead"]
    assert world.asked() == [(b"ACKJOB", ID)]


def dead_job(**options):
    """A world with a job whose last attempt has failed, and whose letter is about to be added."""
    world = World(**{"max_retries": 0} | options)
    job = world.take()
    world.asked()
    world.answer(30)
    world.fail(job)
    return world, job


@pytest.mark.parametrize(
    "error", ["NOREPL Timeout reached", "OOM command not allowed", "PAUSED Queue paused"]
)
def test_a_letter_that_is_refused_is_sent_again_and_the_job_is_held_meanwhile(error):
    world, job = dead_job()
    first = None
    for now, again_at in ((0, 1), (1, 3), (3, 7)):
        world.now = float(now)
        world.greeted()
        assert world.asked() == [(b"ADDJOB", b"dead:q")]
        first = first or world.last[0].words
        assert world.last[0].words == first  # the same letter, so that two of them are seen to be one
        world.answer(ReplyError(error))
        assert world.events() == ["letter refused"]
        assert not world.lifecycle.busy
        assert world.lifecycle.next_deadline == again_at
        assert world.at(again_at) == [(b"TIME",), (b"SHOW", ID)]  # it may have been dealt with meanwhile
        show = shown(world.now)
        world.answer([b"%d" % (CREATED + world.now), b"0"], show)
    world.greeted()
    assert world.asked() == [(b"ADDJOB", b"dead:q")]
    (letter,) = world.last
    assert world.at(10) == [(b"WORKING", ID)]
    world.answer(30)
    world.lifecycle.answered(letter, b"D-new", world.now)
    assert world.events() == ["dead"]
    assert world.asked() == [(b"ACKJOB", ID)]
    assert job.state == "acknowledging"


def test_a_letter_has_as_many_replicas_as_there_are_nodes_now():
    world, _ = dead_job()
    world.greeted(1, 1, 100, 10, 5)
    world.asked()
    assert world.last[0].words[4:6] == (b"REPLICATE", 2)
    world.answer(ReplyError("NOREPL Timeout reached"))
    assert world.asked() == [(b"ADDJOB", b"dead:q")]
    assert world.last[0].words[4:6] == (b"REPLICATE", 1)
    world.answer(b"D-new")
    assert world.events() == ["dead"]


@pytest.mark.parametrize("nacks", [0, 1])
def test_at_the_end_a_job_without_its_letter_is_marked_as_past_its_retries(nacks):
    world = World(max_retries=0)
    job = world.take(nacks=nacks)
    assert bool(world.lifecycle.refusal(job)) == bool(nacks)  # what comes marked like this is not run
    world.asked()
    world.answer(30)
    world.fail(job)
    world.greeted()
    world.asked()
    world.answer(ReplyError("OOM"))
    world.events()
    world.lifecycle.prepare_to_exit()
    assert world.events() == ["left"]
    assert world.asked() == ([] if nacks else [(b"NACK", ID)])
    if not nacks:
        assert world.lifecycle.busy
        world.answer(1)
    assert not world.lifecycle.busy
    assert world.lifecycle.jobs == {}


def test_too_late_to_be_held_for_its_letter_it_is_marked_and_still_not_run():
    world, job = dead_job()
    world.greeted()
    world.asked()
    world.answer(ReplyError("PAUSED"))
    job.working_at = world.lifecycle._table.next_deadline = 0.5
    assert world.at(0.5) == [(b"WORKING", ID)]
    world.answer(ReplyError("TOOLATE Half of job TTL already elapsed"))
    assert world.asked() == [(b"NACK", ID)]
    world.answer(1)
    assert not world.lifecycle.take(Job(ID, b"q", b"body", 1, 0, HOME), world.now)
    assert world.lifecycle.jobs == {ID: job}


def test_the_letter_of_a_job_that_is_dealt_with_elsewhere_is_given_up():
    world, _ = dead_job()
    world.greeted()
    world.asked()
    world.answer(ReplyError("OOM"))
    world.at(1)
    world.answer([b"1", b"0"], None)
    assert world.events() == ["letter refused", "left"]
    assert world.lifecycle.jobs == {}


def test_a_letter_that_was_refused_is_still_added_when_the_ttl_of_its_job_has_passed():
    world, job = dead_job()
    world.greeted()
    world.asked()
    world.answer(ReplyError("PAUSED"))
    world.events()
    job.working_at = job.due_at = world.lifecycle._table.next_deadline = float(DAY)
    assert world.at(DAY) == [(b"TIME",), (b"SHOW", ID), (b"WORKING", ID)]
    world.answer([b"%d" % (CREATED + DAY), b"0"], None, ReplyError("NOJOB"))
    assert world.events() == ["unknown"]
    world.greeted()
    assert world.asked() == [(b"ADDJOB", b"dead:q")]
    world.answer(b"D-new")
    assert world.events() == ["dead"]


def test_while_it_waits_for_its_letter_a_job_whose_ttl_has_passed_is_kept():
    world, job = dead_job()
    world.greeted()
    world.asked()
    world.answer(ReplyError("PAUSED"))
    job.working_at = world.lifecycle._table.next_deadline = float(DAY)
    job.due_at = DAY + 10.0
    assert world.at(DAY) == [(b"WORKING", ID)]
    world.answer(ReplyError("NOJOB"))
    assert world.lifecycle.jobs == {ID: job}


def test_at_the_end_held_jobs_are_kept_although_a_node_does_not_answer_for_others():
    world = World(hold=2)
    held, done, asking = (world.take(ID.replace("yRia", name)) for name in ("aaaa", "bbbb", "cccc"))
    world.asked()
    world.answer(12, 12, 12)
    world.fail(held)
    held.due_at = 100.0
    world.lifecycle.succeeded(done)
    world.lifecycle.failed(asking, Failure(1, None, b"", 0.0))
    waiting = world.lifecycle.requests()
    world.lifecycle.prepare_to_exit()
    assert world.asked() == [(b"WORKING", held.id)]
    world.events()
    world.lifecycle.lost([request for request in waiting if request.job is asking], False)
    assert world.events() == ["left"]
    # Nothing is due at once for ever.
    world.at(200)
    assert world.lifecycle.next_deadline > 200


def test_at_the_end_a_held_job_comes_back_as_late_as_may_be():
    world = World(hold=2)
    late, soon = world.take(), world.take(ID.replace("yRia", "zzzz"))
    world.asked()
    world.answer(12, 12)
    world.fail(late)
    world.fail(soon)
    soon.due_at = 11.0  # before the retry time is over: nothing to be gained
    late.due_at = 100.0
    world.lifecycle.prepare_to_exit()
    assert world.asked() == [(b"WORKING", ID)]
    assert world.lifecycle.busy
    world.answer(12)
    assert not world.lifecycle.busy
    assert set(world.lifecycle.jobs) == {late.id, soon.id}
    assert (b"NACK", ID) not in world.at(200)
    world.lifecycle.prepare_to_exit()
    assert world.asked() == []


def test_no_dead_drops_it():
    world = World(max_retries=0, keep_dead=False)
    job = world.take()
    world.asked()
    world.answer(30)
    world.fail(job)
    assert world.asked() == [(b"ACKJOB", ID)]


def test_near_half_of_the_ttl_it_dies_now():
    world = World()
    job = world.take()
    world.asked()
    world.answer(30)
    world.now = DAY / 2 - 5
    world.fail(job, ttl_left=DAY // 2 + 5)
    world.greeted()
    assert world.asked() == [(b"ADDJOB", b"dead:q")]


def test_at_most_once_is_never_held():
    world = World()
    job = world.take(AT_MOST_ONCE)
    assert world.asked() == []  # no WORKING: it would take the job out of the queue for ever
    world.fail(job, retry=0)
    world.greeted()
    assert world.asked() == [(b"ADDJOB", b"dead:q")]


def test_over_the_bound_a_queue_gives_no_more_and_the_job_is_left():
    world = World()
    first = world.take()
    world.asked()
    world.answer(30)
    world.fail(first)
    assert world.lifecycle.full_queues() == {b"q"}
    other = world.take(ID.replace("yRia", "zzzz"))
    world.asked()
    world.answer(30)
    world.fail(other)
    assert world.events() == ["failed", "left"]
    assert world.asked() == []
    assert list(world.lifecycle.jobs) == [ID]


def test_too_late_is_told_and_a_held_job_dies():
    world = World()
    job = world.take()
    world.asked()
    world.answer(ReplyError("TOOLATE Half of job TTL already elapsed"))
    assert world.events() == ["too late"]
    assert world.at(1000) == []
    world.now = 0.0
    world.fail(job)
    world.events()
    job.working_at = 1.0
    world.lifecycle._table.next_deadline = 1.0
    assert world.at(1) == [(b"WORKING", ID)]
    world.answer(ReplyError("TOOLATE Half of job TTL already elapsed"))
    world.greeted()
    assert world.asked() == [(b"ADDJOB", b"dead:q")]
    assert world.lifecycle.held.total() == 0


def test_term_puts_jobs_back_and_buries_what_cannot_be():
    world = World()
    job, once = world.take(), world.take(AT_MOST_ONCE)
    world.asked()
    world.lifecycle.interrupted(job, Failure(None, 15, b"", 0.0))
    world.lifecycle.interrupted(once, Failure(None, 15, b"", 0.0))
    assert world.asked() == [(b"ENQUEUE", ID), (b"TIME",), (b"SHOW", AT_MOST_ONCE)]


def test_what_was_put_back_and_not_answered_is_not_repeated():
    world = World()
    job = world.take()
    world.asked()
    world.answer(30)
    world.lifecycle.interrupted(job, Failure(None, 15, b"", 0.0))
    assert world.asked() == [(b"ENQUEUE", ID)]
    world.events()
    world.lifecycle.lost(world.last, False, HOME)
    assert world.events() == ["left"]
    assert world.asked() == []


def test_an_unknown_job_is_left():
    world = World()
    job = world.take()
    world.asked()
    world.answer(ReplyError("NOJOB Job not known"))
    assert world.events() == ["unknown"]
    world.lifecycle.failed(job, Failure(1, None, b"", 0.0))
    world.asked()
    world.answer([b"1", b"0"], None)
    assert world.events() == ["left"]
    assert not world.lifecycle.busy


def test_what_working_answers_after_the_end_of_a_job_is_no_news():
    world = World()
    job = world.take()
    world.asked()
    world.lifecycle.succeeded(job)
    world.answer(ReplyError("TOOLATE Half of job TTL already elapsed"))
    assert world.events() == []


def test_a_held_job_that_its_node_does_not_know_is_forgotten():
    world = World()
    job = world.take()
    world.asked()
    world.answer(12)
    world.fail(job)
    assert world.at(4) == [(b"WORKING", ID)]
    world.answer(ReplyError("NOJOB Job not known"))
    assert world.lifecycle.jobs == {}
    assert world.lifecycle.full_queues() == set()


def test_why_the_attempt_failed_is_told_rather_than_why_it_was_the_last():
    world = World(max_retries=0)
    job = world.take()
    world.asked()
    world.answer(30)
    world.fail(job, why="it took longer than --timeout")
    world.greeted()
    world.asked()
    assert json.loads(world.last[0].words[2])["reason"] == "it took longer than --timeout"
    world.answer(b"D-new")
    assert [event.why for event in world.lifecycle.events] == ["it took longer than --timeout"]


def test_a_refused_return_is_told():
    world = World()
    returned = world.take()
    world.asked()
    world.lifecycle.interrupted(returned, Failure(None, 15, b"", 0.0))
    assert world.events() == ["put back"]
    world.asked()
    world.answer(ReplyError("OOM"))
    assert world.events() == ["left"]
    assert world.lifecycle.jobs == {}


def test_a_job_whose_node_answers_show_by_an_error_is_left():
    world = World()
    job = world.take()
    world.asked()
    world.lifecycle.failed(job, Failure(1, None, b"", 0.0))
    world.asked()
    world.answer([b"1", b"0"], ReplyError("LOADING"))
    assert world.events() == ["left"]


def test_jobs_are_acknowledged_together_at_the_nodes_that_they_came_from():
    world = World()
    other = Node("127.0.0.1", 7712)
    homes = [HOME, HOME, other, HOME]
    jobs = [Job(ID.replace("yRia", f"aaa{i}"), b"q", b"", 0, 0, home) for i, home in enumerate(homes)]
    for job in jobs:
        world.lifecycle.take(job, 0.0)
    world.asked()
    for job in jobs:
        world.lifecycle.succeeded(job)
    world.asked()
    a, b, c, d = (job.id for job in jobs)
    assert [(request.node, request.words) for request in world.last] == [
        (HOME, (b"ACKJOB", a, b, d)),
        (other, (b"ACKJOB", c)),
    ]


def test_what_comes_back_too_often_is_not_run_again_but_never_on_the_first_attempts():
    def refused(nacks, deliveries, **options):
        return bool(World(**options).lifecycle.refusal(Job(ID, b"q", b"", nacks, deliveries, HOME)))

    assert [refused(0, 5, max_retries=0), refused(0, 6, max_retries=0)] == [False, True]
    assert [refused(0, 9, max_retries=9), refused(0, 10, max_retries=9)] == [False, True]
    assert [refused(2, 0, max_retries=2), refused(3, 0, max_retries=2)] == [False, True]


def test_a_job_that_is_not_run_again_gets_a_letter_with_the_attempts_that_failed():
    world = World(max_retries=1)
    job = world.take(nacks=2)
    world.asked()
    world.answer(30)
    why = world.lifecycle.refusal(job)
    world.fail(job, why=why)
    world.greeted()
    world.asked()
    letter = json.loads(world.last[0].words[2])
    assert (letter["attempts"], letter["reason"]) == (2, why)
