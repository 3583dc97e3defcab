"""Which lines of MONITOR are those of a shell that looks around: no line of anybody else."""

from __future__ import annotations

from disquectl.execution.looking import NAMING, SECONDS, Looks

US, OTHER = "127.0.0.1:5", "127.0.0.1:6"


def hidden(*lines):
    looks = Looks()
    return [looks.has({"time": time, "client": client, "args": words}) for time, client, words in lines]


def test_a_connection_that_names_itself_first_looks_around():
    assert hidden(
        (1.0, US, NAMING),
        (1.1, US, [b"HELLO"]),
        (1.1, OTHER, [b"HELLO"]),
        (1.2, US, [b"CONFIG", b"GET", b"*"]),
        (1.3, US, [b"QSCAN", b"0", b"COUNT", b"1000"]),
        (1.4, OTHER, [b"QSCAN", b"0", b"COUNT", b"1000"]),
    ) == [True, True, False, True, True, False]


def test_anything_else_shows_what_follows_from_this_address():
    assert hidden(
        (1.0, US, NAMING),
        (1.1, US, [b"QLEN", b"q"]),
        (1.2, US, [b"ADDJOB", b"q", b"b", b"0"]),
        (1.3, US, [b"HELLO"]),
    ) == [True, True, False, False]
    assert hidden((1.0, US, NAMING), (1.1, US, [b"CONFIG", b"GET", b"x"]), (1.2, US, [b"HELLO"])) == [
        True,
        False,
        False,
    ]
    assert hidden((1.0, US, NAMING), (1.1, US, []), (1.2, US, [b"HELLO"])) == [True, False, False]


def test_a_later_client_of_the_same_port_is_shown():
    assert hidden((1.0, US, NAMING), (1.0 + SECONDS, US, [b"HELLO"])) == [True, False]
    assert hidden((1.0, US, NAMING), (0.5, US, [b"HELLO"])) == [True, False]
    assert hidden((1.0, US, NAMING), (float("nan"), US, [b"HELLO"])) == [True, False]


def test_a_unix_socket_has_one_address_for_all():
    assert hidden((1.0, "unix:/s", NAMING), (1.1, "unix:/s", [b"HELLO"])) == [False, False]


def test_addresses_are_forgotten():
    looks = Looks()
    for second in range(1000):
        looks.has({"time": float(second), "client": f"127.0.0.1:{second}", "args": NAMING})
    assert len(looks._began) <= SECONDS + 1
