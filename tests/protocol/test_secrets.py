"""Passwords out of what is shown."""

import pytest

from disquectl.errors import ReplyError
from disquectl.protocol.secrets import masked_reply, masked_words, without_password


@pytest.mark.parametrize(
    ("words", "masked"),
    [
        ([b"AUTH", b"pw"], [b"AUTH", b"***"]),
        ([b"auth", b"pw", b"more"], [b"auth", b"***", b"***"]),
        ([b"CONFIG", b"Set", b"RequirePass", b"pw"], [b"CONFIG", b"Set", b"RequirePass", b"***"]),
        ([b"CONFIG", b"SET", b"maxmemory", b"1"], [b"CONFIG", b"SET", b"maxmemory", b"1"]),
        ([b"CONFIG", b"GET", b"requirepass"], [b"CONFIG", b"GET", b"requirepass"]),
        ([b"ADDJOB", b"auth", b"body"], [b"ADDJOB", b"auth", b"body"]),
        ([], []),
    ],
)
def test_a_password_in_a_request_is_hidden(words, masked):
    assert masked_words(words) == masked


def test_the_password_in_the_settings_is_hidden_and_an_empty_one_is_shown():
    assert masked_reply([b"config", b"GET", b"*"], [b"requirepass", b"pw", b"dir", b"/"]) == [
        b"requirepass",
        b"***",
        b"dir",
        b"/",
    ]
    assert masked_reply([b"CONFIG", b"GET", b"r*"], [b"requirepass", b""]) == [b"requirepass", b""]


def test_the_password_is_hidden_wherever_it_stands():
    settings = [b"dir", b"/", b"port", b"7711", b"requirepass", b"pw"]
    assert masked_reply([b"CONFIG", b"GET", b"*"], settings) == [*settings[:-1], b"***"]


def test_what_is_no_password_stays_as_it_came():
    names = [b"requirepass", b"mail"]
    assert masked_reply([b"QSCAN", b"0"], names) is names
    line = rb'1.5 [a] "\x41"'
    assert masked_reply([b"MONITOR"], line) is line


def test_passwords_in_the_slow_log_are_hidden():
    reply = [[1, 2, 3, [b"AUTH", b"pw"]], [2, 3, 4, [b"QLEN", b"q"]]]
    assert masked_reply([b"SLOWLOG", b"GET"], reply) == [
        [1, 2, 3, [b"AUTH", b"***"]],
        [2, 3, 4, [b"QLEN", b"q"]],
    ]
    assert masked_reply([b"SLOWLOG", b"LEN"], 5) == 5


def test_passwords_in_the_lines_of_monitor_are_hidden():
    line = b'1.5 [127.0.0.1:5] "CONFIG" "SET" "requirepass" "p\\nw"'
    assert masked_reply([b"MONITOR"], line) == b'1.5 [127.0.0.1:5] "CONFIG" "SET" "requirepass" "***"'
    assert masked_reply([b"MONITOR"], b"OK") == b"OK"


def test_a_known_password_is_hidden_wherever_it_stands():
    reply = [b"a pw b", 1, [ReplyError("ERR unknown command 'pw'")], None]
    masked = without_password(reply, b"pw")
    assert masked[:2] == [b"a *** b", 1]
    assert masked[2][0].message == "ERR unknown command '***'"


def test_a_password_that_the_server_refuses_is_hidden_in_its_error():
    error = ReplyError("ERR Invalid argument 'pw' for CONFIG SET 'requirepass'")
    masked = masked_reply([b"CONFIG", b"SET", b"requirepass", b"pw"], error)
    assert masked.message == "ERR Invalid argument '***' for CONFIG SET 'requirepass'"
    assert masked_reply([b"CONFIG", b"SET", b"hz", b"pw"], error) is error
