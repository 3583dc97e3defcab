"""`exec` and `exec -`: words as they are, lines from stdin, and what is said when it goes wrong half way."""

from __future__ import annotations

import json
import signal
import subprocess
import threading

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.processes import PATIENCE_SECONDS, running
from tests.support.scripted_node import AtOnce, ScriptedNode, close, silent


def test_words_go_as_they_are_and_options_stand_before_them(disquectl):
    done = disquectl("-o", "json", "exec", "ADDJOB", "q", "-o", "0", "TTL", "60")
    assert (done.code, done.err) == (0, "")
    job_id = json.loads(done.out)
    done = disquectl("exec", "-o", "json", "SHOW", job_id)
    fields = json.loads(done.out)
    assert fields[fields.index("body") + 1] == "-o"
    assert disquectl("exec", "qlen", "q", "--help").err == (
        "disquectl: ERR wrong number of arguments for 'qlen' command (see disquectl qlen --help)\n"
    )
    assert disquectl("exec", "--", "qlen", "-5").out == "0\n"


def test_a_reply_is_a_json_value_in_exec(disquectl):
    disquectl("addjob", "q", "body")
    assert disquectl("-o", "json", "exec", "getjob", "nohang", "from", "nothing").out == "null\n"
    assert disquectl("-o", "json", "exec", "qlen", "q").out == "1\n"
    assert json.loads(disquectl("-o", "json", "exec", "qpeek", "q", "1").out)[0][2] == "body"
    done = disquectl("-o", "json", "exec", "frobnicate")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("disquectl: ERR unknown command 'frobnicate' (")


def test_lines_are_answered_in_their_order(disquectl):
    script = b"addjob q \"a\\nb\" 0 retry 1\nqlen q\n\nqpeek q 1\nqlen 'no such'\n"
    done = disquectl("exec", "-", stdin=script)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("D-")
    assert lines[1] == "1"
    assert lines[2].endswith("\ta\\nb")
    assert lines[3] == "0"
    done = disquectl("-o", "json", "exec", "-", stdin=b"qlen q\nqlen q\n")
    assert done.out == "[1,1]\n"
    assert disquectl("-o", "jsonl", "exec", "-", stdin=b"qlen q\nqlen q\n").out == "1\n1\n"
    assert disquectl("-o", "json", "exec", "-").out == "[]\n"


def test_a_refused_line_does_not_hold_up_the_others(disquectl):
    script = b'qlen q\nfoo\n"\nmonitor\nclient reply off\ngetjob from q\ngetjob nohang from q\nqlen q'
    done = disquectl("-o", "jsonl", "exec", "-", stdin=script)
    assert done.code == 3
    replies = [json.loads(line) for line in done.out.splitlines()]
    assert replies == [
        0,
        {"error": "ERR unknown command 'foo'"},
        {"error": 'ERR a " is not closed'},
        {"error": "ERR monitor would break the order of the replies"},
        {"error": "ERR client would break the order of the replies"},
        {"error": "ERR getjob would break the order of the replies"},
        None,
        0,
    ]
    assert "disquectl: line 2: ERR unknown command 'foo'\n" in done.err
    assert done.err.endswith("disquectl: 3 commands carried out, 5 refused\n")
    done = disquectl("exec", "-", stdin=b"foo\nbar\n")
    assert done.code == 1
    assert done.err.endswith("disquectl: ERR all 2 commands were refused\n")


def test_a_line_that_must_not_be_sent_ends_the_run(disquectl):
    done = disquectl("exec", "-", stdin=b"qlen q\nshutdown\nqlen q\n")
    assert (done.code, done.out) == (2, "0\n")
    assert done.err.startswith("disquectl: line 2: SHUTDOWN needs confirmation, because it stops the server")
    done = disquectl("--read-only", "exec", "-", stdin=b"qlen q\naddjob q b 0\n")
    assert (done.code, done.out) == (2, "0\n")
    assert done.err == "disquectl: line 2: ADDJOB can change the cluster, and this is read-only\n"


@pytest.mark.parametrize("words", [["debug", "nothing-known"], ["DEBUG"], ["Config", "Set", "hz", "10"]])
def test_exec_asks_like_the_command_itself_and_goes_to_one_server(words):
    with ScriptedNode([silent]) as server:
        done = run_disquectl("exec", *words, node=server.address)
        assert (done.code, done.out) == (2, "")
        assert ". No terminal to ask on: pass --yes\n" in done.err
        done = run_disquectl("-y", "exec", *words, node=server.address + ",127.0.0.1:1")
        assert done.code == 2
        assert "changes one server: name it with one --node" in done.err
        assert server.accepted == 0


def test_a_lost_connection_tells_which_lines_are_open():
    def two_of_three(conn):
        conn.sendall(b":1\r\n")
        conn.close()

    with ScriptedNode([two_of_three]) as server:
        done = run_disquectl("exec", "-", stdin=b"qlen a\nnack x\nnack y\n", node=server.address)
    assert (done.code, done.out) == (8, "1\n")
    told = done.err.splitlines()
    assert told[0] == "disquectl: lines 2 to 3: sent and not answered"
    assert "may or may not have been carried out" in told[1]


def test_lines_that_change_nothing_are_sent_again_or_end_with_6():
    with ScriptedNode([close]) as first, ScriptedNode([b":1\r\n", b":2\r\n"]) as second:
        nodes = f"{first.address},{second.address}"
        done = run_disquectl("exec", "-", stdin=b"qlen a\nqlen b\n", node=nodes)
        assert (done.code, done.out, done.err) == (0, "1\n2\n", "")
    with ScriptedNode([silent]) as server:
        script = b"qlen a\nqlen b\n"
        done = run_disquectl("--response-timeout", "100ms", "exec", "-", stdin=script, node=server.address)
        assert (done.code, done.out) == (6, "")


def test_a_shutdown_that_closes_the_connection_is_done_in_a_script_too():
    hello = b"*3\r\n:1\r\n$1\r\na\r\n*4\r\n$1\r\na\r\n$0\r\n\r\n$4\r\n7711\r\n$1\r\n1\r\n"
    for lines, code, told in (
        (b"qlen q\nshutdown\n", 0, ""),
        (b"qlen q\nshutdown\nqlen q\n", 5, "disquectl: from line 3 on: not sent\n"),
    ):
        with ScriptedNode([hello, b":1\r\n", close]) as server:
            done = run_disquectl("-y", "exec", "-", stdin=lines, node=server.address)
        assert (done.code, done.out) == (code, "1\n\n")
        assert done.err.startswith(told)
        assert bool(done.err) == bool(told)
    with ScriptedNode([hello, b"-ERR Errors trying to SHUTDOWN. Check logs.\r\n", b":1\r\n"]) as server:
        done = run_disquectl("-y", "exec", "-", stdin=b"shutdown\nqlen q\n", node=server.address)
    assert (done.code, done.out.splitlines()[-1]) == (3, "1")
    with ScriptedNode([hello, silent]) as server:
        words = ("-y", "--response-timeout", "100ms", "exec", "-")
        assert run_disquectl(*words, stdin=b"shutdown\n", node=server.address).code == 8


def test_a_missing_password_is_7_with_several_names_or_lines_too():
    refusal = AtOnce(b"-NOAUTH Authentication required.\r\n" * 2)
    for args in (["qlen", "a", "b"], ["exec", "-"]):
        with ScriptedNode([lambda _: None, refusal, silent]) as server:
            done = run_disquectl(*args, stdin=b"qlen a\nqlen b\n", node=server.address)
        assert done.code == 7
        assert done.err.endswith(
            "disquectl: NOAUTH Authentication required. "
            "(Give the password by DISQUE_PASSWORD, --password-file or --ask-password.)\n"
        )


def test_a_line_without_an_end_and_one_with_crlf_are_lines(node):
    with Client(node) as client:
        client.addjob("q", "body")
    done = run_disquectl("exec", "-", stdin=b"qlen q\r\nqlen q", node=node)
    assert (done.code, done.out) == (0, "1\n1\n")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"ADDJOB q b 0\n", b"disquectl: lines 1 to 3: interrupted, and may have been carried out\n"),
        (b"QLEN q\n", b""),
    ],
)
def test_an_interruption_tells_which_lines_are_open(line, told):
    waiting = threading.Event()

    def answer_one(conn):
        conn.sendall(b":1\r\n")
        waiting.set()
        silent(conn)

    with (
        ScriptedNode([answer_one]) as server,
        running("exec", "-", node=server.address, stdin=subprocess.PIPE) as process,
    ):
        process.stdin.write(line * 3)
        process.stdin.close()
        process.stdin = None
        assert waiting.wait(PATIENCE_SECONDS)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, err) == (130, told)
