"""What a caller's own exceptions become on their way through the client, and what ours can be caught as."""

import copy
import pickle
import select
import signal
import threading

import pytest

from disquectl import (
    Client,
    ConnectionFailed,
    NoAnswer,
    NotDisque,
    OutcomeUnknown,
    ReplyError,
    Retry,
    UsageError,
)
from disquectl.client.pipeline import LostInFlight, NotAllSent
from disquectl.jobs import SomeRefused
from tests.support.scripted_node import AtOnce, ScriptedNode, refused_address, silent


class OwnTimeoutError(TimeoutError):
    """What a caller's signal handler raises."""


@pytest.fixture
def alarm():
    """A handler that raises, and a step of a script that sends its signal to the main thread."""

    def handler(*_):
        raise OwnTimeoutError("the caller's own")

    def ring(conn):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
        silent(conn)

    before = signal.signal(signal.SIGUSR1, handler)
    yield ring
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("words", [("ADDJOB", "q", "b", 0), ("QLEN", "q")])
def test_what_a_signal_handler_raises_while_a_reply_is_waited_for_stays_what_it_is(words, alarm, make_client):
    with ScriptedNode([alarm]) as node:
        client = make_client(node.address)
        with pytest.raises(OwnTimeoutError, match="the caller's own") as caught:
            client.call(*words, repeatable=words[0] == "QLEN")
        assert not client.connected
        notes = getattr(caught.value, "__notes__", [])
        assert [("may or may not" in note) for note in notes] == [True] * (words[0] == "ADDJOB")


def test_what_a_signal_handler_raises_while_a_request_is_sent_stays_what_it_is(alarm, make_client):
    def read_a_little(conn):
        conn.recv(10)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
        poll = select.poll()
        poll.register(conn, select.POLLHUP)
        poll.poll(30_000)

    with ScriptedNode([AtOnce(read_a_little)]) as node:
        client = make_client(node.address)
        with pytest.raises(OwnTimeoutError):
            # Far more than the buffers of both sockets hold.
            client.addjob("q", b"x" * 50_000_000)
        assert not client.connected


def test_what_a_signal_handler_raises_in_a_pipeline_stays_what_it_is(alarm, make_client):
    with ScriptedNode([alarm]) as node, pytest.raises(OwnTimeoutError):
        make_client(node.address).call_many([("QLEN", "q")] * 3, repeatable=True)


def test_no_connection_is_a_connection_error(make_client):
    with pytest.raises(ConnectionError) as caught:
        make_client(refused_address()).qlen("q")
    assert isinstance(caught.value, ConnectionFailed)
    assert "connection refused" in str(caught.value)
    assert caught.value.advice
    assert caught.value.exit_code == 5


def test_no_answer_is_a_timeout_error(make_client):
    with ScriptedNode([silent]) as node, pytest.raises(TimeoutError) as caught:
        make_client(node.address, response_timeout=0.1).qlen("q")
    assert isinstance(caught.value, NoAnswer)
    assert "no answer within 0.1s" in str(caught.value)
    assert caught.value.exit_code == 6


def test_an_unknown_outcome_is_neither(make_client):
    with ScriptedNode([silent]) as node, pytest.raises(OutcomeUnknown) as caught:
        make_client(node.address, response_timeout=0.1).addjob("q", "b")
    assert not isinstance(caught.value, OSError)


def test_something_else_than_a_disque_is_a_failed_connection():
    assert issubclass(NotDisque, ConnectionError)


@pytest.mark.parametrize(
    ("nodes", "addresses"),
    [
        (("host", 7712), ["host:7712"]),
        ([("host", 7712), ("::1", 7713)], ["host:7712", "[::1]:7713"]),
        ((("host", 7712), "other"), ["host:7712", "other:7711"]),
        (("one", "other"), ["one:7711", "other:7711"]),
    ],
)
def test_a_node_may_be_a_host_and_a_port(nodes, addresses):
    assert [str(node) for node in Client(nodes).nodes] == addresses


@pytest.mark.parametrize(
    "nodes",
    [("host", 0), ("host", 70000), [("host", "7711")], [("host",)], [7711], 7711, [None], [("", 7711)]],
)
def test_what_is_no_node_is_a_usage_error(nodes):
    with pytest.raises(UsageError):
        Client(nodes)


@pytest.mark.parametrize(
    "problem",
    [
        ReplyError("NOREPL text", "advice"),
        ConnectionFailed("a", "advice"),
        NoAnswer("a"),
        LostInFlight("lost", "advice", [b"a", ReplyError("X y")], 3),
        NotAllSent("not sent", "advice", [1]),
        SomeRefused([ReplyError("X y")], ["D-a", None]),
        Retry("later", after=5),
    ],
    ids=lambda problem: type(problem).__name__,
)
@pytest.mark.parametrize(
    "copied", [copy.copy, lambda one: pickle.loads(pickle.dumps(one))], ids=["copy", "pickle"]
)
def test_an_exception_can_be_handed_on_to_another_process(problem, copied):
    problem.add_note("a note")
    found = copied(problem)
    assert type(found) is type(problem)
    assert str(found) == str(problem)
    assert found.args == problem.args
    assert vars(found).keys() == vars(problem).keys()
    assert repr(vars(found)) == repr(vars(problem))
