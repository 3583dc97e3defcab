"""What is asked of a job's node, and what its answers mean: with the time and the answers passed in."""

from __future__ import annotations

import json

import pytest

from disquectl.client.address import Node
from disquectl.errors import ReplyError
from disquectl.worker.backoff import Backoff
from disquectl.worker.custody import Custody
from disquectl.worker.job import Failure, Job
from disquectl.worker.plan import Plan

HOME = Node("127.0.0.1", 7711)
ID = "D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-05a1"
AT_MOST_ONCE = "D-60c335b3-egWmJpFISOsaGu2Kygc1tUbK-05a0"
CREATED = 1_700_000_000
DAY = 86_400


class World:
    """A custody, and a node that answers as it is told. Its clock is the worker's plus CREATED."""

    def __init__(self, **options):
        options = {"max_retries": 2, "hold": 1} | options
        self.custody = Custody(Plan((b"true",), ((b"q", 1),), Backoff(10.0), **options), lambda: 0.0)
        self.now = 0.0

    def take(self, job_id=ID, nacks=0):
        job = Job(job_id, b"q", b"body", nacks, 0, HOME)
        self.custody.take(job, self.now)
        return job

    def asked(self):
        self.last = self.custody.requests()
        return [request.words[:2] for request in self.last]

    def answer(self, *replies):
        for request, reply in zip(self.last, replies, strict=True):
            self.custody.answered(request, reply, self.now)

    def fail(self, job, ttl_left=DAY, state=b"active", retry=300, why=""):
        self.custody.failed(job, Failure(1, None, b"oh", CREATED + self.now, why=why))
        assert self.asked() == [(b"TIME",), (b"SHOW", job.id)]
        at = CREATED + self.now
        shown = [b"id", job.id.encode(), b"queue", b"q", b"state", state, b"repl", 1, b"ttl", ttl_left]
        shown += [b"ctime", CREATED * 10**9, b"retry", retry, b"body", b"body"]
        self.answer([b"%d" % at, b"%d" % (at % 1 * 1e6)], shown)

    def at(self, now):
        self.now = now
        self.custody.tick(now)
        return self.asked()

    def news(self):
        told = [news.event for news in self.custody.told]
        self.custody.told.clear()
        return told


def test_working_at_once_then_every_third_of_retry():
    world = World()
    world.take()
    assert world.asked() == [(b"WORKING", ID)]
    world.answer(30)
    assert world.custody.next_look == 10
    assert world.at(9.9) == []
    assert world.at(10) == [(b"WORKING", ID)]
    assert world.at(11) == []  # not again before it was answered


def test_a_done_job_is_acknowledged_and_forgotten():
    world = World()
    job = world.take()
    world.asked()
    world.answer(30)
    world.custody.succeeded(job)
    assert world.asked() == [(b"ACKJOB", ID)]
    assert world.custody.busy
    world.answer(1)
    assert not world.custody.busy
    assert world.at(1000) == []


def test_a_failed_job_is_held_by_working_and_put_back_at_its_time():
    world = World()
    job = world.take()
    world.asked()
    world.answer(12)
    world.fail(job)
    assert world.news() == ["failed"]
    assert not world.custody.busy
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
    assert world.custody.take(again, world.now)
    world.answer(1)
    assert world.custody.jobs[ID] is again


def test_delivered_again_while_it_runs_it_is_kept_and_not_run_twice():
    world = World()
    world.take()
    world.asked()
    world.answer(30)
    assert not world.custody.take(Job(ID, b"q", b"body", 0, 1, HOME), 1.0)
    assert world.asked() == [(b"WORKING", ID)]


def test_dead_after_the_last_attempt_and_acknowledged_after_the_letter():
    world = World()
    job = world.take(nacks=2)
    world.asked()
    world.answer(30)
    world.fail(job)
    assert world.asked() == [(b"ADDJOB", b"dead:q")]
    (letter,) = world.last
    words = letter.words
    assert words[4:] == (b"TTL", 180 * DAY)
    assert json.loads(words[2])["attempts"] == 3
    assert json.loads(words[2])["ttl"] == DAY
    assert world.at(10) == [(b"WORKING", ID)]  # still ours
    world.custody.answered(letter, b"D-new", world.now)
    assert world.news() == ["dead"]
    assert world.asked() == [(b"ACKJOB", ID)]


@pytest.mark.parametrize(
    "error", ["NOREPL Timeout reached", "OOM command not allowed", "PAUSED Queue paused"]
)
def test_a_letter_that_is_refused_leaves_the_job_alone(error):
    world = World(max_retries=0)
    job = world.take()
    world.asked()
    world.answer(30)
    world.fail(job)
    world.asked()
    world.answer(ReplyError(error))
    assert world.news() == ["left"]
    assert world.asked() == []
    assert ID not in world.custody.jobs


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
    assert world.asked() == [(b"ADDJOB", b"dead:q")]


def test_at_most_once_is_never_held():
    world = World()
    job = world.take(AT_MOST_ONCE)
    assert world.asked() == []  # no WORKING: it would take the job out of the queue for ever
    world.fail(job, retry=0)
    assert world.asked() == [(b"ADDJOB", b"dead:q")]


def test_over_the_bound_a_queue_gives_no_more_and_the_job_is_left():
    world = World()
    first = world.take()
    world.asked()
    world.answer(30)
    world.fail(first)
    assert world.custody.full_queues() == {b"q"}
    other = world.take(ID.replace("yRia", "zzzz"))
    world.asked()
    world.answer(30)
    world.fail(other)
    assert world.news() == ["failed", "left"]
    assert world.asked() == []
    assert list(world.custody.jobs) == [ID]


def test_too_late_is_told_and_a_held_job_dies():
    world = World()
    job = world.take()
    world.asked()
    world.answer(ReplyError("TOOLATE Half of job TTL already elapsed"))
    assert world.news() == ["too late"]
    assert world.at(1000) == []
    world.now = 0.0
    world.fail(job)
    world.news()
    job.working_at = 1.0
    world.custody.next_look = 1.0
    assert world.at(1) == [(b"WORKING", ID)]
    world.answer(ReplyError("TOOLATE Half of job TTL already elapsed"))
    assert world.asked() == [(b"ADDJOB", b"dead:q")]
    assert world.custody.held.total() == 0


def test_term_puts_jobs_back_and_buries_what_cannot_be():
    world = World()
    job, once = world.take(), world.take(AT_MOST_ONCE)
    world.asked()
    world.custody.interrupted(job, Failure(None, 15, b"", 0.0))
    world.custody.interrupted(once, Failure(None, 15, b"", 0.0))
    assert world.asked() == [(b"NACK", ID), (b"TIME",), (b"SHOW", AT_MOST_ONCE)]


def test_a_lost_node_acknowledgements_go_elsewhere_and_nacks_are_not_repeated():
    world = World()
    job, other = world.take(), world.take(ID.replace("yRia", "zzzz"))
    world.asked()
    world.answer(30, 30)
    world.custody.succeeded(job)
    world.custody.interrupted(other, Failure(None, 15, b"", 0.0))
    assert world.asked() == [(b"NACK", other.id), (b"ACKJOB", ID)]
    world.news()
    world.custody.lost(world.last)
    assert world.news() == ["left"]
    assert world.asked() == [(b"ACKJOB", ID)]
    world.custody.lost(world.last, True)
    assert world.asked() == [(b"ACKJOB", ID)]


def test_an_unknown_job_is_left():
    world = World()
    job = world.take()
    world.asked()
    world.answer(ReplyError("NOJOB Job not known"))
    assert world.news() == ["unknown"]
    world.custody.failed(job, Failure(1, None, b"", 0.0))
    world.asked()
    world.answer([b"1", b"0"], None)
    assert world.news() == ["left"]
    assert not world.custody.busy


def test_what_working_answers_after_the_end_of_a_job_is_no_news():
    world = World()
    job = world.take()
    world.asked()
    world.custody.succeeded(job)
    world.answer(ReplyError("TOOLATE Half of job TTL already elapsed"))
    assert world.news() == []


def test_a_held_job_that_its_node_does_not_know_is_forgotten():
    world = World()
    job = world.take()
    world.asked()
    world.answer(12)
    world.fail(job)
    assert world.at(4) == [(b"WORKING", ID)]
    world.answer(ReplyError("NOJOB Job not known"))
    assert world.custody.jobs == {}
    assert world.custody.full_queues() == set()


def test_why_the_attempt_failed_is_told_rather_than_why_it_was_the_last():
    world = World(max_retries=0)
    job = world.take()
    world.asked()
    world.answer(30)
    world.fail(job, why="it took longer than --timeout")
    world.asked()
    world.answer(b"D-new")
    assert [news.why for news in world.custody.told] == ["it took longer than --timeout"]


def test_a_refused_acknowledgement_and_a_refused_return_are_told():
    world = World()
    done, returned = world.take(), world.take(ID.replace("yRia", "zzzz"))
    world.asked()
    world.custody.succeeded(done)
    world.custody.interrupted(returned, Failure(None, 15, b"", 0.0))
    assert world.news() == ["put back"]
    assert world.asked() == [(b"NACK", returned.id), (b"ACKJOB", ID)]
    world.answer(ReplyError("OOM"), ReplyError("OOM"))
    assert world.news() == ["left", "not acknowledged"]
    assert world.custody.jobs == {}


def test_a_job_whose_node_answers_show_by_an_error_is_left():
    world = World()
    job = world.take()
    world.asked()
    world.custody.failed(job, Failure(1, None, b"", 0.0))
    world.asked()
    world.answer([b"1", b"0"], ReplyError("LOADING"))
    assert world.news() == ["left"]


def test_jobs_are_acknowledged_together_at_the_nodes_that_they_came_from():
    world = World()
    other = Node("127.0.0.1", 7712)
    homes = [HOME, HOME, other, HOME]
    jobs = [Job(ID.replace("yRia", f"aaa{i}"), b"q", b"", 0, 0, home) for i, home in enumerate(homes)]
    for job in jobs:
        world.custody.take(job, 0.0)
    world.asked()
    for job in jobs:
        world.custody.succeeded(job)
    world.asked()
    a, b, c, d = (job.id for job in jobs)
    assert [(request.home, request.words) for request in world.last] == [
        (HOME, (b"ACKJOB", a, b, d)),
        (other, (b"ACKJOB", c)),
    ]


def test_what_comes_back_too_often_is_not_run_again_but_never_on_the_first_attempts():
    def over(deliveries, **options):
        return World(**options).custody.over_its_attempts(Job(ID, b"q", b"", 0, deliveries, HOME))

    assert [over(5, max_retries=0), over(6, max_retries=0)] == [False, True]
    assert [over(9, max_retries=9), over(10, max_retries=9)] == [False, True]
