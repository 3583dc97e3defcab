"""What `work --call` sends its node: acknowledgements with the next GETJOB, SHOW where the node may have lost
a job, and WORKING for jobs that wait.
"""

from __future__ import annotations

import pytest

from tests.support.recording_proxy import RecordingProxy
from tests.support.waiting import wait_until
from tests.support.workers import nothing_left, work, worker

MODULE = """
import os, sys, time

def quick(job):
    pass

def soon(job):
    time.sleep(0.004)

def wait(job):
    if job.body == b"slow":
        open("begun", "w").close()
        while not os.path.exists("go"):
            time.sleep(0.01)

def hog(job):
    # It keeps all other threads from running for more than a second, as a function in C may.
    if job.body == b"hog":
        until = time.monotonic() + 1.3
        while time.monotonic() < until:
            pass
        sys.setswitchinterval(0.005)
"""


OPTIONS = ("-q", "q", "--processes", "1")


def test_jobs_that_are_done_soon_are_acknowledged_with_the_next_getjob(folder, node, client):
    for _ in range(3):
        client.addjob("q", "x")
    with RecordingProxy(node) as proxy, worker(proxy.address, *OPTIONS, "-c", "1", "--call", "shop:quick"):
        wait_until(lambda: nothing_left(client))
        wait_until(lambda: proxy.sent[-1].count(b"GETJOB"))
    assert any(b"ACKJOB" in data and b"GETJOB" in data[data.index(b"ACKJOB") :] for data in proxy.sent)


def test_a_job_that_waits_in_the_process_is_kept(folder, node, client):
    for _ in range(20):
        client.addjob("q", "quick")
    client.addjob("q", "slow", retry=1)
    behind = client.addjob("q", "behind", retry=1)
    with RecordingProxy(node) as proxy, worker(proxy.address, *OPTIONS, "-c", "1", "--call", "shop:wait"):
        wait_until((folder / "begun").exists)
        # Longer than its retry time.
        wait_until(lambda: proxy.of(behind).count("WORKING") > 3)
        assert client.show(behind)["additional_deliveries"] == 0
        (folder / "go").touch()
        wait_until(lambda: nothing_left(client))


@pytest.mark.parametrize("name", ["shop:quick", "shop:soon"])
def test_after_a_lost_connection_the_node_is_asked_before_the_acknowledgement(folder, node, client, name):
    job_id = client.addjob("q", "the body", retry=3600)
    with (
        RecordingProxy(node, lose_after=b"the body") as proxy,
        worker(proxy.address, *OPTIONS, "--call", name),
    ):
        wait_until(lambda: nothing_left(client))
    verbs = proxy.of(job_id)
    assert "SHOW" in verbs[: verbs.index("ACKJOB")], verbs


def test_an_acknowledgement_that_was_lost_is_sent_again_after_a_look(folder, node, client):
    job_id = client.addjob("q", "x", retry=3600)
    with (
        RecordingProxy(node, lose=b"ACKJOB") as proxy,
        worker(proxy.address, *OPTIONS, "--call", "shop:quick"),
    ):
        wait_until(lambda: nothing_left(client))
    verbs = proxy.of(job_id)
    again = verbs.index("ACKJOB") + 1
    assert "SHOW" in verbs[again : verbs.index("ACKJOB", again)], verbs


def test_a_job_whose_end_is_seen_late_is_asked_for_before_its_acknowledgement(folder, node, client):
    job_id = client.addjob("q", "fast", retry=3600)
    client.addjob("q", "hog", retry=3600)
    (folder / "greedy.py").write_text("import sys\nfrom shop import hog\nsys.setswitchinterval(100)\n")
    with RecordingProxy(node) as proxy:
        assert work(proxy.address, *OPTIONS, "-c", "2", "--call", "greedy:hog").code == 0
    verbs = proxy.of(job_id)
    assert "SHOW" in verbs[: verbs.index("ACKJOB")], verbs
