"""What the nodes are told about jobs that failed once and wait for their second attempt."""

from __future__ import annotations

from disquectl.client.address import Node
from disquectl.worker.failed_once import FailedOnce
from disquectl.worker.job import HELD, RUNNING, Job

HERE, THERE = Node("127.0.0.1", 1), Node("127.0.0.1", 2)


def job(start, *, state=HELD, node=HERE, nacks=0):
    job_id = f"D-dcb833cf-{start}9+wsA/09NqxscQI0-05a1"
    return Job(job_id, b"mail", b"", nacks, 0, node, state)


def said(names, jobs, now):
    return {(one.node, one.words) for one in names.requests(jobs, now)}


def setname(end=b""):
    return (b"CLIENT", b"SETNAME", b"disquectl:failed:h:1:" + end)


def test_only_jobs_that_wait_after_their_first_failure_are_named():
    jobs = [job("11111111"), job("22222222", state=RUNNING), job("33333333", nacks=1)]
    assert said(FailedOnce(b"h", 1), jobs, 5) == {(HERE, setname(b"11111111"))}


def test_each_node_is_told_about_its_own_and_only_about_changes():
    names = FailedOnce(b"h", 1)
    one, other = job("11111111"), job("22222222", node=THERE)
    assert said(names, [], 5) == set()
    assert said(names, [one], 6) == {(HERE, setname(b"11111111"))}
    assert said(names, [one, other], 6.5) == set(), "at most once a second"
    assert said(names, [one, other], 7) == {(THERE, setname(b"22222222"))}
    assert said(names, [other], 8) == {(HERE, setname())}
    assert said(names, [other], 9) == set()


def test_it_is_told_again_to_new_connections():
    names = FailedOnce(b"h", 1)
    one = job("11111111")
    assert said(names, [one], 5) == said(names, [one], 20) == {(HERE, setname(b"11111111"))}
