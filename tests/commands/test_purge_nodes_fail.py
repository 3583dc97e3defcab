"""purge while nodes of a real Disque stop answering, are killed, and come back: DISQUECTL_TEST_SERVER."""

from __future__ import annotations

import json
import os

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.jobs import replicated
from tests.support.nodes import SERVER, ServerNodes
from tests.support.processes import PATIENCE_SECONDS, running
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(SERVER is None, reason="needs a Disque that can be stopped and started again")
SOON = ("--response-timeout", "1s")
RETRY_SECONDS = 2
JOBS = 400


def added(nodes, count, **options):
    """Jobs with a replica everywhere, created at all nodes in turn."""
    ids = []
    for number in range(count):
        with Client(nodes[number % len(nodes)]) as client:
            ids.append(client.addjob("mail", f"{number}", replicate=3, **options))
    for job_id in ids[-3:]:
        replicated(nodes, job_id)
    return ids


def holders(nodes, ids):
    """The nodes that have one of these jobs."""
    found = []
    for node in nodes:
        with Client(node) as client:
            found += [node for job_id in ids if client.show(job_id) is not None]
    return set(found)


def delivered(nodes):
    """What consumers get, and acknowledge, within the retry time."""
    got = set()
    for node in nodes:
        with Client(node) as client:
            while jobs := client.getjob("mail", count=100, timeout_ms=(RETRY_SECONDS + 1) * 1000):
                got |= {job["id"] for job in jobs}
                client.fastack(*(job["id"] for job in jobs))
    return got


def report(out):
    *records, last = map(json.loads, out.splitlines())
    return {one["id"] for one in records if "error" not in one}, last["summary"]


@pytest.mark.parametrize("delay", [0, 600])
def test_a_node_that_does_not_answer_is_told_by_disque_when_it_is_back(delay, tmp_path):
    with ServerNodes(tmp_path) as nodes:
        ids = added(nodes.addresses[:2], 30, delay=delay, retry=600)
        nodes.suspend(2)
        try:
            words = ("purge", "mail", "--yes", "-o", "jsonl", *SOON)
            result = run_disquectl(*words, node=nodes.addresses[0])
            done, summary = report(result.raw)
            assert (result.code, summary["pending"], done) == (3, 30, set())
            assert f"{nodes.addresses[2]} (node " in result.err
            # Once more, and they are not asked for again, nor forgotten.
            again = run_disquectl(*words, node=nodes.addresses[0])
            assert (again.code, report(again.raw)[1]["matched"]) == (3, 0)
        finally:
            nodes.resume(2)
        wait_until(lambda: not holders(nodes.addresses, ids), seconds=120)


def test_a_node_that_stops_answering_in_the_middle(tmp_path):
    with ServerNodes(tmp_path) as nodes:
        ids = added(nodes.addresses, JOBS, retry=RETRY_SECONDS)
        words = ("purge", "mail", "--newer-than", "1h", "--rate", "200/s", "-o", "jsonl", "--yes", *SOON)
        with running(*words, node=nodes.addresses[0]) as process:
            first = os.read(process.stdout.fileno(), 65536)
            nodes.suspend(2)
            out, err = process.communicate(timeout=2 * PATIENCE_SECONDS)
        done, summary = report(first + out)
        assert process.returncode == 3, err
        assert summary["matched"] == JOBS == summary["done"] + summary["left"] + summary["pending"]
        assert summary["pending"]
        nodes.resume(2)
        settle(nodes, ids, done)


@pytest.mark.parametrize("options", [(), ("--appendonly", "yes")], ids=["no AOF", "AOF"])
@pytest.mark.parametrize("words", [(), ("--newer-than", "1h", "--rate", "200/s")], ids=["queue", "scan"])
@pytest.mark.parametrize("which", [0, 2])
def test_a_node_that_is_killed_in_the_middle_and_comes_back(which, words, options, tmp_path):
    with ServerNodes(tmp_path, *options) as nodes:
        ids = added(nodes.addresses, JOBS, retry=RETRY_SECONDS)
        ids += added(nodes.addresses, JOBS // 2, retry=RETRY_SECONDS, delay=600)
        line = ("purge", "mail", *words, "-o", "jsonl", "--yes", *SOON)
        with running(*line, node=",".join(nodes.addresses[::-1])) as process:
            first = os.read(process.stdout.fileno(), 65536)
            nodes.kill(which)
            out, err = process.communicate(timeout=2 * PATIENCE_SECONDS)
        done, summary = report(first + out)
        assert process.returncode in (0, 3), err
        assert sum(summary[kind] for kind in ("done", "gone", "left", "pending")) == summary["matched"]
        assert done <= set(ids)
        nodes.restart(which)
        settle(nodes, ids, done if process.returncode == 0 else set())


def settle(nodes, ids, done):
    """A second purge finishes the first: then no job is anywhere, and what was done is not delivered."""
    got = delivered(nodes.addresses)
    assert not got & done

    def finished():
        line = ("purge", "mail", "--state", "queued", "--state", "delayed", "--state", "in-flight", "--yes")
        result = run_disquectl(*line, *SOON, node=nodes.addresses[0])
        return result.code == 0 and not holders(nodes.addresses, ids)

    wait_until(finished, seconds=120)
    assert not delivered(nodes.addresses)
