"""getjob in quantity: --follow, --max-jobs, --idle, --into; and no job is lost, however it ends."""

import errno
import io
import json
import os
import signal
import subprocess
import threading

import pytest

from disquectl import Client
from disquectl.cli.main import carry_out
from disquectl.commands import find
from disquectl.execution.parser import parse
from disquectl.execution.streams import Streams
from tests.conftest import run_disquectl
from tests.support.jobs import fill
from tests.support.processes import (
    COMMAND,
    PATIENCE_SECONDS,
    environment,
    run_in_shell,
    run_into_a_closed_pipe,
    running,
)
from tests.support.scripted_node import ScriptedNode, silent
from tests.support.waiting import wait_until

HELLO = b"*3\r\n:1\r\n$1\r\na\r\n*4\r\n$1\r\na\r\n$0\r\n\r\n$1\r\n1\r\n$1\r\n1\r\n"
JOB_ID = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
ONE_JOB = b"*1\r\n*3\r\n$1\r\nq\r\n$40\r\n" + JOB_ID.encode() + b"\r\n$4\r\nbody\r\n"


def left(node):
    """How many jobs the node still has, queued or not."""
    with Client(node) as client:
        return sum(1 for _ in client.jscan_all())


@pytest.mark.parametrize("ack", [True, False])
def test_a_count_beyond_one_reply_comes_in_batches_and_in_order(ack, node):
    bodies = [b"%d" % i for i in range(2500)]
    fill(node, bodies)
    options = ["--ack"] if ack else []
    done = run_disquectl("getjob", "q", "--count", "2400", *options, "-o", "raw", node=node)
    assert (done.code, done.err) == (0, "")
    assert done.raw.split(b"\n") == bodies[:2400]
    with Client(node) as client:
        assert client.qlen("q") == 100
    assert left(node) == (100 if ack else 2500)


def test_it_follows_until_so_many_came(node):
    ids = fill(node, [b"a", b"b"])
    with running("getjob", "q", "--follow", "--max-jobs", "3", "--ack", node=node) as process:
        lines = [process.stdout.readline().decode() for _ in range(2)]
        ids += fill(node, [b"c", b"d"])
        lines.append(process.stdout.readline().decode())
        assert process.wait(PATIENCE_SECONDS) == 0
    assert lines == [f"q\t{job_id}\t{body}\n" for job_id, body in zip(ids, "abc", strict=False)]
    assert left(node) == 1


def test_it_follows_until_none_came_for_a_while(node):
    fill(node, [b"a"])
    done = run_disquectl("getjob", "q", "--idle", "200ms", "--ack", "-o", "json", node=node)
    assert (done.code, [job["body"] for job in json.loads(done.out)]) == (0, ["a"])
    done = run_disquectl("getjob", "q", "--idle", "0", "-o", "json", node=node)
    assert (done.code, done.out) == (4, "[]\n")
    done = run_disquectl("getjob", "q", "--idle", "100ms", "-o", "json", node=node)
    assert (done.code, done.out, done.err) == (4, "[]\n", "disquectl: no job\n")


def test_bodies_are_joined_and_a_reader_gets_each_at_once(node):
    fill(node, [b"a", b"b"])
    done = run_disquectl("getjob", "q", "--max-jobs", "2", "--ack", "-o", "raw", node=node)
    assert done.raw == b"a\nb"
    fill(node, [b"c"])
    with running("getjob", "q", "--follow", "--ack", "-o", "raw", node=node) as process:
        assert process.stdout.readline() == b"c\n"
        fill(node, [b"d"])
        assert process.stdout.readline() == b"d\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_130_and_takes_no_job_with_it(number, node):
    fill(node, [b"a"])
    with Client(node) as client, running("getjob", "q", "--follow", "--ack", node=node) as process:
        process.stdout.readline()
        wait_until(lambda: any("b" in entry["flags"] for entry in client.client_list()))
        process.send_signal(number)
        assert process.wait(PATIENCE_SECONDS) == 130
        wait_until(lambda: not any("b" in entry["flags"] for entry in client.client_list()))
        assert left(node) == 0
        client.addjob("q", "b")
        assert client.qlen("q") == 1


def test_each_job_becomes_a_file_before_it_is_acknowledged(node, tmp_path):
    bodies = [b"", b"line\n", b"\xff\x00", *(b"%d" % i for i in range(300))]
    ids = fill(node, bodies)
    folder = tmp_path / "new" / "folder"
    done = run_disquectl("getjob", "q", "--idle", "100ms", "--ack", "--into", str(folder), node=node)
    assert (done.code, done.out.split()) == (0, ids)
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert files == {job_id.replace("/", "_"): body for job_id, body in zip(ids, bodies, strict=True)}
    assert left(node) == 0


def test_a_file_that_cannot_be_written_is_9_and_nothing_is_acknowledged(node, tmp_path):
    (job_id,) = fill(node, [b"a"])
    (tmp_path / job_id.replace("/", "_")).mkdir()
    done = run_disquectl("getjob", "q", "--count", "5", "--ack", "--into", str(tmp_path), node=node)
    assert (done.code, done.out) == (9, "")
    assert left(node) == 1
    assert [file.name for file in tmp_path.iterdir()] == [job_id.replace("/", "_")], "nothing half is left"
    file = tmp_path / "file"
    file.write_bytes(b"")
    assert run_disquectl("getjob", "q", "--into", str(file), node="127.0.0.1:1").code == 9


@pytest.mark.parametrize(
    "job_id", ["D-../etc/passwd/8YL1NT17e9+wsA/09Nqxsc", "D-dcb833cf-8YL1NT17e9+wsA.09\x1bqxscQI-05a1"]
)
def test_an_id_that_is_none_names_no_file(job_id, tmp_path):
    reply = ONE_JOB.replace(JOB_ID.encode(), job_id.encode().ljust(40, b"x")[:40])
    with ScriptedNode([HELLO, reply]) as server:
        done = run_disquectl("getjob", "q", "--into", str(tmp_path / "in"), node=server.address)
    assert done.code == 5
    assert list((tmp_path / "in").iterdir()) == []


def test_a_full_disk_is_9_and_nothing_is_acknowledged(node):
    # One short line stays in the buffer until it is flushed, which has to be before the ACKJOB.
    fill(node, [b"a"])
    for words in (["--idle", "0"], []):
        done = run_in_shell('"$@" > /dev/full', "getjob", "q", *words, "--ack", node=node)
        assert done.returncode == 9
        assert left(node) == 1
        with Client(node) as client:
            client.enqueue(*(job["id"] for job in client.jscan_all(reply="all")))


class ReaderThatLeaves(io.BufferedWriter):
    """A pipe whose reader goes away, without having read, once all was handed over."""

    def __init__(self):
        self.reading, writing = os.pipe()
        super().__init__(io.FileIO(writing, "wb"))

    def flush(self):
        super().flush()
        if self.reading >= 0:
            os.close(self.reading)
            self.reading = -1


@pytest.mark.parametrize("words", [["--idle", "0"], []])
def test_what_the_reader_has_left_in_the_pipe_is_not_acknowledged(words, node):
    fill(node, [b"a"])
    invocation = parse(["-n", node, "getjob", "q", *words, "--ack"], find)
    with ReaderThatLeaves() as out:
        streams = Streams(io.BytesIO(), out, io.BytesIO())
        with pytest.raises(BrokenPipeError):
            carry_out(invocation, streams)
    assert left(node) == 1


def test_a_reader_that_has_gone_ends_it_silently_and_its_jobs_stay(node):
    fill(node, [b"a"] * 300)
    done = run_into_a_closed_pipe("getjob", "q", "--follow", "--ack", node=node)
    assert (done.returncode, done.stderr) == (0, b"")
    assert left(node) == 300


def test_a_consumer_that_is_killed_at_any_moment_loses_no_job(node, tmp_path):
    bodies = {b"%d" % i for i in range(1500)}
    fill(node, bodies, retry=1)
    seen = b""
    for turn in range(12):
        out = tmp_path / f"out{turn}"
        with out.open("wb") as file:
            process = subprocess.Popen(
                [*COMMAND, "getjob", "q", "--follow", "--ack", "-o", "raw"],
                stdin=subprocess.DEVNULL,
                stdout=file,
                env=environment(node),
            )
            # Each time a little later, counted in what it has written.
            wait_until(lambda out=out, turn=turn: out.stat().st_size >= turn * 50 or left(node) == 0)
            process.kill()
            process.wait()
        seen += out.read_bytes() + b"\n"
    # What it had taken and not acknowledged comes back.
    seen += run_disquectl("getjob", "q", "--idle", "3s", "--ack", "-o", "raw", node=node).raw
    assert set(seen.split(b"\n")) >= bodies
    assert left(node) == 0


def test_what_the_node_refuses_ends_it_with_1_after_what_came_is_acknowledged():
    leaving = b"-LEAVING This node is leaving the cluster\r\n"
    with ScriptedNode([HELLO, ONE_JOB, b"*-1\r\n", b":1\r\n", leaving]) as server:
        done = run_disquectl("getjob", "q", "--follow", "--ack", node=server.address)
    assert (done.code, done.out) == (1, f"q\t{JOB_ID}\tbody\n")
    assert "LEAVING" in done.err
    verbs = [words[0] for words in server.requests]
    assert verbs.count(b"ACKJOB") == 1


@pytest.mark.parametrize(
    "words", [["--follow", "--nohang"], ["--idle", "1s", "--timeout", "1s"], ["--max-jobs", "0"]]
)
def test_what_contradicts_itself_is_a_usage_error(words):
    assert run_disquectl("getjob", "q", *words, node="127.0.0.1:1").code == 2


def test_a_slow_reader_gets_everything(node):
    fill(node, [os.urandom(500).hex().encode() for _ in range(1000)])
    with running("getjob", "q", "--max-jobs", "1000", "--ack", node=node) as process:
        out = b""
        while data := process.stdout.read1(3000):
            out += data
        assert process.wait(PATIENCE_SECONDS) == 0
    assert len(out.splitlines()) == 1000
    assert left(node) == 0


QUICK, PATIENT = ("--response-timeout", "200ms"), ("--response-timeout", "1h")


@pytest.mark.parametrize(
    ("replies", "verb"),
    [
        ([HELLO], b"GETJOB"),  # the first look
        ([HELLO, b"*-1\r\n"], b"GETJOB"),  # the one that waits
        ([HELLO, ONE_JOB, b"*-1\r\n"], b"ACKJOB"),
    ],
)
def test_a_node_that_falls_silent_is_noticed_after_the_wait_of_its_request(replies, verb):
    with ScriptedNode([*replies, silent], [silent], [silent]) as server:
        done = run_disquectl(*QUICK, "getjob", "q", "--follow", "--ack", node=server.address, timeout=40)
    assert done.code == 8, "the last GETJOB may have taken jobs"
    assert ("1 job written, 1 of them not acknowledged: " in done.err) == (verb == b"ACKJOB")
    assert server.requests[len(replies)][0] == verb


def test_what_cannot_be_written_is_9_also_where_an_acknowledgement_has_no_answer(tmp_path):
    other = JOB_ID.replace("8YL1NT", "9YL1NT")
    (tmp_path / other.replace("/", "_")).mkdir()
    replies = [HELLO, ONE_JOB, ONE_JOB.replace(JOB_ID.encode(), other.encode())]
    with ScriptedNode([*replies, silent], [silent], [silent]) as server:
        words = ("getjob", "q", "--follow", "--ack", "--into", str(tmp_path))
        done = run_disquectl(*QUICK, *words, node=server.address, timeout=40)
    assert done.code == 9
    assert "1 job written, 1 of them not acknowledged: " in done.err


def test_a_refusal_does_not_hide_that_an_acknowledgement_has_no_answer():
    leaving = b"-LEAVING This node is leaving the cluster\r\n"
    with ScriptedNode([HELLO, ONE_JOB, leaving, silent], [silent], [silent]) as server:
        done = run_disquectl(*QUICK, "getjob", "q", "--follow", "--ack", node=server.address, timeout=40)
    assert done.code == 3
    assert "1 job written, 1 of them not acknowledged: " in done.err


class FullAfterCtrlC(io.BytesIO):
    """A disk that is full, and a person who sees it and interrupts."""

    def flush(self):
        os.kill(os.getpid(), signal.SIGINT)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_an_interruption_is_130_also_where_a_job_could_not_be_written(node):
    fill(node, [b"a"])
    invocation = parse(["-n", node, "getjob", "q", "--follow", "--ack"], find)
    streams = Streams(io.BytesIO(), FullAfterCtrlC(), err := io.BytesIO())
    with pytest.raises(KeyboardInterrupt):
        carry_out(invocation, streams)
    assert b"the result could not be written: No space left on device" in err.getvalue()
    assert left(node) == 1


def test_a_wait_ends_with_the_idle_time_and_the_response_timeout():
    with ScriptedNode([HELLO, b"*-1\r\n", silent]) as server:
        done = run_disquectl(*QUICK, "getjob", "q", "--idle", "1500ms", node=server.address, timeout=40)
    assert done.code == 8
    waits = [words[2] for words in server.requests if words[:2] == [b"GETJOB", b"TIMEOUT"]]
    assert len(waits) == 1
    assert int(waits[0]) <= 1000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ([HELLO], b""),
        ([HELLO, b"*-1\r\n"], b""),
        ([HELLO, ONE_JOB, b"*-1\r\n"], b"1 job written, 1 of them not acknowledged: "),
    ],
)
def test_a_signal_ends_it_while_the_node_is_silent(replies, told, number):
    waiting = threading.Event()

    def fall_silent(conn):
        waiting.set()
        silent(conn)

    with (
        ScriptedNode([*replies, fall_silent]) as server,
        running(*PATIENT, "getjob", "q", "--follow", "--ack", node=server.address) as process,
    ):
        assert waiting.wait(PATIENCE_SECONDS)
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 130
        assert err.startswith(b"disquectl: " + told) if told else err == b""
