"""What commands write: a reader that goes away, floods, a log that is not read, and the status line."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import termios

import pytest

from disquectl.worker.line_pipe import Tail
from disquectl.worker.log_output import LogOutput
from tests.support.processes import COMMAND, children_of, environment, state_of
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until
from tests.support.workers import events, letters, worker
from tests.worker.slots import Slots

SH = ("--", "sh", "-c")


def worker_with_unread_stdout(node, *args):
    """Its stderr is a pipe, and the end to read its stdout from is given, too."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*COMMAND, "work", *args],
        env=environment(node),
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    return process, reading


def test_a_reader_that_goes_away_ends_the_worker_and_fails_no_job(node, client, tmp_path):
    for _ in range(30):
        client.addjob("q", "x")
    args = ("-q", "q", "-c", "1", "--max-retries", "0", "--max-time", "60s", *SH, "echo line")
    process, reading = worker_with_unread_stdout(node, *args)
    with process:
        os.read(reading, 1)
        os.close(reading)
        _, err = process.communicate(timeout=30)
    log = events(err.decode())
    assert process.returncode == 0
    assert [event for event in log if "the reader of stdout is gone" in event.get("text", "")]
    assert {event["event"] for event in log} <= {"worker", "done", "put back", "totals"}
    done = sum(event["event"] == "done" for event in log)
    assert (letters(client), client.qlen("q") + done) == ([], 30)


def test_a_job_that_fails_for_want_of_a_reader_goes_back(node, client, tmp_path):
    """The worker is asleep when the reader goes away, and then finds the job failed."""
    job_id = client.addjob("q", "x")
    script = f"touch {tmp_path}/begun; until test -e {tmp_path}/go; do sleep 0.01; done; echo line"
    args = ("-q", "q", "--max-retries", "0", *SH, script)
    process, reading = worker_with_unread_stdout(node, *args)
    with process:
        wait_until((tmp_path / "begun").exists)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        os.close(reading)
        (tmp_path / "go").touch()
        wait_until(lambda: all(state_of(child) == "Z" for child in children_of(process.pid)))
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=30)
    assert [event["signal"] for event in events(err.decode()) if event["event"] == "put back"] == [
        signal.SIGPIPE
    ]
    assert client.show(job_id)["state"] == "queued"


def test_a_worker_without_jobs_notices_it_as_well(node):
    process, reading = worker_with_unread_stdout(node, "-q", "q", "--", "true")
    with process:
        os.close(reading)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, b"the reader of stdout is gone" in err) == (0, True)


def test_handlers_do_not_write_to_it(node, client):
    """Nothing is lost while it is not read."""
    client.addjob("q", "x")
    script = "import sys\nfor line in sys.stdin: print('true', flush=True)"
    args = ("-q", "q", "--burst", "--lines", "-c", "1", "--", sys.executable, "-c", script)
    process, reading = worker_with_unread_stdout(node, *args)
    os.close(reading)
    with process:
        _, err = process.communicate(timeout=30)
    assert [event["event"] for event in events(err.decode())] == ["done", "totals"]


FLOODS = ["while :; do printf '%065536d' 0 >&2; done", "yes >&2"]


@pytest.mark.parametrize("script", FLOODS)
def test_a_flood_on_stderr_holds_up_neither_the_time_limit_nor_others(node, client, tmp_path, script):
    client.addjob("q", "x", retry=1)
    err = tmp_path / "err"
    args = ("-q", "q", "--burst", "--timeout", "2500ms", "--max-retries", "0", "--backtrace", "1000")
    with err.open("wb") as file:
        done = subprocess.run(
            [*COMMAND, "work", *args, *SH, script],
            env=environment(node),
            stdout=subprocess.DEVNULL,
            stderr=file,
            timeout=60,
            check=False,
        )
    assert done.returncode == 3
    (letter,) = letters(client)
    # Nobody else was given it in the meantime: it was delivered once.
    assert (letter["attempts"], letter["signal"]) == (1, signal.SIGTERM)
    assert len(letter["stderr"]) <= 16 << 10


def test_a_log_that_is_not_read_holds_up_no_job(node, client, tmp_path):
    for name in ("flood", "next"):
        client.addjob("q", name)
    script = f'read name; touch "{tmp_path}/$name"; test $name = next || yes >&2'
    with worker(node, "-q", "q", "-c", "2", "--timeout", "1s", *SH, script) as process:
        wait_until(lambda: is_full(process.stderr))
        wait_until((tmp_path / "next").exists)
        # The time limit ends it, and another job can run.
        client.addjob("q", "last")
        wait_until((tmp_path / "last").exists)
        assert memory_kb(process.pid) < 150_000
        process.send_signal(signal.SIGQUIT)
        assert process.wait(30) in (0, 3)


def is_full(pipe):
    """Whether there is much to be read."""
    waiting = int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)
    return waiting > 50_000


def memory_kb(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1])


def test_what_a_command_writes_is_kept_in_a_bounded_way():
    tail = Tail(1000)
    for _ in range(100):
        tail.feed(b"x" * 60_000 + b"\n")
    assert tail.take() == b"x" * (16 << 10)
    for number in range(10_000):
        tail.feed(b"%d\n" % number)
    assert tail.take().endswith(b"\n9998\n9999")
    silent = Tail(0)
    silent.feed(b"a\n" * 1000)
    assert silent.take() == b""


# Closes its stdin before the first line, or once it has it; then answers and goes on.
DEAF = """
import os, sys, time
if sys.argv[1] == "at once":
    os.close(0)
else:
    sys.stdin.readline()
    os.close(0)
    if sys.argv[1] == "after answering":
        os.write(1, b"true\\n")
time.sleep(1000)
"""


@pytest.mark.parametrize(
    ("when", "whys"),
    [("at once", ["it closed its stdin"]), ("after answering", [None])],
)
def test_a_handler_that_closed_its_stdin_does_not_keep_its_slot(when, whys):
    slots = Slots(f"import sys; sys.argv[1:] = [{when!r}]\n{DEAF}", 1)
    try:
        # A long line, so that the pipe cannot take it before it is closed.
        slots.start(b"x" * 1_000_000 if when == "at once" else b"x")
        slots.handlers.tick(0.0)
        pid = next(slots.handlers.children()).pid
        while slots.handlers.alive:
            slots.watch.dispatch(slots.watch.wait(0.05))
            slots.handlers.reap()
        assert [why for _, why in slots.ended] == whys
        assert (slots.handlers.running, slots.handlers.free, pid > 0) == (0, 1, True)
    finally:
        slots.kill()
        slots.handlers.close()


# LogOutput


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading, writing
    for fd in (reading, writing):
        os.close(fd)


def test_output_waits_for_its_reader_and_is_whole(pipe):
    reading, writing = pipe
    out = LogOutput(writing)
    sent = b"".join(b"%07d\n" % number for number in range(50_000))
    for start in range(0, len(sent), 8000):
        out.lines(sent[start : start + 8000])
    assert out.waiting_bytes > 0
    read = b""
    while len(read) < len(sent):
        read += os.read(reading, 65536)
        out.flush()
    assert (read, out.waiting_bytes) == (sent, 0)


def test_more_than_can_be_kept_is_counted(pipe):
    reading, writing = pipe
    out = LogOutput(writing)
    for _ in range(12):
        out.lines((b"x" * 1023 + b"\n") * 1024)
    kept = out.waiting_bytes
    assert kept <= 8 << 20
    read = b""
    while out.waiting_bytes:
        read += os.read(reading, 65536)
        out.flush()
    out.lines(b"next\n")
    while not read.endswith(b"next\n"):
        out.flush()
        read += os.read(reading, 65536)
    lost = 12 * 1024 - read.count(b"x\n")
    assert read.endswith(
        b"disquectl: %d lines of this log were dropped, because it was not read\nnext\n" % lost
    )


def test_a_reader_that_is_gone_is_no_error(pipe):
    reading, writing = os.pipe()
    os.close(reading)
    out = LogOutput(writing)
    out.lines(b"a\n")
    out.finish(1.0)
    os.close(writing)
    LogOutput(-1).lines(b"a\n")


def test_the_status_line_gives_way(pipe):
    reading, writing = pipe
    out = LogOutput(writing)
    out.status(b"1 running")
    out.lines(b"done\n")
    out.status(b"0 running")
    out.raw(b"part")
    out.status(b"not now")
    out.lines(b"a line\n")
    out.status(b"again")
    out.clear_status()
    clear = b"\r\x1b[K"
    assert os.read(reading, 1000) == (
        clear + b"1 running" + clear + b"done\n" + clear + b"0 running" + clear + b"part"
        b"\na line\n" + clear + b"again" + clear
    )


def test_what_commands_print_on_a_terminal_is_not_overwritten(node, client, tmp_path):
    go = tmp_path / "go"
    for name in ("one", "two"):
        client.addjob("q", name)
    script = f'read name; tty <&1 >/dev/null && echo "says $name"; until test -e {go}; do sleep 0.01; done'
    args = ("work", "-q", "q", "--", "sh", "-c", script)
    with Terminal(*args, node=node, columns=100) as terminal:
        terminal.wait_for("says one")
        terminal.wait_for("says two")
        terminal.wait_for("2 running, 0 held")
        lines = terminal.screen()
        assert sorted(lines[:-1]) == ["says one", "says two"]
        assert lines[-1].startswith("2 running, ")
        go.touch()
        terminal.type("\x03")
        assert terminal.end() == 0
        lines = terminal.screen()
    assert sorted(line for line in lines if line.startswith("says")) == ["says one", "says two"]
    assert not [line for line in lines if "running, 0 held" in line]


def test_ctrl_c_in_a_terminal_does_not_reach_commands(node, client, tmp_path):
    client.addjob("q", "x")
    script = f"touch {tmp_path}/begun; until test -e {tmp_path}/go; do sleep 0.01; done; echo finished"
    with Terminal("work", "-q", "q", "--", "sh", "-c", script, node=node) as terminal:
        wait_until((tmp_path / "begun").exists)
        terminal.type("\x03")
        terminal.wait_for("taking no more jobs, waiting for 1 running")
        (tmp_path / "go").touch()
        assert terminal.end() == 0
        assert "finished" in terminal.seen
        assert "1 done, 0 failed" in terminal.seen


def test_a_command_that_waits_with_its_output_is_read_before_its_job_is_told_done(node, client):
    client.addjob("q", "x")
    args = ("work", "-q", "q", "--burst", "--", "sh", "-c", "printf unended")
    with Terminal(*args, node=node, columns=100) as terminal:
        assert terminal.end() == 0
        lines = terminal.screen()
    assert lines[0] == "unended"
    assert " done q D-" in lines[1]


def test_a_poll_of_the_log_ends_when_it_is_written(pipe):
    reading, writing = pipe
    out = LogOutput(writing)
    out.lines(b"x" * 200_000 + b"\n")
    out.finish(0.0)
    assert out.waiting_bytes
    assert select.select([reading], [], [], 0)[0]
