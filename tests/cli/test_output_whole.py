"""Whatever takes the output only in parts: it is written whole, or the run says that it was not.

A file that may grow no further stands for the full disk: it takes a part of a write before it refuses, which
/dev/full does not. PYTHONUNBUFFERED, set in most container images, makes Python's own streams write parts.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import subprocess
import time

import pytest

from disquectl import Client
from disquectl.render.output import FORMATS
from tests.support.jobs import fill
from tests.support.processes import COMMAND, PATIENCE_SECONDS, environment

BODY = b"x" * 20_000
JOBS = 30
BODIES = [b"%03d" % number + BODY for number in range(JOBS)]
UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])


def left(node):
    with Client(node) as client:
        return {job["id"] for job in client.jscan_all(reply="all")}


def into_a_small_file(path, size, *args, node=None, stdin=b"", stream="stdout", **env):
    """A run whose files cannot grow beyond `size` bytes; `stream` goes into `path`."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    with path.open("wb") as file:
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE} | {stream: file}
        return subprocess.run(
            [*COMMAND, *args],
            input=stdin,
            **streams,
            timeout=PATIENCE_SECONDS,
            env=environment(node, PYTHONDONTWRITEBYTECODE="1", **env),
            preexec_fn=limit,
            check=False,
        )


@contextlib.contextmanager
def into_a_full_pipe(*args, node, blocking=True, **env):
    """A run whose stdout is a pipe that nobody has read yet, and that is full."""
    reading, writing = os.pipe()
    os.set_blocking(writing, blocking)
    process = subprocess.Popen(
        [*COMMAND, *args], stdout=writing, stderr=subprocess.PIPE, env=environment(node, **env)
    )
    poll = select.poll()
    poll.register(writing, select.POLLOUT)
    try:
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while poll.poll(0):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.005)
        finally:
            os.close(writing)
        yield process, reading
    finally:
        process.kill()
        process.communicate()
        os.close(reading)


def read_all(fd):
    parts = []
    while data := os.read(fd, 65536):
        parts.append(data)
    return b"".join(parts)


@UNBUFFERED
@pytest.mark.parametrize("output", FORMATS)
def test_a_disk_that_fills_up_is_9_and_only_what_is_on_it_is_acknowledged(output, unbuffered, node, tmp_path):
    ids = fill(node, BODIES)
    done = into_a_small_file(
        tmp_path / "out",
        256 << 10,
        *("getjob", "q", "--idle", "0", "--ack", "-o", output),
        node=node,
        PYTHONUNBUFFERED=unbuffered,
    )
    assert done.returncode == 9
    assert done.stderr == b"disquectl: the result could not be written: File too large\n"
    written = (tmp_path / "out").read_bytes()
    acknowledged = set(ids) - left(node)
    for number, job_id in enumerate(ids):
        if job_id in acknowledged:
            assert b"%03d" % number + BODY in written


@UNBUFFERED
@pytest.mark.parametrize("output", FORMATS)
def test_a_reading_command_too_says_that_the_disk_is_full(output, unbuffered, node, tmp_path):
    fill(node, BODIES)
    words = ("qpeek", "q", "30", "-o", output)
    # A list has one line per record.
    room = 1_000 if output == "table" else 300_000
    done = into_a_small_file(tmp_path / "out", room, *words, node=node, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 9
    assert done.stderr == b"disquectl: the result could not be written: File too large\n"


@UNBUFFERED
def test_the_ids_of_added_jobs_and_every_other_text_are_whole_or_9(unbuffered, node, tmp_path):
    lines = b"".join(b"%d\n" % number for number in range(100))
    for words, what in (
        (
            ["addjob", "q", "--lines"],
            b"the result could not be written: File too large; stopped after line 100",
        ),
        (["help", "delivery"], b"the help could not be written"),
        (["help"], b"the help could not be written"),
        (["--help"], b"the help could not be written"),
        (["getjob", "--help"], b"the help could not be written"),
        (["completion", "bash"], b"could not be written"),
        (["describe"], b"could not be written"),
        (["cheat"], b"could not be written"),
        (["shell"], b"could not be written"),
    ):
        done = into_a_small_file(
            tmp_path / "out",
            501,
            *words,
            node=node if words[0] in ("addjob", "shell") else None,
            stdin=lines if words[0] == "addjob" else b"help\n",
            PYTHONUNBUFFERED=unbuffered,
        )
        assert (words, done.returncode) == (words, 9), done.stderr
        assert what in done.stderr
        assert (tmp_path / "out").stat().st_size == 501


@UNBUFFERED
def test_an_echo_that_is_cut_ends_the_run_before_the_request_is_sent(unbuffered, node, tmp_path):
    body = "x" * 1000
    cut = b"the echo could not be written: File too large\n"
    words = ("addjob", "q", body, "--echo-to", str(tmp_path / "echo"))
    done = into_a_small_file(tmp_path / "out", 500, *words, node=node, PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (9, b"disquectl: " + cut)
    words = ("addjob", "q", body, "--echo")
    done = into_a_small_file(
        tmp_path / "err", 500, *words, node=node, stream="stderr", PYTHONUNBUFFERED=unbuffered
    )
    assert done.returncode == 9
    with Client(node) as client:
        assert client.qlen("q") == 0


@UNBUFFERED
@pytest.mark.parametrize("output", FORMATS)
def test_a_pipe_that_does_not_wait_gets_everything(output, unbuffered, node):
    fill(node, BODIES)
    words = ("getjob", "q", "--idle", "0", "--ack", "-o", output)
    with into_a_full_pipe(*words, node=node, blocking=False, PYTHONUNBUFFERED=unbuffered) as (process, fd):
        written = read_all(fd)
        assert (process.wait(PATIENCE_SECONDS), process.stderr.read()) == (0, b"")
    for number in range(JOBS):
        assert b"%03d" % number + BODY in written
    assert not left(node)


@UNBUFFERED
@pytest.mark.parametrize("output", FORMATS)
def test_a_run_that_was_stopped_and_continued_writes_everything(output, unbuffered, node):
    fill(node, BODIES)
    words = ("getjob", "q", "--idle", "0", "--ack", "-o", output)
    with into_a_full_pipe(*words, node=node, PYTHONUNBUFFERED=unbuffered) as (process, fd):
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        process.send_signal(signal.SIGCONT)
        written = read_all(fd)
        assert (process.wait(PATIENCE_SECONDS), process.stderr.read()) == (0, b"")
    for number in range(JOBS):
        assert b"%03d" % number + BODY in written
    assert not left(node)


@UNBUFFERED
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_write_cuts_no_job_that_is_acknowledged(kind, unbuffered, node):
    ids = fill(node, BODIES)
    words = ("getjob", "q", "--follow", "--ack", "-o", "jsonl")
    with into_a_full_pipe(*words, node=node, PYTHONUNBUFFERED=unbuffered) as (process, fd):
        process.send_signal(kind)
        written = read_all(fd)
        assert (process.wait(PATIENCE_SECONDS), process.stderr.read()) == (130, b"")
    assert written.endswith(b"}\n")
    acknowledged = set(ids) - left(node)
    assert acknowledged
    for number, job_id in enumerate(ids):
        if job_id in acknowledged:
            assert b"%03d" % number + BODY in written


@UNBUFFERED
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_write_of_one_reply_acknowledges_nothing_of_it(kind, unbuffered, node):
    ids = fill(node, BODIES)
    words = ("getjob", "q", "--count", "100", "--ack", "-o", "raw")
    with into_a_full_pipe(*words, node=node, PYTHONUNBUFFERED=unbuffered) as (process, fd):
        process.send_signal(kind)
        assert process.wait(PATIENCE_SECONDS) == (130 if kind == signal.SIGINT else -kind)
        assert b"%03d" % (JOBS - 1) + BODY not in read_all(fd)
    assert left(node) == set(ids)
