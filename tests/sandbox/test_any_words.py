"""Every command with whatever words: answered once, or waited for; never more, and never an accident."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from disquectl.sandbox.commands.table import COMMANDS
from disquectl.sandbox.requests import RequestReader
from disquectl.sandbox.waiting import WaitForJobs, WaitForReplicas, WaitForWakeUp

from .bench import Bench, encode

ID = "D-aaaaaaaa-AAAAAAAAAAAAAAAAAAAAAAAA-"
NUMBERS = "0 1 -1 x +5 007 1.5 9223372036854775807 9223372036854775808 -999999999999999999 7712 nan inf 1e999"
OPTIONS = """
REPLICATE TTL RETRY DELAY MAXLEN ASYNC FROM NOHANG COUNT WITHCOUNTERS TIMEOUT BUSYLOOP STATE QUEUE MINLEN
REPLY IMPORTRATE queued all in out none bcast GET SET RESETSTAT REWRITE LIST KILL ID ADDR TYPE SKIPME SETNAME
GETNAME PAUSE SKIP MEET FORGET RESET HARD LEAVING yes NODES INFO MYID LATEST HISTORY GRAPH DOCTOR LEN SLEEP
OFF ERROR FLUSHALL maxmemory hz client-output-buffer-limit [a- * 127.0.0.1
"""
ODD = ["", "\0", "\r\n", "\xff", "a b", "normal 1 2 3", f"{ID}05a1", f"{ID}05a0"]
WORDS = st.lists(st.sampled_from(NUMBERS.split() + OPTIONS.split() + ODD) | st.text(max_size=5), max_size=7)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(sorted(COMMANDS)), WORDS, st.integers(1, 2))
def test_any_command_with_any_words_is_answered_once(name: bytes, words: list[str], nodes: int) -> None:
    bench = Bench(nodes=nodes)
    session = bench.sessions[0]
    replies = bench.send(session, name, *words)
    is_silent = session.muted or session.skip or session.closing or bench.nodes[0].stops
    if isinstance(session.wait, WaitForJobs | WaitForReplicas | WaitForWakeUp) or is_silent:
        assert len(replies) <= 1
    else:
        assert len(replies) == 1
    other = bench.connect()
    bench.wait(0.3)
    if not (bench.nodes[0].asleep_until_ms or bench.nodes[0].clients_paused_until_ms or bench.nodes[0].stops):
        bench.nodes[0].settings.password = b""
        assert bench.send(other, "PING") == ["PONG"]


@given(st.binary(max_size=200))
def test_any_bytes_leave_a_server_that_answers(data: bytes) -> None:
    bench = Bench()
    bench.feed(bench.sessions[0], data)
    other = bench.connect()
    other.reader = RequestReader()
    assert bench.feed(other, encode("TIME"))
