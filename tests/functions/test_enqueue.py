"""Adding jobs by a decorated function: what nodes refuse, and what may yet be delivered."""

import pytest

from disquectl import Client, OutcomeUnknown, PartlyDone, ReplyError, UsageError, job
from disquectl.jobs import SomeRefused, use_client
from tests.support.scripted_node import ScriptedNode

ID = b"+D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1\r\n"
REFUSED = b"-NOREPL Not enough reachable nodes\r\n"
UNKNOWN = b"-NOREPL Timeout reached\r\n"


@job(queue="letters", retry=60)
def send(to, subject="none"):
    """A function that does nothing."""


@pytest.fixture
def scripted():
    """Lets `enqueue` use a node with these replies."""
    nodes = []

    def script(*replies):
        node = ScriptedNode(list(replies)).__enter__()
        client = Client(node.address)
        nodes.append((node, client))
        use_client(client)
        return node

    yield script
    use_client(None)
    for node, client in nodes:
        client.close()
        node.__exit__(None, None, None)


def test_many_jobs_are_added_with_the_settings_of_the_function(client):
    use_client(client)
    try:
        ids = send.enqueue_bulk([["ada"], ("bob", "hi"), {"to": "eve"}])
        assert send.enqueue_bulk([]) == []
    finally:
        use_client(None)
    shown = [client.show(one) for one in ids]
    assert [one["body"] for one in shown] == [
        b'["ada"]',
        b'["bob","hi"]',
        b'{"args":[],"kwargs":{"to":"eve"}}',
    ]
    assert {(one["queue"], one["retry"]) for one in shown} == {(b"letters", 60)}


def test_some_that_are_refused_are_told_from_those_that_may_yet_be_delivered(scripted):
    scripted(ID, REFUSED, UNKNOWN, ID)
    with pytest.raises(SomeRefused, match=r"^2 of 4 jobs were not added.*1 of these may yet be") as caught:
        send.enqueue_bulk([["a"]] * 4)
    assert isinstance(caught.value, PartlyDone)
    assert [one is None for one in caught.value.ids] == [False, True, True, False]
    assert [type(one) for one in caught.value.problems] == [ReplyError, OutcomeUnknown]


@pytest.mark.parametrize(("reply", "kind"), [(REFUSED, ReplyError), (UNKNOWN, OutcomeUnknown)])
def test_where_none_was_added_it_is_the_problem_of_the_first(scripted, reply, kind):
    scripted(reply, reply)
    with pytest.raises(kind, match="NOREPL"):
        send.enqueue_bulk([["a"], ["b"]])
    scripted(reply)
    with pytest.raises(kind, match="NOREPL"):
        send.enqueue("a")


def test_arguments_are_checked_before_anything_is_sent(scripted):
    node = scripted()
    with pytest.raises(UsageError, match="JSON"):
        send.enqueue_bulk([["a"], [object()]])
    with pytest.raises(UsageError, match="a list, tuple or dict"):
        send.enqueue_bulk(["a"])
    with pytest.raises(UsageError, match="delay"):
        send.enqueue_in(-1, "a")
    assert node.accepted == 0
