"""Jobs at nodes: added, taken, listed, and replicated."""

from __future__ import annotations

import json
import time

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.waiting import wait_until


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


def next_millisecond():
    """Wait for it: jobs of the same millisecond at two nodes have no order."""
    now = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 <= now + 1:
        pass


def replicated(nodes, job_id):
    """Wait until each of these nodes has a replica of the job."""

    def everywhere():
        for node in nodes:
            with Client(node) as client:
                if client.show(job_id) is None:
                    return False
        return True

    return wait_until(everywhere)


def addresses(nodes):
    """These nodes in the order of their ports."""
    return sorted(nodes, key=lambda node: int(node.rpartition(":")[2]))


def fill_each(nodes, queue, counts):
    """Add jobs with one replica: at each node as many as its count."""
    for node, count in zip(nodes, counts, strict=True):
        with Client(node) as client:
            for number in range(count):
                client.addjob(queue, f"{number}", replicate=1)


def fill(node, bodies, queue="q", **options):
    """Add a job for each body, and return their IDs."""
    with Client(node) as client:
        return [client.addjob(queue, body, **options) for body in bodies]
