"""The tap: each request and reply as it went over the wire, and never a password."""

import pytest

from disquectl import NotDisque, OutcomeUnknown, Tracer
from tests.support.scripted_node import AtOnce, ScriptedNode


@pytest.fixture
def tapped(make_client):
    """Make a client whose traffic is collected as (direction, bytes)."""

    def make(address, *, show_secrets=False, **options):
        events = []
        tracer = Tracer(
            lambda direction, node, seconds, data: events.append((direction, data)), show_secrets=show_secrets
        )
        return make_client(address, tracer=tracer, **options), events

    return make


def array(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def test_both_directions_are_shown_with_node_and_time(make_client):
    seen = []
    with ScriptedNode([b":1\r\n"]) as node:
        client = make_client(node.address, tracer=Tracer(lambda *event: seen.append(event)))
        client.qlen(b"q\xff")
        (out, to, sent_at, request), (back, whence, came_at, reply) = seen
        assert (out, back) == (">", "<")
        assert str(to) == str(whence) == node.address
        assert 1.7e9 < sent_at <= came_at
        assert request == array(b"QLEN", b"q\xff")
        assert reply == b":1\r\n"


def test_a_reply_that_comes_in_pieces_is_one_event(tapped):
    def drip(conn):
        for byte in b"*2\r\n$1\r\na\r\n+b\r\n":
            conn.sendall(bytes([byte]))

    with ScriptedNode([drip]) as node:
        client, events = tapped(node.address)
        client.call("X")
        assert events[1:] == [("<", b"*2\r\n$1\r\na\r\n+b\r\n")]


def test_the_password_is_hidden_and_so_is_its_length(tapped):
    with ScriptedNode([b"+OK\r\n", b":1\r\n"]) as node:
        client, events = tapped(node.address, password="a long secret")
        client.qlen("q")
        assert events[0] == (">", array(b"AUTH", b"***"))
        assert events[1] == ("<", b"+OK\r\n")


def test_secrets_are_shown_when_asked_for(tapped):
    with ScriptedNode([b"+OK\r\n", array(b"requirepass", b"pw")]) as node:
        client, events = tapped(node.address, password="pw", show_secrets=True)
        client.config_get()
        assert events[0] == (">", array(b"AUTH", b"pw"))
        assert events[3] == ("<", array(b"requirepass", b"pw"))


def test_requirepass_is_hidden_where_it_is_set_and_where_it_is_asked_for(tapped):
    with ScriptedNode([b"+OK\r\n", array(b"dir", b"/", b"requirepass", b"secret")]) as node:
        client, events = tapped(node.address)
        client.config_set("requirepass", "secret")
        assert client.config_get("*")[1]["value"] == b"secret"
        assert [data for _, data in events] == [
            array(b"CONFIG", b"SET", b"requirepass", b"***"),
            b"+OK\r\n",
            array(b"CONFIG", b"GET", b"*"),
            array(b"dir", b"/", b"requirepass", b"***"),
        ]


def test_passwords_of_others_are_hidden_in_monitor_and_slowlog(tapped):
    slow = b"*1\r\n*4\r\n:1\r\n:2\r\n:3\r\n" + array(b"AUTH", b"secret")
    lines = b'+OK\r\n+1.5 [127.0.0.1:5] "QLEN" "q"\r\n+1.6 [127.0.0.1:5] "auth" "secret"\r\n'
    with ScriptedNode([slow, lines]) as node:
        client, events = tapped(node.address)
        assert client.slowlog_get()[0]["args"] == [b"AUTH", b"secret"]
        assert len(list(client._transport.stream("MONITOR"))) == 3
        assert [data for direction, data in events if direction == "<"] == [
            b"*1\r\n*4\r\n:1\r\n:2\r\n:3\r\n" + array(b"AUTH", b"***"),
            b"+OK\r\n",
            b'+1.5 [127.0.0.1:5] "QLEN" "q"\r\n',
            b'+1.6 [127.0.0.1:5] "auth" "***"\r\n',
        ]


def test_the_configured_password_is_hidden_wherever_it_turns_up(tapped):
    script = [b"+OK\r\n", b"-ERR unknown command 'secret'\r\n", b"*2\r\n:1\r\n$8\r\n<secret>\r\n"]
    with ScriptedNode(script) as node:
        client, events = tapped(node.address, password="secret")
        client.call_many([("secret",), ("PING", "<secret>")])
        assert [data for _, data in events[2:]] == [
            array(b"***"),
            array(b"PING", b"<***>"),
            b"-ERR unknown command '***'\r\n",
            b"*2\r\n:1\r\n$5\r\n<***>\r\n",
        ]


def test_each_reply_is_looked_at_by_its_own_request_in_a_pipeline(tapped):
    with ScriptedNode([array(b"requirepass", b"body"), array(b"requirepass", b"secret")]) as node:
        client, events = tapped(node.address)
        client.call_many([("SHOW", "x"), ("CONFIG", "GET", "*")])
        assert [data for direction, data in events if direction == "<"] == [
            array(b"requirepass", b"body"),
            array(b"requirepass", b"***"),
        ]


def test_what_came_of_a_broken_reply_is_shown(tapped):
    with ScriptedNode([b"$100\r\nhalf"]) as node:
        client, events = tapped(node.address)
        with pytest.raises(OutcomeUnknown):
            client.call("X")
        assert events[-1] == ("<", b"$100\r\nhalf")


def test_a_broken_reply_that_may_hold_a_password_is_not(tapped):
    with ScriptedNode([b"*2\r\n$11\r\nrequirepass\r\n$6\r\nsecr"]) as node:
        client, events = tapped(node.address)
        with pytest.raises(OutcomeUnknown):
            client.call("CONFIG", "GET", "*")
        assert events[-1] == ("<", b"***")


def test_garbage_is_shown_as_it_came(tapped):
    with ScriptedNode([b"HTTP/1.1 400\r\n\r\n<html>"]) as node:
        client, events = tapped(node.address)
        with pytest.raises(NotDisque):
            client.call("X")
        assert b"".join(data for _, data in events[1:]) == b"HTTP/1.1 400\r\n\r\n<html>"


def test_what_comes_unasked_is_shown(tapped):
    with ScriptedNode([AtOnce(b"+hi\r\n+there\r\n")]) as node:
        client, events = tapped(node.address)
        client.call("X")
        assert events[1:] == [("<", b"+hi\r\n"), ("<", b"+there\r\n")]
