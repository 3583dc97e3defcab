"""Which requests are sent again, and where; and what is said when it cannot be known what became of one."""

import signal
import threading

import pytest

from disquectl import ConnectionFailed, NoAnswer, Node, NotDisque, OutcomeUnknown, ReplyError, UsageError
from disquectl.client.failover import FailoverPlan
from tests.support.scripted_node import AtOnce, ScriptedNode, close, drip, refused_address, silent
from tests.support.waiting import wait_until

ID = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"

# What does not change anything when it is done twice, and what does.
REPEATABLE = {
    "ACKJOB": lambda c: c.ackjob(ID),
    "FASTACK": lambda c: c.fastack(ID),
    "QLEN": lambda c: c.qlen("q"),
    "QSTAT": lambda c: c.qstat("q"),
    "QPEEK": lambda c: c.qpeek("q"),
    "QSCAN": lambda c: c.qscan(),
    "JSCAN": lambda c: c.jscan(),
    "SHOW": lambda c: c.show(ID),
    "HELLO": lambda c: c.hello(),
    "INFO": lambda c: c.info(),
    "PING": lambda c: c.ping(),
    "TIME": lambda c: c.time(),
    "CONFIG": lambda c: c.config_get(),
    "CLIENT": lambda c: c.client_list(),
    "CLUSTER": lambda c: c.cluster_nodes(),
    "SLOWLOG": lambda c: c.slowlog_get(),
    "LATENCY": lambda c: c.latency_latest(),
    "COMMAND": lambda c: c.command(),
}
ONCE = {
    "ADDJOB": lambda c: c.addjob("q", "body"),
    "GETJOB": lambda c: c.getjob("q", nohang=True),
    "NACK": lambda c: c.nack(ID),
    "ENQUEUE": lambda c: c.enqueue(ID),
    "DEQUEUE": lambda c: c.dequeue(ID),
    "DELJOB": lambda c: c.deljob(ID),
    "WORKING": lambda c: c.working(ID),
    "PAUSE": lambda c: c.pause("q", "in"),
    "CONFIG": lambda c: c.config_set("hz", 10),
    "CLIENT": lambda c: c.client_pause(1),
    "CLUSTER": lambda c: c.cluster_set_leaving(True),
    "SLOWLOG": lambda c: c.slowlog_reset(),
    "LATENCY": lambda c: c.latency_reset(),
    "DEBUG": lambda c: c.debug("FLUSHALL"),
    "BGREWRITEAOF": lambda c: c.bgrewriteaof(),
    "LOADJOB": lambda c: c.loadjob("x"),
    "FROBNICATE": lambda c: c.call("FROBNICATE"),
}


@pytest.mark.parametrize("verb", ONCE)
def test_what_may_matter_twice_is_sent_once(verb, make_client):
    with ScriptedNode([close], [close]) as first, ScriptedNode([close]) as second:
        client = make_client([first.address, second.address])
        with pytest.raises(
            OutcomeUnknown, match=f"^{first.address}: .* may or may not have been carried out"
        ):
            ONCE[verb](client)
        assert [words[0] for words in first.requests] == [verb.encode()]
        assert second.accepted == 0


@pytest.mark.parametrize("verb", REPEATABLE)
def test_what_changes_nothing_goes_to_the_next_seed_and_once_more_to_the_first(verb, make_client):
    with ScriptedNode([close], [close]) as first, ScriptedNode([close], [close]) as second:
        client = make_client([first.address, second.address])
        with pytest.raises(ConnectionFailed) as caught:
            REPEATABLE[verb](client)
        assert [words[0] for words in first.requests] == [verb.encode()] * 2
        assert [words[0] for words in second.requests] == [verb.encode()] * 2
        assert caught.value.message == (
            f"{first.address}: closed by the node; {second.address}: closed by the node"
        )


def test_a_read_is_answered_by_the_next_seed(make_client):
    with ScriptedNode([close]) as first, ScriptedNode([b":7\r\n", silent]) as second:
        client = make_client(f"{first.address},{second.address}")
        assert client.qlen("q") == 7
        assert str(client.node) == second.address


def test_a_read_is_tried_once_more_at_a_single_seed(make_client):
    with ScriptedNode([close], [b":7\r\n"]) as node:
        assert make_client(node.address).qlen("q") == 7


def test_nothing_is_connected_before_the_first_request(make_client):
    with ScriptedNode([b":7\r\n", silent]) as node:
        client = make_client(node.address)
        assert not client.connected
        assert client.node is None
        assert node.accepted == 0
        assert client.qlen("q") == 7
        assert client.connected
        assert str(client.node) == node.address


@pytest.mark.parametrize("words", [("ADDJOB", "q", "b", 0), ("QLEN", "q")])
def test_seeds_that_cannot_be_reached_are_passed_over_whatever_the_request(words, make_client):
    with ScriptedNode([b"+done\r\n"]) as node:
        client = make_client([refused_address(), node.address])
        assert client.call(*words) == b"done"


def test_when_no_seed_can_be_reached_each_is_named_with_its_reason(make_client):
    first, second = refused_address(), refused_address()
    with pytest.raises(ConnectionFailed) as caught:
        make_client([first, second]).addjob("q", "b")
    assert caught.value.message == f"{first}: connection refused; {second}: connection refused"
    assert not isinstance(caught.value, NotDisque)


def test_an_idle_connection_that_ended_is_opened_again_before_a_write(make_client):
    with ScriptedNode([b":1\r\n"], [f"+{ID}\r\n".encode()]) as node:
        client = make_client(node.address)
        assert client.qlen("q") == 1
        wait_until(lambda: not client.connected)
        assert client.addjob("q", "b") == ID
        assert [words[0] for words in node.requests] == [b"QLEN", b"ADDJOB"]


def test_after_an_idle_end_the_same_node_comes_first_and_then_the_others(make_client):
    with ScriptedNode([b":2\r\n"]) as second, ScriptedNode([b":3\r\n", silent]) as third:
        client = make_client([refused_address(), second.address, third.address])
        assert client.qlen("q") == 2
        wait_until(lambda: not client.connected)
        assert client.qlen("q") == 3
        assert str(client.node) == third.address


def test_failover_begins_with_the_node_that_was_connected_last(make_client):
    with (
        ScriptedNode([close], [b":9\r\n"]) as first,
        ScriptedNode([b":1\r\n"], [b":2\r\n"]) as second,
        ScriptedNode([b":3\r\n"], [b":4\r\n", silent]) as third,
    ):
        client = make_client([first.address, second.address, third.address])
        assert client.qlen("q") == 1
        for value in (2, 3, 4):  # the same node as long as it is there, then those behind it
            wait_until(lambda: not client.connected)
            assert client.qlen("q") == value
        assert first.accepted == 1


def test_the_seeds_before_the_node_that_was_connected_last_come_at_the_end(make_client):
    with ScriptedNode([close], [b":9\r\n", silent]) as first, ScriptedNode([b":1\r\n"]) as second:
        client = make_client([first.address, second.address, refused_address()])
        assert client.qlen("q") == 1
        wait_until(lambda: not client.connected)
        assert client.qlen("q") == 9
        assert str(client.node) == first.address


def test_a_pinned_request_and_one_more_connection_go_to_the_node_that_was_connected_last(make_client):
    with ScriptedNode([close]) as first, ScriptedNode([b":1\r\n"], [b"+OK\r\n"], [silent]) as second:
        client = make_client([first.address, second.address])
        assert client.qlen("q") == 1
        wait_until(lambda: not client.connected)
        client.config_set("hz", 10)
        client._transport.open_another().close()
        wait_until(lambda: second.accepted == 3)
        assert first.accepted == 1


def test_a_write_that_was_handed_over_in_part_goes_to_the_next_seed(make_client):
    def take_a_little(conn):
        conn.recv(1000)
        conn.close()

    with ScriptedNode([AtOnce(take_a_little)]) as first, ScriptedNode([f"+{ID}\r\n".encode()]) as second:
        client = make_client([first.address, second.address])
        assert client.addjob("q", b"x" * 20_000_000) == ID


@pytest.mark.parametrize("step", [silent, drip])
def test_no_answer_to_a_write_is_an_unknown_outcome(step, make_client):
    with ScriptedNode([step], [silent]) as node, ScriptedNode([silent]) as other:
        client = make_client([node.address, other.address], response_timeout=0.1)
        with pytest.raises(OutcomeUnknown, match=r"no answer came within 0\.101s"):
            client.addjob("q", "b", timeout_ms=1)
        assert (node.accepted, other.accepted) == (1, 0)
        assert not client.connected


@pytest.mark.parametrize("step", [silent, drip])
def test_no_answer_to_a_read_is_not_asked_again(step, make_client):
    with ScriptedNode([step], [silent]) as node, ScriptedNode([silent]) as other:
        client = make_client([node.address, other.address], response_timeout=0.1)
        with pytest.raises(NoAnswer, match=f"^{node.address}: no answer within 0.1s$"):
            client.qlen("q")
        assert (node.accepted, other.accepted) == (1, 0)


def test_the_first_seed_that_answers_is_verified(make_transport):
    hello = b"*2\r\n:1\r\n$40\r\n" + b"a" * 40 + b"\r\n"
    with ScriptedNode([silent]) as node, ScriptedNode([hello]) as other:
        transport = make_transport([node.address, other.address], response_timeout=0.1)
        assert transport.verify_any()["node"] == "a" * 40
        assert str(transport.last_node) == other.address


def test_seeds_that_are_all_silent_are_no_answer(make_transport):
    with ScriptedNode([silent]) as node, ScriptedNode([silent]) as other:
        transport = make_transport([node.address, other.address], response_timeout=0.1)
        with pytest.raises(NoAnswer):
            transport.verify_any()
        assert (node.accepted, other.accepted) == (1, 1)


def test_a_request_may_wait_for_its_own_time_on_top(make_client):
    def later(conn):
        threading.Event().wait(0.3)
        conn.sendall(b"*-1\r\n")

    with ScriptedNode([later, later]) as node:
        client = make_client(node.address, response_timeout=0.1)
        assert client.getjob("q", timeout_ms=20_000) == []
        assert client.getjob("q") == []


def test_garbage_from_the_start_is_no_disque_whatever_was_sent(make_client):
    with (
        ScriptedNode([b"HTTP/1.1 400 Bad Request\r\n\r\n"]) as node,
        pytest.raises(NotDisque, match=node.address),
    ):
        make_client(node.address).addjob("q", "b")


def test_garbage_after_good_replies_leaves_a_write_unknown_and_a_read_unanswered(make_client):
    script = [b":1\r\n", b"garbage\r\n"]
    with ScriptedNode(script, script) as node:
        client = make_client(node.address)
        client.qlen("q")
        with pytest.raises(OutcomeUnknown, match="no reply"):
            client.addjob("q", "b")
        client.qlen("q")
        with pytest.raises(NotDisque):
            client.qlen("q")


def test_an_error_reply_is_raised_and_the_connection_goes_on(make_client):
    with ScriptedNode([b"-PAUSED Queue paused in input, try later\r\n", b":1\r\n"]) as node:
        client = make_client(node.address)
        with pytest.raises(ReplyError) as caught:
            client.addjob("q", "b")
        assert caught.value.code == "PAUSED"
        assert client.qlen("q") == 1
        assert node.accepted == 1


def test_an_error_inside_an_array_is_not_raised(make_client):
    with ScriptedNode([b"*2\r\n-ERR no\r\n:1\r\n"]) as node:
        error, one = make_client(node.address).call("X")
        assert isinstance(error, ReplyError)
        assert one == 1


@pytest.mark.parametrize(
    "text",
    [
        "NOREPL Timeout reached before replicating to the requested number of nodes",
        "NOREPL job removed (expired?) before the requested replication level was achieved",
    ],
)
def test_a_job_that_may_yet_be_delivered_is_an_unknown_outcome(text, make_client):
    with ScriptedNode([f"-{text}\r\n".encode()]) as node, pytest.raises(OutcomeUnknown, match=r"^NOREPL"):
        make_client(node.address).addjob("q", "b")


def test_too_few_nodes_is_a_refusal(make_client):
    text = b"-NOREPL Not enough reachable nodes for the requested replication level\r\n"
    with ScriptedNode([text]) as node, pytest.raises(ReplyError, match=r"^NOREPL Not enough"):
        make_client(node.address).addjob("q", "b")


def test_a_node_that_takes_no_more_clients_is_passed_over_by_a_write_too(make_client):
    full = AtOnce(b"-ERR max number of clients reached\r\n")
    with ScriptedNode([full, silent]) as node, ScriptedNode([f"+{ID}\r\n".encode()]) as other:
        assert make_client([node.address, other.address]).addjob("q", "b") == ID


def test_a_refusal_in_the_middle_of_a_long_request_is_the_answer(make_client):
    refusal = AtOnce(b"-ERR Protocol error: invalid bulk length\r\n")
    stuck = AtOnce(lambda conn: threading.Event().wait(1))
    with ScriptedNode([refusal, stuck]) as node, pytest.raises(ReplyError, match="invalid bulk length"):
        make_client(node.address, response_timeout=0.2).addjob("q", b"x" * 50_000_000)


def test_a_pinned_request_stays_at_its_node(make_client):
    with ScriptedNode([b":1\r\n", close], [close]) as node, ScriptedNode([b":2\r\n"]) as other:
        client = make_client([node.address, other.address])
        client.qlen("q")
        with pytest.raises(ConnectionFailed, match=f"^{node.address}: closed by the node$"):
            client.call("QSCAN", 5, repeatable=True, failover=False)
        assert other.accepted == 0


def test_a_scan_that_has_begun_never_changes_node(make_client):
    page = b"*2\r\n$1\r\n5\r\n*1\r\n$1\r\na\r\n"
    with ScriptedNode([page, close], [close]) as node, ScriptedNode([page]) as other:
        client = make_client([node.address, other.address])
        names = client.qscan_all()
        assert next(names) == b"a"
        with pytest.raises(ConnectionFailed):
            next(names)
        assert other.accepted == 0


def test_a_scan_does_not_follow_a_client_that_moved(make_client):
    page = b"*2\r\n$1\r\n5\r\n*1\r\n$1\r\na\r\n"
    with ScriptedNode([page, close]) as node, ScriptedNode([b":2\r\n", page]) as other:
        client = make_client([node.address, other.address])
        names = client.qscan_all()
        assert next(names) == b"a"
        assert client.qlen("q") == 2
        with pytest.raises(ConnectionFailed, match="the scan began at"):
            next(names)


def test_a_shutdown_answered_by_a_closed_connection_is_done(make_transport):
    with ScriptedNode([close]) as node:
        assert make_transport(node.address).call("SHUTDOWN", failover=False, last_words=True) is None


def test_a_shutdown_that_was_not_sent_whole_is_not_done(make_transport):
    def take_a_little(conn):
        conn.recv(1000)
        conn.close()

    steps = [AtOnce(take_a_little)]
    with ScriptedNode(steps, steps) as node, pytest.raises(ConnectionFailed):
        make_transport(node.address).call("SHUTDOWN", b"x" * 20_000_000, failover=False, last_words=True)


def test_a_shutdown_that_is_refused_is_an_error(make_client):
    with ScriptedNode([b"-ERR syntax error\r\n"]) as node, pytest.raises(ReplyError):
        make_client(node.address).shutdown()


def test_an_interrupted_wait_leaves_no_half_read_connection(make_client):
    main = threading.main_thread().ident

    def interrupt(conn):
        conn.sendall(b"$100\r\nhalf")
        signal.pthread_kill(main, signal.SIGINT)
        silent(conn)

    with ScriptedNode([interrupt], [b":7\r\n"]) as node:
        client = make_client(node.address)
        with pytest.raises(KeyboardInterrupt) as caught:
            client.getjob("q")
        assert "it may or may not have been carried out" in caught.value.__notes__[0]
        assert not client.connected
        assert client.qlen("q") == 7


def test_a_second_thread_is_refused_and_the_first_gets_its_reply(make_client):
    asked, go_on = threading.Event(), threading.Event()

    def later(conn):
        asked.set()
        go_on.wait()
        conn.sendall(b":7\r\n")

    with ScriptedNode([later, b":8\r\n"]) as node:
        client = make_client(node.address)
        found = []
        thread = threading.Thread(target=lambda: found.append(client.qlen("first")))
        thread.start()
        asked.wait()
        for call in (lambda: client.qlen("second"), client.connect, client.verify):
            with pytest.raises(UsageError, match="waits for the reply to another request") as caught:
                call()
            assert "each thread one of its own" in caught.value.advice
        assert str(client.node) == node.address
        go_on.set()
        thread.join()
        assert found == [7]
        assert client.qlen("third") == 8
        assert [words[1] for words in node.requests] == [b"first", b"third"]


def test_connect_on_an_open_client_is_refused_and_replace_replaces(make_client):
    with ScriptedNode([b":1\r\n"] * 2, [b":2\r\n"]) as node:
        client = make_client(node.address)
        client.connect()
        with pytest.raises(UsageError, match=f"already connected to {node.address}") as caught:
            client.connect()
        assert "replace=True" in caught.value.advice
        assert client.qlen("q") == 1
        client.connect(replace=True)
        assert client.qlen("q") == 2


def test_a_block_closes_the_connection_and_the_client_can_be_used_again(make_client):
    with ScriptedNode([b":1\r\n", silent], [b":2\r\n"]) as node:
        with make_client(node.address) as client:
            assert client.qlen("q") == 1
        assert not client.connected
        assert client.qlen("q") == 2


@pytest.mark.parametrize("nodes", [[], ""])
def test_a_client_needs_a_node(nodes, make_client):
    with pytest.raises(UsageError):
        make_client(nodes)


def test_no_words_are_a_usage_error_before_anything_is_connected(make_client):
    with pytest.raises(UsageError):
        make_client(refused_address()).call()


def test_a_stream_gives_replies_until_the_node_closes(make_client):
    with ScriptedNode([b"+OK\r\n+one\r\n+two\r\n"], [b":1\r\n"]) as node:
        client = make_client(node.address)
        assert list(client._transport.stream("MONITOR")) == [b"OK", b"one", b"two"]
        assert client.qlen("q") == 1


def test_a_stream_may_be_silent_for_longer_than_the_response_timeout(make_transport):
    def later(conn):
        conn.sendall(b"+OK\r\n")
        threading.Event().wait(0.3)
        conn.sendall(b"+late\r\n")

    with ScriptedNode([later]) as node:
        assert list(make_transport(node.address, response_timeout=0.1).stream("MONITOR")) == [b"OK", b"late"]


def test_a_request_without_reply_is_posted_and_not_waited_for(make_client):
    with ScriptedNode([silent], [b":1\r\n"]) as node:
        client = make_client(node.address)
        client._transport.post("CLIENT", "REPLY", "OFF")
        assert not client.connected
        assert client.qlen("q") == 1
        assert node.requests[0] == [b"CLIENT", b"REPLY", b"OFF"]


def test_only_a_node_that_had_let_us_in_is_tried_again_and_once():
    down, gone, left = Node(port=1), Node(port=2), Node(port=3)
    plan_left = FailoverPlan([left])
    plan_left.failed(down, "connection refused")
    plan_left.failed(gone, "closed by the node", come_back=True)
    plan_left.failed(gone, "closed by the node", come_back=True)
    assert plan_left.nodes == [left, gone]


def test_a_request_without_a_reply_that_cannot_be_sent_names_the_node(make_transport):
    def take_a_little(conn):
        conn.recv(1000)
        conn.close()

    with ScriptedNode([AtOnce(take_a_little)]) as node, pytest.raises(ConnectionFailed) as caught:
        make_transport(node.address).post("CLIENT", "REPLY", b"x" * 20_000_000)
    assert caught.value.message.startswith(f"{node.address}: ")
