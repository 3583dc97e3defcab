"""Passwords: what is sent first, and what the answers to it mean."""

import pytest

from disquectl import ConnectionFailed, NotAuthorised, NotDisque
from tests.support.scripted_node import ScriptedNode, close, silent

NOT_SET = b"-ERR Client sent AUTH, but no password is set\r\n"


def test_the_password_goes_first_on_each_connection(make_client):
    script = [b"+OK\r\n", b":1\r\n"]
    with ScriptedNode(script, script) as node:
        client = make_client(node.address, password="pass word\udcff")
        client.qlen("q")
        client.connect(replace=True)
        client.qlen("q")
        assert node.requests == [[b"AUTH", b"pass word\xff"], [b"QLEN", b"q"]] * 2


@pytest.mark.parametrize("password", [None, "", b""])
def test_without_a_password_none_is_sent(make_client, password):
    with ScriptedNode([b":1\r\n"]) as node:
        make_client(node.address, password=password).qlen("q")
        assert node.requests == [[b"QLEN", b"q"]]


def test_a_password_that_is_not_needed_is_a_warning_once(make_client):
    script = [NOT_SET, b":1\r\n"]
    warnings = []
    with ScriptedNode(script, script) as node:
        client = make_client(node.address, password="secret", notice=warnings.append)
        assert client.qlen("q") == 1
        client.connect(replace=True)
        assert client.qlen("q") == 1
        assert warnings == [f"{node.address} has no password set; the one given was not needed"]


def test_a_wrong_password_says_what_to_look_at_and_never_itself(make_client):
    with ScriptedNode([b"-ERR invalid password\r\n"]) as node:
        client = make_client(node.address, password="secret")
        with pytest.raises(NotAuthorised, match="invalid password") as caught:
            client.qlen("q")
        assert "DISQUE_PASSWORD" in caught.value.advice
        assert "secret" not in caught.value.message + caught.value.advice
        assert not client.connected


@pytest.mark.parametrize("password", ["secret\n", b"secret\r\n"])
def test_a_wrong_password_that_ends_with_a_line_end_says_so(password, make_client):
    with ScriptedNode([b"-ERR invalid password\r\n"]) as node:
        with pytest.raises(NotAuthorised) as caught:
            make_client(node.address, password=password).qlen("q")
        assert "The password ends with a line end" in caught.value.advice
        assert "secret" not in caught.value.message + caught.value.advice.replace("Kubernetes secret", "")


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        ("WRONGPASS invalid username-password pair or user is disabled.", "DISQUE_PASSWORD"),
        ("NOPERM this user has no permissions to run the 'addjob' command", "is this a Redis?"),
    ],
)
@pytest.mark.parametrize("password", [None, "x"])
def test_what_a_redis_does_not_allow_is_not_authorised(password, refusal, advice, make_client):
    with ScriptedNode([f"-{refusal}\r\n".encode()]) as node:
        with pytest.raises(NotAuthorised) as caught:
            make_client(node.address, password=password).addjob("q", "b")
        assert caught.value.message == refusal
        assert advice in caught.value.advice
        assert caught.value.exit_code == 7


def test_a_password_that_is_missing_says_how_to_give_it(make_client):
    with ScriptedNode([b"-NOAUTH Authentication required.\r\n"]) as node:
        with pytest.raises(NotAuthorised, match="NOAUTH") as caught:
            make_client(node.address).qlen("q")
        assert "--password-file" in caught.value.advice


def test_a_web_server_that_gets_a_password_is_no_disque(make_client):
    with ScriptedNode([b"HTTP/1.1 400 Bad Request\r\n"]) as node, pytest.raises(NotDisque):
        make_client(node.address, password="secret").addjob("q", "b")


@pytest.mark.parametrize("step", [close, silent])
def test_a_node_that_does_not_answer_the_password_is_passed_over(make_client, step):
    with ScriptedNode([step]) as node, ScriptedNode([b"+OK\r\n", b"+D-x\r\n"]) as other:
        client = make_client([node.address, other.address], password="pw", response_timeout=0.1)
        assert client.addjob("q", "b") == "D-x"


def test_what_was_not_sent_because_of_the_password_is_certain(make_client):
    with ScriptedNode([silent]) as node, pytest.raises(ConnectionFailed, match="no answer to AUTH"):
        make_client(node.address, password="pw", response_timeout=0.1).addjob("q", "b")


def test_a_node_that_is_loading_may_be_logged_in_to(make_client):
    loading = b"-LOADING Disque is loading the dataset in memory\r\n"
    with ScriptedNode([loading, b"$0\r\n\r\n"]) as node:
        assert make_client(node.address, password="pw").info() == {}


def test_auth_logs_in_now_and_on_later_connections(make_client):
    with ScriptedNode([b"+OK\r\n"], [b"+OK\r\n", b":1\r\n"]) as node:
        client = make_client(node.address)
        client.auth("secret")
        client.connect(replace=True)
        assert client.qlen("q") == 1
        assert [words[0] for words in node.requests] == [b"AUTH", b"AUTH", b"QLEN"]


def test_auth_with_a_wrong_password_is_not_kept(make_client):
    with ScriptedNode([b"-ERR invalid password\r\n"], [b":1\r\n"]) as node:
        client = make_client(node.address)
        with pytest.raises(NotAuthorised):
            client.auth("wrong")
        client.connect(replace=True)
        assert client.qlen("q") == 1
