"""The order of things in time: which comes first, and not too early."""

from __future__ import annotations

import pytest

from disquectl.sandbox.upkeep import wake

from .bench import Bench

ADD = ("ADDJOB", "q", "b", "5000")


def mixed(node_id: bytes, job_id: bytes) -> bytes:
    """A node ID mixed with the random part of a job's ID, which is what Disque compares."""
    return bytes(octet ^ job_id[11 + at % 24] for at, octet in enumerate(node_id))


@pytest.mark.parametrize("word", ["ENQUEUE", "NACK"])
def test_which_of_two_nodes_drops_a_job_that_both_have_queued_depends_on_the_job(word: str) -> None:
    bench = Bench(nodes=2)
    first, second = (node.node_id for node in bench.nodes)
    outcomes = set()
    for _ in range(40):
        job_id = bench.call(*ADD, "RETRY", "300")
        assert bench.call(word, job_id, node=1) == 1
        states = bench.state(job_id), bench.state(job_id, 1)
        sender_wins = mixed(second, job_id.encode()) > mixed(first, job_id.encode())
        assert states == ("active" if sender_wins else "queued", "queued")
        outcomes.add(states)
    assert len(outcomes) == 2


def test_a_job_that_never_comes_back_is_forgotten_the_second_after_its_expiry() -> None:
    bench = Bench()
    job_id = bench.call(*ADD, "TTL", "20", "RETRY", "0")
    assert bench.fields("SHOW", job_id)["next-awake-within"] == 21_000
    bench.wait(20.9)
    assert bench.state(job_id) == "queued"
    bench.wait(0.2)
    assert bench.state(job_id) is None


def test_a_job_that_is_looked_at_is_forgotten_in_its_last_second_and_not_before() -> None:
    bench = Bench()
    job_id = bench.call(*ADD, "TTL", "20", "RETRY", "5")
    node = bench.nodes[0]
    job = node.jobs[job_id.encode()]
    wake(node, job, job.expires_s * 1000 - 1)
    assert bench.state(job_id) is not None
    wake(node, job, job.expires_s * 1000)
    assert bench.state(job_id) is None
