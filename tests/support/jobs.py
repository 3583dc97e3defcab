"""Jobs brought into each state by real commands, and waiting until the cluster shows it."""

from __future__ import annotations

import json
import time

from disquectl import Client
from tests.conftest import run_disquectl


def until(condition, seconds=20):
    """Wait until it holds; what it gave then."""
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.02)
    return found


def jobs(node, *words):
    """`disquectl jobs` as records by ID."""
    result = run_disquectl("jobs", *words, "-o", "json", node=node)
    assert result.code == 0, result
    return {record["id"]: record for record in json.loads(result.raw)}


def add(node, queue, body="body", **options):
    with Client(node) as client:
        return client.addjob(queue, body, **options)


def take(node, queue):
    """The ID of a job that a client has now."""
    with Client(node) as client:
        (job,) = client.getjob(queue, timeout_ms=10_000)
        return job["id"]


def copied(nodes, job_id):
    """Whether each of these nodes has a copy by now."""

    def everywhere():
        for node in nodes:
            with Client(node) as client:
                if client.show(job_id) is None:
                    return False
        return True

    return until(everywhere)
