"""A Redis, or something else that speaks as one, is named and gets nothing that it could obey."""

import pytest

from disquectl import NotAuthorised, NotDisque, ReplyError
from tests.support.scripted_node import ScriptedNode

NODE_ID = "60c335b3c1d576cd47e7f9fe79b2a9c0b8c4133f"


def bulk(text):
    return f"${len(text)}\r\n{text}\r\n".encode()


HELLO = b"*3\r\n:1\r\n" + bulk(NODE_ID) + b"*4\r\n" + bulk(NODE_ID) + bulk("") + bulk("7711") + bulk("1")
REDIS_7_HELLO = (
    b"*6\r\n" + bulk("server") + bulk("redis") + bulk("version") + bulk("7.2.4") + bulk("proto") + b":2\r\n"
)
UNKNOWN = b"-ERR unknown command 'X', with args beginning with: \r\n"
REDIS_INFO = bulk("# Server\r\nredis_version:3.0.7\r\nredis_mode:standalone\r\n")
VALKEY_INFO = bulk("# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n")
DISQUE_INFO = bulk("# Server\r\ndisque_version:1.0-rc1\r\n")


def test_a_verb_that_a_redis_does_not_have_names_the_redis(make_client):
    with ScriptedNode([UNKNOWN, REDIS_INFO]) as node:
        with pytest.raises(NotDisque) as caught:
            make_client(node.address).addjob("q", "b")
        assert caught.value.message == f"{node.address} is a Redis 3.0.7, not a Disque"


def test_a_valkey_is_named_as_such(make_client):
    with ScriptedNode([UNKNOWN, VALKEY_INFO]) as node, pytest.raises(NotDisque, match=r"a Valkey 8\.0\.1"):
        make_client(node.address).qlen("q")


@pytest.mark.parametrize("info", [bulk("whatever"), b":1\r\n", UNKNOWN])
def test_something_else_that_lacks_the_verb_is_no_disque(make_client, info):
    with ScriptedNode([UNKNOWN, info]) as node, pytest.raises(NotDisque, match="is not a Disque"):
        make_client(node.address).qlen("q")


def test_a_verb_that_no_disque_has_is_an_error_reply(make_client):
    with ScriptedNode([b"-ERR unknown command 'GET'\r\n"]) as node:
        with pytest.raises(ReplyError, match="unknown command"):
            make_client(node.address).call("GET", "x")
        assert len(node.requests) == 1


def test_a_disque_with_a_renamed_verb_gives_its_error(make_client):
    with ScriptedNode([UNKNOWN, DISQUE_INFO]) as node, pytest.raises(ReplyError, match="unknown command"):
        make_client(node.address).qlen("q")


def test_verify_gives_the_hello_and_asks_once_a_connection(make_client):
    with ScriptedNode([HELLO, b"+PONG\r\n"], [HELLO]) as node:
        client = make_client(node.address)
        assert client.verify()["node"] == NODE_ID
        assert client.verify()["nodes"][0]["port"] == 7711
        client.ping()
        client.connect(replace=True)
        client.verify()
        assert [words[0] for words in node.requests] == [b"HELLO", b"PING", b"HELLO"]


@pytest.mark.parametrize("script", [[REDIS_7_HELLO], [UNKNOWN, REDIS_INFO]])
def test_verify_refuses_a_redis_old_and_new(make_client, script):
    with ScriptedNode(script) as node, pytest.raises(NotDisque, match="is a Redis"):
        make_client(node.address).verify()


@pytest.mark.parametrize(
    "reply", [b"*0\r\n", b"+hi\r\n", b"*-1\r\n", b"*2\r\n:1\r\n:2\r\n", b"HTTP/1.1 400\r\n"]
)
def test_verify_refuses_what_is_no_hello(make_client, reply):
    with ScriptedNode([reply]) as node, pytest.raises(NotDisque):
        make_client(node.address).verify()


def test_verify_takes_a_disque_that_is_loading(make_client):
    with ScriptedNode([b"-LOADING Disque is loading the dataset in memory\r\n"]) as node:
        assert make_client(node.address).verify() == {"version": 1, "node": "", "nodes": []}


def test_verify_without_the_password_is_not_authorised(make_client):
    with ScriptedNode([b"-NOAUTH Authentication required.\r\n"]) as node, pytest.raises(NotAuthorised):
        make_client(node.address).verify()
