"""Sampling over time: nodes that join, are forgotten, restart or hang."""

from __future__ import annotations

import time

import pytest

from disquectl import Client
from disquectl.client.connection_factory import ConnectionFactory
from disquectl.client.transport import Transport
from disquectl.fanout import sampler as module
from disquectl.fanout.sampler import Sampler
from disquectl.merge import sampling_plan
from disquectl.merge.samples import NodeSamples
from disquectl.merge.sampling_plan import NodePlan
from disquectl.sandbox.thread import SandboxThread
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def _look_often(monkeypatch):
    monkeypatch.setattr(sampling_plan, "SELDOM_EVERY", 0.0)
    monkeypatch.setattr(sampling_plan, "NAMES_EVERY", 0.0)


def sampling(*nodes):
    client = Transport(",".join(nodes), ConnectionFactory(connect_timeout=2.0, response_timeout=2.0))
    return Sampler(client, lambda: NodePlan(0.1))


def ticked(sampler):
    sampler.tick(time.monotonic() + 2)
    return sampler.samples


def addresses(samples):
    return sorted((node.name, node.is_up) for node in samples.nodes.values())


def test_a_node_that_joins_is_found_and_one_that_is_forgotten_is_not_tried_any_more():
    with SandboxThread() as first, SandboxThread() as second:
        one, two = first.addresses[0], second.addresses[0]
        with sampling(one) as sampler, Client(one) as client:
            sampler.first(time.monotonic() + 5)
            assert addresses(sampler.samples) == [(one, True)]
            host, _, port = two.rpartition(":")
            client.call("CLUSTER", "MEET", host, port)
            wait_until(lambda: addresses(ticked(sampler)) == sorted([(one, True), (two, True)]))
            second.stop_node(0)
            wait_until(lambda: addresses(ticked(sampler)) == sorted([(one, True), (two, False)]))
            hello = client.hello()
            for other in hello["nodes"]:
                if other["id"] != hello["node"]:
                    client.call("CLUSTER", "FORGET", other["id"])
            wait_until(lambda: addresses(ticked(sampler)) == [(one, True)])


def test_a_queue_is_sampled_and_forgotten_when_it_is_gone(node, client):
    client.addjob("mail", "a")
    with sampling(node) as sampler:
        sampler.first(time.monotonic() + 5)
        assert sampler.samples.queue(b"mail").length == 1
        client.debug("FLUSHALL")
        wait_until(lambda: not [*ticked(sampler).queue_names()])
        client.addjob("new", "a")
        wait_until(lambda: [*ticked(sampler).queue_names()] == [b"new"])


def test_a_node_that_comes_back_as_another_process_has_no_rates_at_first():
    with SandboxThread(nodes=2) as sandbox:
        one, two = sandbox.addresses
        with sampling(one) as sampler, Client(two) as client:
            client.addjob("mail", "a", replicate=1)
            sampler.first(time.monotonic() + 5)
            assert addresses(ticked(sampler)) == sorted([(one, True), (two, True)])
            assert sampler.samples.total()["rate_in"] == 0.0
            sandbox.stop_node(1)
            wait_until(lambda: (two, False) in addresses(ticked(sampler)))
            assert sampler.samples.total()["rate_in"] == 0.0
            with SandboxThread(port=int(two.rpartition(":")[2])):
                wait_until(lambda: ticked(sampler).total()["rate_in"] is None)
                wait_until(lambda: ticked(sampler).total()["rate_in"] == 0.0)


def test_connections_of_nodes_that_fail_again_and_again_are_not_kept(mortal):
    with sampling(*mortal.addresses) as sampler:
        sampler.first(time.monotonic() + 5)
        mortal.stop_node(2)
        for _ in range(20):
            ticked(sampler)
        assert len(sampler._connected) == 3
        assert len(sampler.cluster.known()) == 3


def test_jobs_are_scanned_between_two_samples(node, client):
    for number in range(5):
        client.addjob("mail", f"{number}")
    client.addjob("mail", "later", delay=100)
    client.getjob("mail", nohang=True)
    with sampling(node) as sampler:
        sampler.first(time.monotonic() + 5)
        sampler.scan_jobs(time.monotonic() + 5, lambda _: sampler.jobs.result is not None)
        found = sampler.jobs.result.queues[b"mail"]
        assert (found.delayed, found.in_flight, found.is_exact) == (1, 1, True)
        assert module.SLICE_SECONDS < 0.05


def test_a_scan_goes_on_without_a_node_that_fails(mortal):
    with Client(mortal.addresses[0]) as client:
        for number in range(3_000):
            client.addjob("mail", f"{number}", replicate=1)
    with sampling(*mortal.addresses) as sampler:
        sampler.first(time.monotonic() + 5)
        sampler.scan_jobs(time.monotonic() + 0.05, lambda _: False)
        mortal.stop_node(2)
        while sampler.jobs.result is None:
            ticked(sampler)
            sampler.scan_jobs(time.monotonic() + 0.1, lambda _: False)
        assert b"mail" in sampler.jobs.result.queues


def test_a_node_that_answers_late_is_left_to_the_next_sample(node):
    class Late(Sampler):
        def tick(self, until, first=()):
            super().tick(until, first)
            late = self.samples.nodes["late"] = NodeSamples("late", "late:1")
            late.is_up = True

    with Late(Transport(node), lambda: NodePlan(0.1)) as sampler:
        sampler.first(time.monotonic() + 5)
        assert {name for name, _ in addresses(sampler.samples)} == {node, "late:1"}


def test_a_node_that_has_not_answered_everything_is_up_unless_it_is_silent(node):
    """A node or a machine that is busy is not down."""
    block = [b"GETJOB", b"TIMEOUT", b"60000", b"FROM", b"none"]
    client = Transport(node, ConnectionFactory(response_timeout=60.0))
    with Sampler(client, lambda: NodePlan(0.1, seldom=(block,))) as sampler:
        sampler.first(time.monotonic() + 0.2)
        assert addresses(sampler.samples) == [(node, True)]
        sampler.tick(time.monotonic() + 0.1)
        assert addresses(sampler.samples) == [(node, False)]
