"""Load on a node: jobs that come late, clients that rest, and a node that falls silent."""

from __future__ import annotations

import json
import threading

from disquectl import Client
from disquectl.bulk.bench_run import Load, consume
from disquectl.client.address import parse_node
from disquectl.client.connection_factory import ConnectionFactory
from tests.conftest import run_disquectl
from tests.support.jobs import fill
from tests.support.processes import PATIENCE_SECONDS, running
from tests.support.waiting import wait_until


class Never:
    """A run that nobody stops."""

    asked = False


def load_of(node, **numbers):
    usual = {"clients": 2, "pipeline": 10, "size": 4, "replicate": 1, "seconds": None, "rate": None}
    return Load([parse_node(node)], b"q", **(usual | numbers))


def test_jobs_that_come_later_are_taken_too(node, client):
    """A GETJOB that got fewer than it asked for does not use up those that are still to come."""
    fill(node, ["body"] * 5)
    reports = []

    def fill_later():
        wait_until(lambda: reports and reports[-1] == 5)
        fill(node, ["body"] * 25)

    thread = threading.Thread(target=fill_later)
    thread.start()
    factory = ConnectionFactory()
    measured = consume(load_of(node), 30, factory, stop=Never(), report=reports.append)
    thread.join()
    assert (measured.jobs, measured.errors) == (30, {})
    assert list(client.jscan_all()) == []


def test_a_client_that_has_nothing_to_do_is_not_late(node):
    words = ("--jobs", "2", "--rate", "1/s", "--response-timeout", "800ms")
    record = run_disquectl("bench", *words, "-o", "json", node=node).records
    for phase in ("produce", "consume"):
        assert (record[phase]["jobs"], record[phase]["errors"]) == (2, {})


def test_a_node_that_falls_silent(node):
    words = ("--produce", "--for", "60s", "--clients", "3", "--response-timeout", "300ms", "-o", "json")
    with running("bench", *words, node=node) as process, Client(node) as client:
        before = client.info("stats")["stats"]["total_commands_processed"]
        wait_until(lambda: client.info("stats")["stats"]["total_commands_processed"] > before + 50)
        client.debug("SLEEP", "2")
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 3, err
    record = json.loads(out)["produce"]
    assert record["errors"] == {"no answer": 3}
    assert record["jobs"] > 0
    assert b"errors: produce: 3 no answer" in err
