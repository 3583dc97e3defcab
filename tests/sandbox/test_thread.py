"""SandboxThread: start, stop, time travel, a node that dies."""

from __future__ import annotations

import gc
import socket
import threading

import pytest

from disquectl.sandbox.thread import SandboxThread

from .bench import decode_all, encode


def connect(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=20)


def ask(address: str, *words: str) -> object:
    with connect(address) as client:
        client.sendall(encode(*words))
        return decode_all(client.recv(1 << 16))[0]


def is_ended(client: socket.socket) -> bool:
    """Whether the next thing that comes is the end, gentle or not."""
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


def test_nothing_is_left_after_the_block() -> None:
    threads = threading.active_count()
    with SandboxThread(nodes=3) as sandbox:
        addresses = sandbox.addresses
        assert len(set(addresses)) == 3
    assert threading.active_count() == threads
    for address in addresses:
        with pytest.raises(ConnectionRefusedError):
            connect(address)


def test_a_taken_port_is_named_in_the_error() -> None:
    with SandboxThread() as sandbox:
        port = int(sandbox.addresses[0].rpartition(":")[2])
        with pytest.raises(OSError, match=f"127.0.0.1:{port}"), SandboxThread(port=port):
            pass


def test_a_password_is_asked_for() -> None:
    with SandboxThread(password="secret") as sandbox:
        assert ask(sandbox.addresses[0], "PING") == "-NOAUTH Authentication required."
        assert ask(sandbox.addresses[0], "AUTH", "secret") == "OK"


def test_time_can_be_moved_forward() -> None:
    with SandboxThread() as sandbox:
        address = sandbox.addresses[0]
        ask(address, "ADDJOB", "q", "b", "0", "DELAY", "3600")
        assert ask(address, "QLEN", "q") == 0
        sandbox.advance(3601)
        assert ask(address, "QLEN", "q") == 1
        with connect(address) as waiting:
            waiting.sendall(encode("GETJOB", "TIMEOUT", "600000", "FROM", "empty"))
            while b"blocked_clients:0" in bytes(ask(address, "INFO", "clients") or b""):  # type: ignore[call-overload]
                pass
            sandbox.advance(601)
            assert waiting.recv(100) == b"*-1\r\n"


def test_a_stopped_node_takes_its_connections_along() -> None:
    with SandboxThread(nodes=2) as sandbox, connect(sandbox.addresses[0]) as client:
        client.sendall(encode("PING"))
        assert client.recv(100) == b"+PONG\r\n"
        sandbox.stop_node(0)
        assert is_ended(client)
        with pytest.raises(ConnectionRefusedError):
            connect(sandbox.addresses[0])
        assert ask(sandbox.addresses[1], "PING") == "PONG"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_ipv6_works() -> None:
    try:
        with SandboxThread(host="::1") as sandbox:
            assert sandbox.addresses[0].startswith("[::1]:")
            assert ask(sandbox.addresses[0], "PING") == "PONG"
    except OSError as problem:
        pytest.skip(f"no IPv6 on the loopback: {problem}")


def test_shutdown_ends_one_node() -> None:
    with SandboxThread(nodes=2) as sandbox:
        with connect(sandbox.addresses[1]) as client:
            # What was answered in the same moment is lost with it.
            client.sendall(encode("PING") + encode("SHUTDOWN"))
            assert is_ended(client)
        assert ask(sandbox.addresses[0], "PING") == "PONG"
        with pytest.raises(ConnectionRefusedError):
            connect(sandbox.addresses[1])


@pytest.mark.parametrize("stops_first", [False, True])
def test_a_connection_that_is_just_being_accepted_is_closed_at_the_end(stops_first):
    for _ in range(30):
        with SandboxThread(nodes=2) as sandbox:
            host, _, port = sandbox.addresses[0].rpartition(":")
            client = socket.create_connection((host, int(port)))
            if stops_first:
                sandbox.stop_node(0)
        client.close()
    # A transport that was never closed warns when it is freed, and a warning fails the test.
    gc.collect()
