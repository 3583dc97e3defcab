"""A healthy cluster under load has no finding, for as many seconds as DISQUECTL_TEST_LOAD_SECONDS says."""

from __future__ import annotations

import os
import threading
import time

import pytest

from disquectl import Client
from tests.health.doctor import doctor

SECONDS = float(os.environ.get("DISQUECTL_TEST_LOAD_SECONDS", "10"))
QUEUES = ("mail", "thumbnails", "billing")


def produce(nodes, ended):
    """Jobs of all kinds: now and later, with few seconds to live and with many."""
    with Client(nodes) as client:
        number = 0
        while not ended.is_set():
            number += 1
            queue = QUEUES[number % len(QUEUES)]
            client.addjob(queue, f"{number}" * 20, delay=int(number % 7 == 0), ttl=60 + number % 3 * 3600)
            ended.wait(0.005)


def consume(node, ended):
    """Takes a few jobs, works on them, fails for some at first, and acknowledges where it took them."""
    with Client(node) as client:
        while not ended.is_set():
            jobs = client.getjob(*QUEUES, count=5, timeout_ms=200, withcounters=True)
            ended.wait(0.01)
            for job in jobs:
                if hash(job["id"]) % 50 == 0 and not job["nacks"]:
                    client.nack(job["id"])
                else:
                    client.ackjob(job["id"])


@pytest.mark.timeout(SECONDS + 110)
def test_no_finding(cluster):
    ended = threading.Event()
    work = [(produce, cluster[0]), (produce, cluster[1]), *((consume, node) for node in cluster * 2)]
    threads = [threading.Thread(target=do, args=(node, ended)) for do, node in work]
    for thread in threads:
        thread.start()
    try:
        deadline = time.monotonic() + SECONDS
        looks = 0
        while time.monotonic() < deadline or not looks:
            assert doctor(cluster[looks % 3], "--interval", "2s") == {}
            looks += 1
    finally:
        ended.set()
        for thread in threads:
            thread.join()
