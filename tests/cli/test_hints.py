"""What a failure says where its cause is easily overlooked: addresses, passwords, names."""

import os

import pytest

from tests.conftest import run_disquectl
from tests.support.scripted_node import ScriptedNode


@pytest.mark.parametrize("command", [["qlen", "q"], ["qlen", "q", "--cluster"], ["nodes"]])
def test_an_ipv6_address_without_brackets_is_explained(command):
    done = run_disquectl("-n", "::1:7711", "--connect-timeout", "1s", *command)
    assert done.code == 5
    assert "With a port it is [::1]:7711." in done.err


def test_other_addresses_get_no_such_hint():
    for address in ("[::1]:1", "127.0.0.1:1", "[::1:7711]:1"):
        done = run_disquectl("-n", address, "qlen", "q")
        assert (done.code, "With a port" in done.err) == (5, False)


def test_a_password_from_the_environment_that_ends_with_a_line_end_is_named():
    with ScriptedNode([b"-ERR invalid password\r\n"], [b"-ERR invalid password\r\n"]) as node:
        for command in (["qlen", "q"], ["qlen", "q", "--cluster"]):
            done = run_disquectl(*command, node=node.address, DISQUE_PASSWORD="hunter2\n")
            assert done.code == 7
            assert "The password ends with a line end" in done.err
            assert "hunter2" not in done.err


def test_a_password_file_of_dash_says_what_to_do():
    done = run_disquectl("--password-file", "-", "qlen", "q", stdin=b"secret\n")
    assert (done.code, done.out) == (2, "")
    assert "/dev/stdin" in done.err
    assert "--ask-password" in done.err


def test_what_it_advises_works():
    with ScriptedNode([b"+OK\r\n", b":3\r\n"]) as node:
        done = run_disquectl(
            "--password-file", "/dev/stdin", "qlen", "q", node=node.address, stdin=b"hunter2\n"
        )
        assert (done.code, done.out) == (0, "3\n")
        assert node.requests[0] == [b"AUTH", b"hunter2"]


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs /dev/zero")
def test_a_password_file_without_end_is_a_usage_error():
    done = run_disquectl("--password-file", "/dev/zero", "qlen", "q")
    assert (done.code, done.out) == (2, "")
    assert "/dev/zero contains no password" in done.err


def test_a_long_password_is_none_only_beyond_the_limit(tmp_path):
    file = tmp_path / "password"
    file.touch(0o600)
    for size, code in ((65_536, 0), (65_537, 2)):
        file.write_bytes(b"x" * size + b"\n")
        with ScriptedNode([b"+OK\r\n", b":3\r\n"]) as node:
            assert run_disquectl("--password-file", str(file), "qlen", "q", node=node.address).code == code


def test_meet_with_a_name_gives_the_address(node):
    done = run_disquectl("cluster", "meet", "localhost", "7712", "--yes", node=node)
    assert done.code == 1
    assert "use the numeric IP address: disquectl cluster meet " in done.err
    assert "127.0.0.1 7712" in done.err or "::1 7712" in done.err


def test_meet_with_a_name_that_is_none_says_so(node):
    done = run_disquectl("cluster", "meet", "no-such-host.invalid", "7712", "--yes", node=node)
    assert done.code == 1
    assert "this name has none here" in done.err


def test_meet_with_a_port_that_is_too_large_says_so(node):
    done = run_disquectl("cluster", "meet", "127.0.0.1", "55536", "--yes", node=node)
    assert done.code == 1
    assert "a port from 1 to 55535" in done.err
