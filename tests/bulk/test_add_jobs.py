"""addjob --lines, --null, --jsonl as processes: what goes in comes out in order, and the rest is told."""

import json
import os
import re
import signal
import subprocess
import threading
from contextlib import contextmanager

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.processes import PATIENCE_SECONDS, run_in_shell, run_into_a_closed_pipe, running
from tests.support.scripted_node import ScriptedNode
from tests.support.terminal import Terminal

ID = rb"D-[0-9a-f]{8}-[A-Za-z0-9+/]{24}-[0-9a-f]{4}"


def bodies_of(ids, node):
    with Client(node) as client:
        return [client.show(job_id)["body"] for job_id in ids]


def queue_order(queue, node):
    with Client(node) as client:
        return [job["body"] for job in client.qpeek(queue, 1_000_000)]


@pytest.mark.parametrize(
    ("stdin", "options", "bodies"),
    [
        (b"a\nb\nc\n", [], [b"a", b"b", b"c"]),
        (b"a\nb\nno last newline", [], [b"a", b"b", b"no last newline"]),
        (b"a\r\n\xff\x00\x1b\n  \n", [], [b"a\r", b"\xff\x00\x1b", b"  "]),
        (b"a\n\n\nb\n\n", [], [b"a", b"b"]),
        (b"a\n\nb\n", ["--keep-empty"], [b"a", b"", b"b"]),
        (b"", [], []),
        (b"a\nb\nc\n", ["--skip", "2"], [b"c"]),
        (b"a\n\nc\n", ["--skip", "2"], [b"c"]),
        (b"a\nb\n", ["--skip", "5"], []),
    ],
)
def test_each_line_is_a_job(stdin, options, bodies, node):
    done = run_disquectl("addjob", "q", "--lines", *options, stdin=stdin, node=node)
    assert (done.code, done.err) == (0, "")
    assert bodies_of(done.out.split(), node) == bodies
    assert queue_order("q", node) == bodies


def test_nul_ends_a_piece_and_newlines_belong_to_it(node, tmp_path):
    file = tmp_path / "pieces"
    file.write_bytes(b"a\nb\0c\0\0d")
    done = run_disquectl("addjob", "q", "--null", "--file", str(file), stdin=b"not read", node=node)
    assert done.code == 0
    assert bodies_of(done.out.split(), node) == [b"a\nb", b"c", b"d"]


def test_ids_come_in_the_order_of_the_input_over_one_connection_and_over_many(node, cluster):
    lines = [b"%d" % i for i in range(2000)]
    for address in (node, cluster[0]):
        done = run_disquectl("addjob", "q", "--lines", stdin=b"\n".join(lines), node=address)
        assert (done.code, done.err) == (0, "")
        assert bodies_of(done.out.split(), address) == lines
    assert queue_order("q", node) == lines


@pytest.mark.parametrize("option", [["--replicate", "1"], ["--async"]])
def test_what_waits_for_no_copies_keeps_its_order_in_the_queue_of_a_cluster(option, cluster):
    lines = [b"%d" % i for i in range(2000)]
    done = run_disquectl("addjob", "q", "--lines", *option, stdin=b"\n".join(lines), node=cluster[0])
    assert bodies_of(done.out.split(), cluster[0]) == lines
    assert queue_order("q", cluster[0]) == lines


def test_a_line_of_10_mb_and_its_neighbours(node):
    lines = [b"before", os.urandom(5_000_000).hex().encode(), b"after"]
    done = run_disquectl("addjob", "q", "--lines", stdin=b"\n".join(lines), node=node)
    assert done.code == 0
    assert bodies_of(done.out.split(), node) == lines


def test_json_goes_out_and_comes_in_again(node):
    bodies = [b"text", b"\xff\x00", "\u202e".encode(), b"", b"line\nline"]
    with Client(node) as client:
        for body in bodies:
            client.addjob(b"from\xff", body)
    taken = run_disquectl(
        "getjob", b"from\xff", "--count", "9", "--withcounters", "--ack", "-o", "jsonl", node=node
    )
    done = run_disquectl("addjob", "--jsonl", stdin=taken.raw, node=node)
    assert (done.code, done.err) == (0, "")
    assert queue_order(b"from\xff", node) == bodies
    moved = run_disquectl("addjob", "to", "--jsonl", stdin=b'{"body": "x", "delay": 60}\n\n', node=node)
    with Client(node) as client:
        job = client.show(moved.out.strip())
    assert (job["queue"], job["delay"], job["state"]) == (b"to", 60, "active")


def test_a_line_that_is_refused_is_told_by_its_number_and_the_rest_goes_on(node):
    lines = b'{"body": "a"}\nnonsense\n{"body": "c", "maxlen": 1}\n\n'
    lines += b'{"body": "e", "queue": "shut"}\n{"body": "f"}\n'
    with Client(node) as client:
        client.pause("shut", "in")
    done = run_disquectl("addjob", "q", "--jsonl", "--queue-from-line", "-o", "jsonl", stdin=lines, node=node)
    assert done.code == 3
    records = [json.loads(line) for line in done.out.splitlines()]
    assert [record.get("line") for record in records] == [None, 2, 3, 5, None]
    assert records[1]["error"].startswith("ERR not JSON")
    assert records[2]["error"].startswith("MAXLEN ")
    assert records[3]["error"].startswith("PAUSED ")
    told = done.err.splitlines()
    assert [line.split(":")[1] for line in told[:3]] == [" line 2", " line 3", " line 5"]
    assert told[3] == "disquectl: 2 added, 3 refused, 1 empty lines left out"
    assert bodies_of([records[0]["id"], records[4]["id"]], node) == [b"a", b"f"]


def test_when_all_are_refused_it_is_1(node):
    with Client(node) as client:
        client.pause("q", "in")
    done = run_disquectl("addjob", "q", "--lines", stdin=b"a\nb\n", node=node)
    assert (done.code, done.out) == (1, "")
    *lines, last = done.err.splitlines()
    assert [line.partition(" Queue")[0] for line in lines] == [
        "disquectl: line 1: PAUSED",
        "disquectl: line 2: PAUSED",
    ]
    assert last.startswith("disquectl: PAUSED 0 added, 2 refused (resume the queue with `disquectl pause ")


def test_fail_fast_ends_with_the_first_refusal_and_says_where_to_go_on(node):
    lines = b"".join(b'{"body": "%d"}\n' % i for i in range(300)) + b"nonsense\n"
    lines += b'{"body": "later"}\n' * 100_000
    done = run_disquectl("addjob", "q", "--jsonl", "--fail-fast", stdin=lines, node=node)
    assert done.code == 3
    assert done.err.endswith("stopped after line 301: 300 added, 1 refused; --skip 301 goes on there\n")
    assert len(done.out.split()) == 300


def test_fail_fast_ends_soon_behind_what_the_node_refuses(node):
    lines = b"".join(b"%d\n" % i for i in range(100_000))
    done = run_disquectl("addjob", "q", "--lines", "--fail-fast", "--maxlen", "300", stdin=lines, node=node)
    assert done.code == 3
    stood = int(re.search(r"stopped after line (\d+): 300 added, \d+ refused; --skip \1 goes", done.err)[1])
    assert 301 <= stood < 100_000
    assert len(done.out.split()) == 300


def test_a_body_over_the_limit_is_refused_and_its_neighbours_are_added(node):
    # Read in portions, never held: so this takes time to write, and no memory.
    with running("addjob", "q", "--lines", node=node, stdin=subprocess.PIPE) as process:
        process.stdin.write(b"before\n")
        for _ in range(513):
            process.stdin.write(bytes(1 << 20))
        out, err = process.communicate(b"\nafter\n", timeout=PATIENCE_SECONDS)
    assert process.returncode == 3
    assert bodies_of(out.decode().split(), node) == [b"before", b"after"]
    assert "line 2: ERR the body is longer" in err.decode()


def test_an_outcome_that_disque_leaves_open_is_8_with_the_line():
    hello = b"*3\r\n:1\r\n$1\r\na\r\n*4\r\n$1\r\na\r\n$0\r\n\r\n$1\r\n1\r\n$1\r\n1\r\n"
    open_ = b"-NOREPL Timeout reached before replicating to the requested number of nodes\r\n"
    with ScriptedNode([hello, b"+" + b"D-" + b"D" * 38 + b"\r\n", open_, b"-MAXLEN full\r\n"]) as server:
        done = run_disquectl("addjob", "q", "--lines", stdin=b"a\nb\nc\n", node=server.address)
    assert (done.code, done.out) == (8, "D-" + "D" * 38 + "\n")
    assert "line 2: outcome unknown: NOREPL Timeout" in done.err
    assert "1 added, 1 refused, 1 unknown (lines 2)" in done.err


def test_the_first_id_comes_before_the_input_ends(node):
    with running("addjob", "q", "--lines", node=node, stdin=subprocess.PIPE) as process:
        for body in (b"first\n", b"second\n"):
            process.stdin.write(body)
            process.stdin.flush()
            assert re.fullmatch(ID + rb"\n", process.stdout.readline())
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_for_what_is_in_flight_and_skip_goes_on_there(number, node, tmp_path):
    lines = [b"%06d" % i for i in range(60_000)]
    file = tmp_path / "lines"
    file.write_bytes(b"\n".join(lines))
    with running("addjob", "q", "--lines", "--file", str(file), node=node) as process:
        first = process.stdout.readline()
        process.send_signal(number)
        out, err = process.stdout.read(), process.stderr.read()
        assert process.wait(PATIENCE_SECONDS) == 130
    ids = (first + out).decode().split()
    stood = int(re.search(r"stopped after line (\d+): (\d+) added", err.decode())[1])
    assert len(ids) == stood < len(lines)
    again = run_disquectl("addjob", "q", "--lines", "--skip", str(stood), "--file", str(file), node=node)
    assert again.code == 0
    assert queue_order("q", node) == lines


def test_ctrl_c_while_it_waits_for_input_is_130(node):
    with running("addjob", "q", "--lines", node=node, stdin=subprocess.PIPE) as process:
        process.stdin.write(b"a\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 130


def test_what_was_ignored_from_the_start_stays_so(node):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with running("addjob", "q", "--lines", node=node, stdin=subprocess.PIPE) as process:
            process.stdin.write(b"a\n")
            process.stdin.flush()
            process.stdout.readline()
            process.send_signal(signal.SIGHUP)
            process.communicate(b"b\n", timeout=PATIENCE_SECONDS)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert process.returncode == 0
    with Client(node) as client:
        assert client.qlen("q") == 2


def test_a_second_ctrl_c_does_not_wait_and_calls_unknown_what_was_in_flight():
    hello = b"*3\r\n:1\r\n$1\r\na\r\n*4\r\n$1\r\na\r\n$0\r\n\r\n$1\r\n1\r\n$1\r\n1\r\n"
    with (
        ScriptedNode([hello, b"+" + b"D-" + b"D" * 38 + b"\r\n", lambda conn: conn.recv(1)]) as server,
        running("addjob", "q", "--lines", node=server.address, stdin=subprocess.PIPE) as process,
    ):
        process.stdin.write(b"a\n")
        process.stdin.flush()
        process.stdout.readline()
        process.stdin.write(b"b\nc\n")
        process.stdin.flush()
        while len(server.requests) < 3:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert b"press Ctrl-C again not to wait" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert b"1 added, 0 refused, 2 unknown (lines 2-3)" in err


def test_head_stops_it_and_it_says_where_it_stood(node):
    script = 'seq 30000 | { "$@"; echo "exit $?" >&2; } | head -1'
    done = run_in_shell(script, "addjob", "q", "--lines", node=node)
    assert re.fullmatch(ID.decode() + "\n", done.stdout)
    stood, added = re.search(r"stopped after line (\d+): (\d+) added", done.stderr).groups()
    assert done.stderr.endswith("exit 3\n")
    assert stood == added
    with Client(node) as client:
        assert client.qlen("q") == int(added)


def test_a_reader_that_is_gone_from_the_start_leaves_a_true_account(node):
    done = run_into_a_closed_pipe("addjob", "q", "--lines", stdin=b"a\nb\n", node=node)
    assert done.returncode == 3
    assert b"2 added, 0 refused, 2 of those added without their ID written (lines 1-2)" in done.stderr
    assert queue_order("q", node) == [b"a", b"b"]


def test_a_full_disk_is_9_and_says_which_jobs_are_there(node):
    done = run_in_shell('seq 3 | "$@" > /dev/full', "addjob", "q", "--lines", node=node)
    assert done.returncode == 9
    assert "could not be written" in done.stderr
    assert "3 added" in done.stderr
    assert queue_order("q", node) == [b"1", b"2", b"3"]


def test_a_slow_reader_loses_nothing(node, tmp_path):
    file = tmp_path / "lines"
    file.write_bytes(b"line\n" * 20_000)
    with running("addjob", "q", "--lines", "--file", str(file), node=node) as process:
        out = b""
        while data := process.stdout.read1(500):
            out += data
        assert process.wait(PATIENCE_SECONDS) == 0
    assert len(out.split()) == 20_000


def test_an_input_that_cannot_be_read_is_9(node, tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        done = run_disquectl("addjob", "q", "--lines", "--file", str(path), node=node)
        assert done.code == 9
        assert str(path) in done.err


@pytest.mark.parametrize(
    "words",
    [
        ["q", "body", "--lines"],
        ["q", "-", "--null"],
        ["q", "body", "--jsonl"],
        ["q", "--lines", "--null"],
        ["--lines"],
        ["q", "--skip", "3"],
        ["q", "body", "--fail-fast"],
        ["q", "body", "--connections", "3"],
        ["q", "--jsonl", "--keep-empty"],
        ["q", "--lines", "--columns", "queue"],
    ],
)
def test_what_contradicts_itself_is_a_usage_error_and_reads_nothing(words):
    with running("addjob", *words, node="127.0.0.1:1", stdin=subprocess.PIPE) as process:
        assert process.wait(PATIENCE_SECONDS) == 2


def test_no_node_is_5_and_read_only_is_2():
    assert run_disquectl("addjob", "q", "--lines", stdin=b"a\n", node="127.0.0.1:1").code == 5
    assert run_disquectl("addjob", "q", "--lines", "--read-only", stdin=b"a\n", node="127.0.0.1:1").code == 2


def test_a_redis_is_named(tmp_path):
    unknown = b"-ERR unknown command 'HELLO'\r\n"
    info = b"$19\r\nredis_version:3.0.0\r\n"
    with ScriptedNode([unknown, info]) as server:
        done = run_disquectl("addjob", "q", "--lines", stdin=b"a\n", node=server.address)
    assert done.code == 5
    assert "Redis 3.0.0" in done.err


@contextmanager
def progress_of(node, tmp_path, *options, lines):
    """A run on a terminal that gets these lines again and again, until the block has seen enough."""
    fifo = tmp_path / "lines"
    os.mkfifo(fifo)
    seen = threading.Event()

    def write_until_it_is_seen():
        with fifo.open("wb", buffering=0) as out:
            while not seen.wait(0.01):
                out.write(lines)

    thread = threading.Thread(target=write_until_it_is_seen)
    thread.start()
    with (
        open(tmp_path / "ids", "wb") as ids,
        Terminal("addjob", "q", *options, "--file", str(fifo), node=node, stdout=ids) as terminal,
    ):
        try:
            yield terminal
        finally:
            seen.set()
        terminal.end()
    thread.join()


def test_the_progress_is_drawn_on_a_terminal_until_the_end(node, tmp_path):
    with progress_of(node, tmp_path, "--lines", lines=b"line\n") as terminal:
        terminal.wait_for("/s")
    assert terminal.process.returncode == 0
    assert re.search(r"[\d,]+ jobs  [\d,]+/s", terminal.seen)
    assert terminal.seen.endswith("\r\x1b[K")


def test_the_progress_counts_what_was_refused_once(node, tmp_path):
    """Every other line is refused, so that they are half of what is counted, give or take the one at hand."""
    with progress_of(node, tmp_path, "--jsonl", lines=b'{"body": "x"}\nno json\n') as terminal:
        terminal.wait_for("/s  ")
    assert terminal.process.returncode == 3
    shown = re.findall(r"([\d,]+) jobs  [\d,]+/s  ([\d,]+) refused", terminal.seen)
    assert shown
    for jobs, refused in shown:
        assert abs(int(jobs.replace(",", "")) - 2 * int(refused.replace(",", ""))) <= 1
    summary = re.search(r"(\d+) added, (\d+) refused", terminal.seen)
    assert summary[1] == summary[2]


def test_quiet_draws_nothing(node, tmp_path):
    file = tmp_path / "lines"
    file.write_bytes(b"line\n" * 20_000)
    with (
        open(tmp_path / "ids", "wb") as ids,
        Terminal("addjob", "q", "--lines", "--quiet", "--file", str(file), node=node, stdout=ids) as terminal,
    ):
        assert terminal.end() == 0
    assert terminal.seen == ""


def test_json_is_loaded_only_for_json(node):
    for option, line, loaded in (("--lines", b"a\n", False), ("--jsonl", b'{"body": "a"}\n', True)):
        done = run_disquectl("addjob", "q", option, stdin=line, node=node, PYTHONPROFILEIMPORTTIME="1")
        assert done.code == 0
        assert bool(re.search(r"\| +json$", done.err, re.MULTILINE)) == loaded
        assert not re.search(r"\| +(rich|typer|asyncio|dataclasses)\b", done.err)
