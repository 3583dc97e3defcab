"""Clients that misbehave do not take the server down, and do not eat its memory."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from disquectl.sandbox.thread import SandboxThread

from .bench import decode_all, encode

STATM = Path("/proc/self/statm")


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread() as running:
        yield running


def connect(sandbox: SandboxThread) -> socket.socket:
    host, _, port = sandbox.addresses[0].rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def ask(sandbox: SandboxThread, *words: str | bytes) -> object:
    """One request on a connection of its own."""
    with connect(sandbox) as client:
        client.sendall(encode(*words))
        data = b""
        while True:
            data += client.recv(1 << 20)
            try:
                return decode_all(data)[0]
            except (ValueError, IndexError):
                continue


def read_to_end(client: socket.socket) -> bytes:
    data = b""
    while piece := client.recv(1 << 20):
        data += piece
    return data


def memory_bytes() -> int:
    """What this process uses now."""
    if not STATM.exists():
        pytest.skip("this system does not tell how much memory a process uses")
    return int(STATM.read_text().split()[1]) * resource.getpagesize()


def send_until_nobody_reads(client: socket.socket, data: bytes, times: int) -> None:
    """Raises TimeoutError when the other side takes no more."""
    client.settimeout(0.5)
    for _ in range(times):
        client.sendall(data)


def test_garbage_gets_one_error_and_the_end(sandbox: SandboxThread) -> None:
    with connect(sandbox) as client:
        client.sendall(encode("PING") + b"*x\r\n" + encode("PING"))
        assert read_to_end(client) == b"+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n"
    assert ask(sandbox, "PING") == "PONG"


def test_http_and_tls_are_no_harm(sandbox: SandboxThread) -> None:
    with connect(sandbox) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert read_to_end(client).startswith(b"-ERR unknown command 'GET'")
    with connect(sandbox) as client:
        client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)))
    assert ask(sandbox, "PING") == "PONG"


def test_announced_lengths_take_no_memory(sandbox: SandboxThread) -> None:
    before = memory_bytes()
    clients = [connect(sandbox) for _ in range(300)]
    for client in clients:
        client.sendall(b"*1000000\r\n$536870912\r\nab")
    assert ask(sandbox, "PING") == "PONG"
    assert memory_bytes() - before < 100 * 1024 * 1024
    for client in clients:
        client.close()


def test_a_body_of_100_mb_is_taken_and_given_back(sandbox: SandboxThread) -> None:
    body = b"x" * (100 * 1024 * 1024)
    assert str(ask(sandbox, "ADDJOB", "q", body, "0")).startswith("D-")
    assert ask(sandbox, "QLEN", "q") == 1
    with connect(sandbox) as client:
        client.sendall(encode("GETJOB", "FROM", "q"))
        got = 0
        while got < len(body):
            got += len(client.recv(1 << 20))


def test_a_client_that_does_not_read_is_not_answered_without_end(sandbox: SandboxThread) -> None:
    ask(sandbox, "ADDJOB", "q", b"x" * 1_000_000, "0")
    before = memory_bytes()
    with connect(sandbox) as client:
        with pytest.raises(TimeoutError):
            send_until_nobody_reads(client, encode("QPEEK", "q", "1") * 200, 100_000)
        assert ask(sandbox, "PING") == "PONG"
        assert memory_bytes() - before < 100 * 1024 * 1024
        # Once it reads, its answers come.
        client.settimeout(20)
        assert client.recv(10).startswith(b"*1\r\n")
    assert ask(sandbox, "PING") == "PONG"


def test_a_monitor_that_does_not_read_is_dropped(sandbox: SandboxThread) -> None:
    with connect(sandbox) as monitor, connect(sandbox) as client:
        monitor.sendall(encode("MONITOR"))
        assert monitor.recv(5) == b"+OK\r\n"
        ping = encode("PING", b"\0" * 1_000_000)
        deadline = time.monotonic() + 60
        while b" flags=O " in bytes(ask(sandbox, "CLIENT", "LIST") or b""):  # type: ignore[call-overload]
            assert time.monotonic() < deadline
            client.sendall(ping)
            left = len(ping)
            while left > 0:
                left -= len(client.recv(1 << 20))
                if left < 20:
                    break
    assert ask(sandbox, "PING") == "PONG"


def test_what_a_blocked_client_sends_ahead_is_bounded(sandbox: SandboxThread) -> None:
    before = memory_bytes()
    with connect(sandbox) as client:
        client.sendall(encode("GETJOB", "FROM", "q"))
        with pytest.raises(TimeoutError):
            send_until_nobody_reads(client, encode("PING", b"x" * 1_000_000), 100)
        assert memory_bytes() - before < 60 * 1024 * 1024
        ask(sandbox, "ADDJOB", "q", "b", "0")
        client.settimeout(20)
        assert client.recv(10).startswith(b"*1\r\n")


def test_clients_that_vanish_in_the_middle_leave_nothing(sandbox: SandboxThread) -> None:
    for piece in (b"*3\r\n$6\r\nADDJ", encode("GETJOB", "FROM", "q"), encode("MONITOR"), b""):
        with connect(sandbox) as client:
            client.sendall(piece)
    deadline = time.monotonic() + 20
    while b"connected_clients:1\r\n" not in bytes(ask(sandbox, "INFO", "clients") or b""):  # type: ignore[call-overload]
        assert time.monotonic() < deadline
    assert b"blocked_clients:0\r\n" in bytes(ask(sandbox, "INFO", "clients") or b"")  # type: ignore[call-overload]


def test_one_client_too_many_is_told_so(sandbox: SandboxThread) -> None:
    with connect(sandbox) as client:
        client.sendall(encode("CONFIG", "SET", "maxclients", "1"))
        assert client.recv(100) == b"+OK\r\n"
        with connect(sandbox) as other:
            assert read_to_end(other) == b"-ERR max number of clients reached\r\n"
