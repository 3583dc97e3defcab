"""A scan at a pace: it reads all jobs, rests in between, and goes on without a node that fails or refuses."""

from __future__ import annotations

import time

import pytest

from disquectl.client.transport import Transport
from disquectl.fanout import paced_scan
from disquectl.fanout.ask import Refusals, open_cluster
from disquectl.fanout.paced_scan import PacedScan, scan_slowly
from disquectl.merge.scan_pace import ScanPace
from tests.support.jobs import fill
from tests.support.scripted_node import ScriptedNode


@pytest.fixture
def opened(cluster):
    with Transport(cluster) as client, open_cluster(client) as nodes:
        for _ in nodes.ask():
            pass
        yield nodes


class Clock:
    """A clock that each look moves by a millisecond."""

    def __init__(self):
        self.now = 0.0
        self.rested = 0.0

    def monotonic(self):
        self.now += 0.001
        return self.now

    def process_time(self):
        return 0.0

    def time(self):
        return time.time()

    def sleep(self, seconds):
        self.rested += seconds
        self.now += seconds


@pytest.mark.parametrize(("share", "rests"), [(1.0, False), (0.1, True)])
def test_a_slow_scan_reads_all_jobs_and_rests(share, rests, cluster, opened, monkeypatch):
    fill(cluster[0], [f"{number}" for number in range(200)], "mail", replicate=1)
    clock = Clock()
    monkeypatch.setattr(paced_scan, "time", clock)
    pages = [len(page) for _, page in scan_slowly(opened, share, Refusals())]
    assert sum(pages) == 200
    assert (clock.rested > 0) is rests


def test_pages_are_small(cluster, opened):
    fill(cluster[0], ["x" * 20_000] * 100, "mail", replicate=1)
    pages = [len(page) for _, page in scan_slowly(opened, 1.0, Refusals())]
    assert sum(pages) == 100
    assert max(pages) <= 2 * paced_scan.PAGE_BYTES // 20_000


def test_one_page_at_a_time_is_asked_of_a_node(opened):
    (node, *_) = opened.answered()
    scan = PacedScan([node], lambda _: ScanPace())
    assert scan.due(node) == 0.0
    scan.next_page(node)
    assert scan.due(node) is None
    assert scan.take(node, [b"7", []]) == []
    scan.done()
    assert scan.next_page(node)[1] == b"7"
    assert scan.due(node) is None
    assert scan.drop(node)
    assert not scan.drop(node)
    assert scan.left == []
    assert scan.take(node, [b"7", []]) == []  # it comes too late


def test_a_node_that_refuses_is_left_out():
    hello = b"*3\r\n:1\r\n$1\r\nx\r\n*4\r\n$1\r\nx\r\n$0\r\n\r\n$1\r\n1\r\n$1\r\n1\r\n"
    with (
        ScriptedNode([hello, b"-ERR no\r\n"]) as refusing,
        Transport([refusing.address]) as client,
        open_cluster(client) as nodes,
    ):
        for _ in nodes.ask():
            pass
        refusals = Refusals()
        assert list(scan_slowly(nodes, 1.0, refusals)) == []
        assert refusals.lines() == [f"{refusing.address}: ERR no"]
