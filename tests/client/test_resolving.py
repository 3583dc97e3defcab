"""Names are looked up within the connect timeout, although the system's resolver cannot be interrupted."""

from __future__ import annotations

import signal

from tests.support.hanging_names import run_without_names, running_without_names

NAME = "disque.example:7711"


def test_a_lookup_that_hangs_ends_with_the_connect_timeout():
    code, out, err = run_without_names("qlen", "mail", "--connect-timeout", "200ms", node=NAME)
    assert (code, out) == (5, "")
    assert f"{NAME}: the name is not found (no answer within 0.2s)" in err


def test_another_seed_is_used_meanwhile(node, client):
    client.addjob("mail", "body")
    words = ("qlen", "mail", "--connect-timeout", "200ms")
    assert run_without_names(*words, node=f"{NAME},{node}")[:2] == (0, "1\n")
    # All nodes at once.
    code, out, err = run_without_names(*words, "--cluster", node=f"{NAME},{node}")
    assert (code, out) == (3, "1\n")
    assert NAME in err


def test_addresses_are_not_looked_up(node):
    assert run_without_names("ping", node=node)[:2] == (0, "PONG\n")


def test_ctrl_c_ends_a_lookup():
    with running_without_names("qlen", "mail", "--connect-timeout", "60s", node=NAME) as process:
        assert process.stderr.readline() == "looking up\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
