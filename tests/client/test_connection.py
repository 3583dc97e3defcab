"""One socket: whole replies in time, and what is known when it breaks."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading

import pytest

from disquectl.client.address import Node, parse_node
from disquectl.client.connecting import open_connection
from disquectl.client.connection import Broken, Connection, TimedOut, Unreachable
from disquectl.protocol.resp import ProtocolError
from tests.support.scripted_node import ScriptedNode, refused_address, silent


@pytest.fixture
def pair():
    """A connection, and the other end of its socket."""
    ours, theirs = socket.socketpair()
    connection = Connection(ours, Node(), max_reply_bytes=100_000)
    with theirs:
        yield connection, theirs
    connection.close()


def test_replies_come_one_by_one(pair):
    connection, peer = pair
    peer.sendall(b"+a\r\n:2\r\n")
    assert not connection.replied
    assert (connection.receive(5), connection.receive(5)) == (b"a", 2)
    assert connection.replied


def test_a_reply_byte_by_byte_is_a_reply(pair):
    connection, peer = pair

    def drip():
        for byte in b"*2\r\n$3\r\nabc\r\n:1\r\n":
            peer.sendall(bytes([byte]))

    thread = threading.Thread(target=drip)
    thread.start()
    assert connection.receive(5) == [b"abc", 1]
    thread.join()


def test_an_end_in_the_middle_of_a_bulk_is_told(pair):
    connection, peer = pair
    peer.sendall(b"$100\r\nabc")
    peer.close()
    with pytest.raises(Broken, match="closed by the node"):
        connection.receive(5)
    assert connection.closed


def test_a_bulk_without_end_is_given_up(pair):
    connection, peer = pair
    peer.sendall(b"$9999999\r\n")

    def pour():
        with contextlib.suppress(OSError):
            while True:
                peer.sendall(b"x" * 10_000)

    thread = threading.Thread(target=pour)
    thread.start()
    with pytest.raises(ProtocolError, match="more than 100000 bytes"):
        connection.receive(5)
    thread.join()


def test_garbage_closes_the_connection(pair):
    connection, peer = pair
    peer.sendall(b"220 mail.example.org ESMTP\r\n")
    with pytest.raises(ProtocolError):
        connection.receive(5)
    assert connection.closed
    assert not connection.replied


@pytest.mark.parametrize("sent", [b"", b"$10\r\nabc"])
def test_no_whole_reply_in_time_is_told(pair, sent):
    connection, peer = pair
    peer.sendall(sent)
    with pytest.raises(TimedOut):
        connection.receive(0.05)
    assert connection.closed


def test_the_time_is_for_the_whole_reply(pair):
    connection, peer = pair
    stop = threading.Event()

    def drip():
        # Without a pause, so that no wait of the kernel's ends it either.
        with contextlib.suppress(OSError):
            peer.sendall(b"$9999999\r\n")
            while not stop.is_set():
                peer.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(TimedOut):
            connection.receive(0.02)
    finally:
        stop.set()
        thread.join()


def test_an_idle_connection_knows_when_it_has_ended(pair):
    connection, peer = pair
    assert not connection.is_stale()
    peer.close()
    assert connection.is_stale()


def test_a_connection_that_got_something_unasked_is_stale(pair):
    connection, peer = pair
    peer.sendall(b"+a\r\n+unasked\r\n")
    assert connection.receive(5) == b"a"
    assert connection.is_stale()


def test_how_much_of_a_request_was_handed_over_is_known(pair):
    connection, peer = pair
    connection.set_send_timeout(0.05)
    request = b"x" * 50_000_000
    with pytest.raises(Broken, match="takes no more") as caught:
        connection.send(request)
    arrived = 0
    while data := peer.recv(1 << 20):
        arrived += len(data)
    assert caught.value.handed_over == arrived < len(request)


def test_nothing_is_handed_over_to_a_peer_that_is_gone(pair):
    connection, peer = pair
    peer.close()
    with pytest.raises(Broken, match="broken pipe") as caught:
        connection.send(b"x")
    assert caught.value.handed_over == 0


def test_a_refusal_while_the_request_is_still_being_sent_is_not_lost(pair):
    connection, peer = pair
    connection.set_send_timeout(0.05)
    peer.sendall(b"-ERR Protocol error: invalid bulk length\r\n")
    with pytest.raises(Broken) as caught:
        connection.send(b"x" * 50_000_000)
    assert str(caught.value.early) == "ERR Protocol error: invalid bulk length"


def test_many_requests_go_both_ways_at_once(pair):
    connection, peer = pair
    replies = []
    assert connection.send_some(memoryview(b"abc")) == 3
    assert peer.recv(100) == b"abc"
    peer.sendall(b":1\r\n:2\r\n$3\r\nx")
    assert select.select([connection], [], [], 5)[0]
    assert connection.receive_ready(replies) == 2
    assert replies == [1, 2]


def test_nobody_listening_is_unreachable():
    with pytest.raises(Unreachable, match=r"^connection refused$"):
        open_connection(parse_node(refused_address()), 5)


def test_a_name_that_does_not_exist_is_unreachable():
    with pytest.raises(Unreachable, match=r"^the name is not found"):
        open_connection(Node("no-such-host.invalid"), 5)


def test_a_lookup_that_hangs_takes_no_longer_than_the_timeout(monkeypatch):
    ended = threading.Event()
    monkeypatch.setattr("_socket.getaddrinfo", lambda *_, **__: ended.wait())
    try:
        with pytest.raises(Unreachable, match=r"^the name is not found \(no answer within 0.1s\)$"):
            open_connection(Node("queue.example.com"), 0.1)
    finally:
        ended.set()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_needs_no_lookup_in_a_thread(monkeypatch, host):
    monkeypatch.setattr("_thread.start_new_thread", None)
    with pytest.raises(Unreachable, match="connection refused"):
        open_connection(Node(host, int(refused_address().rpartition(":")[2])), 5)


@pytest.mark.parametrize("host", ["a" * 300, "a..b", "ü" * 100])
def test_a_host_that_cannot_be_a_name_is_unreachable(host):
    with pytest.raises(Unreachable):
        open_connection(Node(host), 5)


def test_a_node_that_does_not_accept_is_unreachable_in_time():
    # A full backlog: the kernel drops what comes on top, as a firewall would.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(3):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
            waiting.append(sock)
        try:
            if len(select.select([], waiting, [], 0.2)[1]) == len(waiting):
                pytest.skip("this kernel takes any number of connections")
            with pytest.raises(Unreachable, match=r"^no connection within 0.05s$"):
                open_connection(Node("127.0.0.1", listener.getsockname()[1]), 0.05)
        finally:
            for sock in waiting:
                sock.close()


def test_a_unix_socket_works(tmp_path):
    path = str(tmp_path / "d.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        connection = open_connection(Node(path=path), 5)
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"+unix\r\n")
            assert connection.receive(5) == b"unix"
        connection.close()


def test_a_unix_socket_that_does_not_exist_is_unreachable(tmp_path):
    with pytest.raises(Unreachable, match=r"^no such file or directory$"):
        open_connection(Node(path=str(tmp_path / "none")), 5)
    with pytest.raises(Unreachable, match="path too long"):
        open_connection(Node(path="/" + "x" * 500), 5)


def test_each_address_of_a_name_is_tried(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        dead = parse_node(refused_address())
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", dead.port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]
        monkeypatch.setattr("_socket.getaddrinfo", lambda *_, **__: found)
        connection = open_connection(Node("name", port), 5)
        assert not connection.closed
        connection.close()


def test_no_file_is_left_open_by_failures():
    dead = parse_node(refused_address())
    before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        with pytest.raises(Unreachable):
            open_connection(dead, 5)
    assert len(os.listdir("/dev/fd")) == before


def test_a_reply_that_was_given_up_is_never_taken_for_that_to_the_next_request(make_client, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with ScriptedNode([silent], [b":2\r\n"]) as node:
        client = make_client(node.address, response_timeout=5)
        client.connect()
        with monkeypatch.context() as patch:
            # Ctrl-C while it waits, and again while it gives up.
            patch.setattr(Connection, "receive", interrupted)
            patch.setattr(client, "close", interrupted)
            with pytest.raises(KeyboardInterrupt):
                client.qlen("first")
        assert client.qlen("second") == 2
        assert node.accepted == 2


FORKING = """
import os, sys
from disquectl import Client

def say(line):
    os.write(1, line.encode() + b"\\n")  # in one piece: two processes write to one pipe

client = Client(sys.argv[1])
say(f"before: {client.qlen('q')}")
looked, tell = os.pipe()
child = os.fork()
if child:
    os.read(looked, 1)
    say(f"parent: {client.qlen('q')}")
    os.waitpid(child, 0)
else:
    say(f"child connected: {client.connected}")
    os.write(tell, b"x")
    say(f"child: {client.qlen('q')}")
client.close()
"""


def test_a_forked_process_makes_a_connection_of_its_own():
    with ScriptedNode([b":1\r\n", b":9\r\n"], [b":2\r\n"]) as node:
        found = subprocess.run(
            [sys.executable, "-c", FORKING, node.address], capture_output=True, text=True, check=True
        )
    assert found.stderr == ""
    assert sorted(found.stdout.splitlines()) == [
        "before: 1",
        "child connected: False",
        "child: 2",
        "parent: 9",
    ]


def test_a_connection_that_waits_for_a_reply_is_not_stale_whatever_has_come(pair):
    connection, peer = pair
    connection.send(b"x")
    peer.sendall(b":1\r\n")
    assert connection.busy
    assert not connection.is_stale()
    assert connection.receive(5) == 1
    assert not connection.busy
    assert not connection.is_stale()
    peer.shutdown(socket.SHUT_WR)
    assert connection.is_stale()


def test_a_closed_connection_is_stale_and_what_it_is_asked_is_told_as_broken(pair):
    connection, _ = pair
    connection.send(b"x")
    connection.close()
    assert connection.is_stale()
    with pytest.raises(Broken, match="bad file descriptor"):
        connection.receive(0.1)
    with pytest.raises(Broken, match="bad file descriptor") as caught:
        connection.send(b"x")
    assert caught.value.handed_over == 0


def test_a_connection_is_kept_alive_and_sends_at_once():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = open_connection(Node(*listener.getsockname()), 5)
        with socket.socket(fileno=os.dup(connection.fileno())) as sock:
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()
