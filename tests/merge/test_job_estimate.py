"""Counts of jobs in bounded memory."""

from __future__ import annotations

import random

from disquectl.merge import job_estimate
from disquectl.merge.clocks import Clocks
from disquectl.merge.job_estimate import JobEstimate
from disquectl.merge.replicas import CTIME, ID, QUEUE, RETRY, STATE, ordered

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def replica(number, state=b"active", queue=b"q", ctime_ns=0, retry=5):
    name = "".join(random.Random(number).choices(ALPHABET, k=24))
    found = ordered([b"id", f"D-aaaaaaaa-{name}-05a1".encode(), b"state", state])
    found[QUEUE], found[CTIME], found[RETRY] = queue, ctime_ns, retry
    return found


def test_few_jobs_are_counted_once_however_many_replicas_they_have():
    estimate = JobEstimate(Clocks(), 10)
    page = [replica(number) for number in range(7)]
    for node in ("a", "b"):
        estimate.add(node, page, 0.0)
    estimate.add("a", [replica(99, b"queued", ctime_ns=5_000_000)], 0.0)
    found = estimate.result()[b"q"]
    assert (found.in_flight, found.delayed, found.is_exact) == (7, 0, True)
    assert (found.oldest_ms, found.retry) == (5.0, 5)


def test_of_many_jobs_a_sample_is_kept_and_the_oldest_is_exact(monkeypatch):
    monkeypatch.setattr(job_estimate, "KEPT", 500)
    count = 8_000
    estimate = JobEstimate(Clocks(), count)
    assert estimate.factor == 16
    for node in ("a", "b", "c"):
        estimate.add(node, [replica(number) for number in range(count)], 0.0)
        queued = [replica(count + n, b"queued", ctime_ns=(n + 1) * 1_000_000) for n in range(100)]
        estimate.add(node, queued, 0.0)
    found = estimate.result()[b"q"]
    assert not found.is_exact
    assert abs(found.in_flight - count) < count * 0.2
    assert found.oldest_ms == 1.0
    assert sum(len(queue.jobs) for queue in estimate._counts._queues.values()) < 1_000


def test_the_fields_are_those_of_a_replica():
    assert replica(1)[ID].startswith(b"D-aaaaaaaa-")
    assert replica(1)[STATE] == b"active"
