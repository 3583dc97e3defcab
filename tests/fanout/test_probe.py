"""The probe: what it reports where it has no time, and of nodes that refuse."""

from __future__ import annotations

import time

import pytest

from disquectl import Client
from disquectl.client.transport import Transport
from disquectl.fanout.ask import open_cluster
from disquectl.fanout.probe import Probe
from disquectl.spec.queue_patterns import QueueWords
from tests.support.jobs import fill
from tests.support.scripted_node import ScriptedNode
from tests.support.waiting import wait_until


@pytest.fixture
def probe(cluster):
    with Transport(cluster) as client, open_cluster(client) as nodes:
        yield Probe(nodes)


@pytest.mark.parametrize("scan_seconds", [0, 60])
def test_a_scan_that_is_cut_short(cluster, probe, scan_seconds):
    # More than fit on a page: all at one node, the oldest at another.
    fill(cluster[1], ["oldest"], "mail", replicate=1)
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() - begun > 1.1)
    fill(cluster[0], [f"{number}" for number in range(100)], "mail", replicate=1)
    with Client(cluster[0]) as client:
        client.getjob("mail")
    (queue,) = probe.observe_queues(QueueWords([b"mail"]), 0.05, scan_seconds=scan_seconds)
    assert queue.is_whole is bool(scan_seconds)
    assert queue.in_flight == (1 if scan_seconds else None)
    assert queue.queued == 100
    assert 1 <= queue.oldest_age < 60
    assert any("for lack of time" in line for line in probe.unchecked()) is not queue.is_whole


def test_a_node_that_refuses_everything(cluster):
    hello = b"*3\r\n:1\r\n$1\r\nx\r\n*4\r\n$1\r\nx\r\n$0\r\n\r\n$1\r\n1\r\n$1\r\n1\r\n"
    with ScriptedNode([hello, *[b"-ERR no\r\n"] * 50]) as refusing:
        seeds = [cluster[0], refusing.address]
        with Transport(seeds) as client, open_cluster(client) as nodes:
            seen = Probe(nodes).observe(0.05)
    assert len(seen.answering) == 4
    assert [line for line in seen.unchecked if refusing.address in line] == [f"{refusing.address}: ERR no"]
