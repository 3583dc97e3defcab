"""Load on a healthy cluster, and what `doctor` finds meanwhile, which has to be nothing.

    python -m tests.health.load MINUTES [HOST:PORT,...]

Without nodes, on three of the sandbox. Nodes have to be on loopback and hold no jobs; they are emptied at the
end. It writes a line for each minute and each finding, and exits with 1 if there was a finding.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.bench.shared import prepare
from tests.health.doctor import doctor

QUEUES = ("mail", "thumbnails", "billing")
# At each node, besides a producer.
CONSUMERS = 2


class Load:
    """A context manager: producers and consumers of three queues. `added`, `done`: jobs so far."""

    def __init__(self, nodes):
        self.added = self.done = 0
        self._ended = threading.Event()
        self._lock = threading.Lock()
        consumers = [(self._consume, node) for node in nodes * CONSUMERS]
        work = [(self._produce, node) for node in nodes] + consumers
        self._threads = [threading.Thread(target=do, args=(node,)) for do, node in work]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _produce(self, node):
        """Jobs of all kinds: now and later, with few seconds to live and with many."""
        with Client(node) as client:
            number = 0
            while not self._ended.is_set():
                number += 1
                queue = QUEUES[number % len(QUEUES)]
                client.addjob(queue, f"{number}" * 20, delay=int(number % 7 == 0), ttl=60 + number % 3 * 3600)
                with self._lock:
                    self.added += 1
                self._ended.wait(0.005)

    def _consume(self, node):
        """Takes a few jobs, works on them, fails for some at first, and acknowledges where it took them."""
        with Client(node) as client:
            while not self._ended.is_set():
                jobs = client.getjob(*QUEUES, count=5, timeout_ms=200, withcounters=True)
                self._ended.wait(0.01)
                for job in jobs:
                    if hash(job["id"]) % 50 == 0 and not job["nacks"]:
                        client.nack(job["id"])
                    else:
                        client.ackjob(job["id"])
                        with self._lock:
                            self.done += 1


def findings(nodes, seconds, interval="2s"):
    """Look again and again, at each node in turn; yield what each look finds: rule -> findings."""
    deadline = time.monotonic() + seconds
    looks = 0
    while time.monotonic() < deadline or not looks:
        yield doctor(nodes[looks % len(nodes)], "--interval", interval)
        looks += 1


def empty(node):
    with Client(node) as client:
        client.debug("FLUSHALL")


def main(minutes, given=""):
    with contextlib.ExitStack() as stack:
        nodes = given.split(",") if given else stack.enter_context(SandboxThread(nodes=3)).addresses
        for node in nodes:
            prepare(node)
            stack.callback(empty, node)
        load = stack.enter_context(Load(nodes))
        begun = said = time.monotonic()
        looks = bad = 0
        for found in findings(nodes, float(minutes) * 60):
            looks, bad = looks + 1, bad + bool(found)
            for case in (case for cases in found.values() for case in cases):
                print(json.dumps(case), flush=True)
            if time.monotonic() - said >= 60:
                said = time.monotonic()
                print(f"{said - begun:.0f} s: {looks} looks, {load.added} jobs added", flush=True)
    print(f"{looks} looks, {bad} with findings; {load.added} jobs added, {load.done} acknowledged")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
