"""A connection that names itself: the caller sees neither the request nor its reply."""

import select

import pytest

from disquectl.client.address import parse_node
from disquectl.client.connection_factory import ConnectionFactory
from disquectl.client.node_connection import NodeConnection
from tests.support.hello import A, hello
from tests.support.scripted_node import ScriptedNode, close
from tests.support.waiting import wait_until

OK = b"+OK\r\n"


def answers(node, *requests, password=None, client_name=b"disquectl:work:h:1:q=mail"):
    """A connection that sent these requests, after all was answered; and what its caller got."""
    factory = ConnectionFactory(password=password)
    connection = NodeConnection(parse_node(node.address), factory, client_name=client_name)
    connection.ask(requests)
    found = []

    def is_done():
        ready = select.select([connection], [connection], [], 0.1)
        events = (select.POLLIN if ready[0] else 0) | (select.POLLOUT if ready[1] else 0)
        found.extend(connection.advance(events & connection.events))
        return not connection.is_waiting

    wait_until(is_done)
    connection.close()
    return connection, [words[0] for words, _ in found]


def sent(node):
    """The commands that a node got."""
    return [words[0] for words in node.requests]


@pytest.mark.parametrize("reply", [OK, b"-ERR unknown command 'CLIENT'\r\n", b"-NOAUTH x\r\n", b":1\r\n"])
def test_it_names_itself_before_other_requests_and_a_refusal_does_not_matter(reply):
    with ScriptedNode([hello(A), reply, b"+PONG\r\n"]) as node:
        connection, names = answers(node, [b"PING"])
    assert names == [b"HELLO", b"PING"]
    assert connection.failure is None
    assert node.requests[1] == [b"CLIENT", b"SETNAME", b"disquectl:work:h:1:q=mail"]


def test_after_the_password():
    with ScriptedNode([OK, hello(A), OK, b"+PONG\r\n"]) as node:
        answers(node, [b"PING"], password="s3cret")
    assert sent(node) == [b"AUTH", b"HELLO", b"CLIENT", b"PING"]


def test_without_a_name_nothing_is_sent():
    with ScriptedNode([hello(A), b"+PONG\r\n"]) as node:
        answers(node, [b"PING"], client_name=b"")
    assert sent(node) == [b"HELLO", b"PING"]


def test_a_name_without_a_reply_is_no_request_of_the_caller():
    with ScriptedNode([hello(A), close]) as node:
        connection, _ = answers(node)
    assert connection.failure is not None
    assert not connection.outcome_is_unknown


def test_the_caller_may_send_the_same_words():
    with ScriptedNode([hello(A), OK, OK]) as node:
        _, names = answers(node, [b"CLIENT", b"SETNAME", b"x"], client_name=b"x")
    assert names == [b"HELLO", b"CLIENT"]
