"""Whatever clients do in whatever order, on two nodes: what must always hold."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from disquectl.sandbox.job import State

from .bench import Bench

QUEUES = st.sampled_from(["mail", "billing"])
NODES = st.integers(0, 1)
MAX_TTL_S = 60


class Sandbox(RuleBasedStateMachine):
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(nodes=2)
        self.acknowledged: set[bytes] = set()
        self.born_ms: dict[bytes, int] = {}

    @rule(
        target=jobs,
        node=NODES,
        queue=QUEUES,
        retry=st.sampled_from(["0", "1", "20"]),
        delay=st.sampled_from(["0", "0", "5"]),
    )
    def add(self, node: int, queue: str, retry: str, delay: str) -> object:
        # A single copy that is delivered again would be known to one node only after it moved to another:
        # acknowledged there it comes back, with a real Disque as well.
        copies = "1" if retry == "0" else "2"
        options = ["RETRY", retry, "DELAY", delay, "TTL", str(MAX_TTL_S), "REPLICATE", copies]
        reply = self.bench.call("ADDJOB", queue, "body", "0", "ASYNC", *options, node=node)
        if reply.startswith("-"):
            return multiple()
        self.born_ms[reply.encode()] = self.bench.now_ms
        return reply

    @rule(node=NODES, queue=QUEUES)
    def take(self, node: int, queue: str) -> None:
        for _, job_id, _ in self.bench.call("GETJOB", "NOHANG", "FROM", queue, node=node) or []:
            assert job_id not in self.acknowledged

    @rule(node=NODES, job=jobs, word=st.sampled_from(["NACK", "ENQUEUE", "DEQUEUE", "WORKING"]))
    def move(self, node: int, job: str, word: str) -> None:
        self.bench.call(word, job, node=node)

    @rule(node=NODES, job=consumes(jobs))
    def acknowledge(self, node: int, job: str) -> None:
        # An at-most-once job (even last digit) can only be acknowledged where it is.
        if int(job[-1], 16) % 2 or self.bench.state(job, node):
            self.bench.call("ACKJOB", job, node=node)
            self.acknowledged.add(job.encode())

    @rule(node=NODES, job=consumes(jobs))
    def delete(self, node: int, job: str) -> None:
        self.bench.call("DELJOB", job, node=node)

    @rule(seconds=st.sampled_from([0.1, 1.0, 7.0, 30.0]))
    def wait(self, seconds: float) -> None:
        self.bench.wait(seconds)

    @invariant()
    def a_job_is_in_its_queue_exactly_when_it_is_queued(self) -> None:
        for node in self.bench.nodes:
            listed = [job.id for queue in node.queues.values() for job in queue.peek(10_000)]
            queued = [job.id for job in node.jobs.values() if job.state is State.QUEUED]
            assert sorted(listed) == sorted(queued)

    @invariant()
    def the_length_is_what_can_be_seen_and_in_order(self) -> None:
        for index, node in enumerate(self.bench.nodes):
            for name in node.queues:
                seen = self.bench.call("QPEEK", name, "10000", node=index)
                assert self.bench.call("QLEN", name, node=index) == len(seen)
                assert seen == self.bench.call("QPEEK", name, "-10000", node=index)[::-1]

    @invariant()
    def nobody_keeps_what_was_acknowledged_or_is_too_old(self) -> None:
        for node in self.bench.nodes:
            assert not self.acknowledged & set(node.jobs)
            for job_id in node.jobs:
                # A copy may be a second younger, and is looked at a second late.
                assert self.bench.now_ms - self.born_ms[job_id] <= (MAX_TTL_S + 3) * 1000

    @invariant()
    def the_books_are_in_order(self) -> None:
        for node in self.bench.nodes:
            assert node.job_bytes == sum(job.weight_bytes for job in node.jobs.values())
            assert set(node.disposable) <= set(node.jobs)


Sandbox.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestSandbox = Sandbox.TestCase
