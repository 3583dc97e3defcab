"""Which words are names of existing queues: asked of all nodes, for queues and for jobs."""

from __future__ import annotations

import pytest

from disquectl.client.transport import Transport
from disquectl.fanout.ask import Refusals, open_cluster
from disquectl.fanout.existing_queues import existing_queues, settle_queues
from disquectl.spec.queue_patterns import QueueWords


@pytest.fixture
def asked(cluster):
    """The names of these that exist, found from the second node."""

    def ask(*names):
        refusals = Refusals()
        with Transport(cluster[1]) as transport, open_cluster(transport) as nodes:
            found = existing_queues(nodes, names, refusals)
        assert not refusals.found
        return found

    return ask


def test_a_queue_of_any_node_exists(clients, asked):
    clients[2].addjob("mail*", "x", replicate=1)
    clients[0].addjob("mail", "x", replicate=1)
    clients[0].pause("empty?", "in")
    assert asked(b"mail*", b"mail?", b"empty?") == {b"mail*", b"empty?"}


def test_a_queue_of_delayed_jobs_exists(clients, asked):
    for number in range(3):
        clients[2].addjob("late*", f"{number}", delay=600, replicate=1)
    clients[0].addjob("later", "x", replicate=1)
    assert clients[2].qstat("late*") is None
    assert asked(b"late*", b"late?", b"lat[e]") == {b"late*"}


def test_jobs_on_later_pages_of_the_scan_are_found(clients, asked):
    many = [("ADDJOB", "many", f"{number}", 0, "REPLICATE", 1) for number in range(1_500)]
    names = {b"%d*" % number for number in range(30)}
    delayed = [("ADDJOB", name, "x", 0, "REPLICATE", 1, "DELAY", 600) for name in sorted(names)]
    # Whatever the order of a scan is, so many at both ends are not all on its first page.
    clients[2].call_many([*delayed[:15], *many, *delayed[15:]])
    assert asked(*names, b"late?") == names


def test_without_open_words_nothing_is_asked():
    words = QueueWords((b"mail",))
    settle_queues(None, words, Refusals())  # it has no cluster to ask
    assert words.wants(b"mail")


def test_words_are_settled_by_what_exists(cluster, clients):
    clients[2].addjob("mail*", "x", replicate=1)
    words = QueueWords((b"mail*", b"sm*"))
    with Transport(cluster[0]) as transport, open_cluster(transport) as nodes:
        settle_queues(nodes, words, Refusals())
    assert words.wants(b"mail*")
    assert not words.wants(b"mail")
    assert words.wants(b"sms")
