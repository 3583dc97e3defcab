"""work --tag: lines of output with the ID of their job, whole, in bounded memory, and never lost silently."""

from __future__ import annotations

import os
import subprocess

from tests.support.processes import COMMAND, environment
from tests.support.waiting import wait_until
from tests.support.workers import events, nothing_left, work

SH = ("--", "sh", "-c")


def test_each_line_has_the_id_of_its_job_and_lines_are_not_mixed(node, client):
    ids = {client.addjob("q", str(number)): number for number in range(8)}
    script = "read n; for i in 1 2 3; do printf a$n; sleep 0.01; echo b$n; done; printf end$n"
    done = work(node, "-q", "q", "-c", "8", "--tag", *SH, script)
    lines = [line.split(" ") for line in done.out.splitlines()]
    for job_id, number in ids.items():
        assert [text for who, text in lines if who == job_id] == [f"a{number}b{number}"] * 3 + [
            f"end{number}"
        ]
    assert (len(lines), done.code) == (32, 0)


def test_the_log_as_text_is_tagged_as_well(node, client):
    job_id = client.addjob("q", "x")
    done = work(node, "-q", "q", "--tag", "--log", "text", *SH, "echo out; echo err >&2")
    assert (done.out, f"{job_id} err" in done.err.splitlines()) == (f"{job_id} out\n", True)


def test_what_a_lines_handler_writes_to_stderr_is_tagged(node, client):
    job_id = client.addjob("q", "x")
    script = "read line; echo working >&2; sleep 0.1; echo true; cat >/dev/null"
    done = work(node, "-q", "q", "--tag", "--lines", "--log", "text", *SH, script)
    assert f"{job_id} working" in done.err.splitlines()


def test_a_line_without_an_end_is_split(node, client):
    job_id = client.addjob("q", "x")
    done = work(node, "-q", "q", "--tag", *SH, "head -c 1000000 /dev/zero | tr '\\0' x")
    lines = done.out.splitlines()
    assert len(lines) > 20
    assert all(line.startswith(f"{job_id} x") and len(line) < 60_000 for line in lines)
    assert sum(line.count("x") for line in lines) == 1_000_000 + job_id.count("x") * len(lines)


def test_a_full_disk_ends_the_worker_with_3(node, client):
    for _ in range(50):
        client.addjob("q", "x")
    with open("/dev/full", "wb") as full:
        command = [*COMMAND, "work", "-q", "q", "-c", "1", "--tag", *SH, "echo x"]
        done = subprocess.run(
            command, env=environment(node), stdout=full, stderr=subprocess.PIPE, timeout=30, check=False
        )
    said = [event.get("text", "") for event in events(done.stderr.decode())]
    assert done.returncode == 3
    assert [text for text in said if "stdout cannot be written (No space left on device)" in text]
    assert client.qlen("q") > 0


def test_a_reader_that_reads_nothing_holds_up_commands_and_then_gets_every_line(node, client):
    for _ in range(100):
        client.addjob("q", "x")
    script = "head -c 60000 /dev/zero | tr '\\0' '\\n'"
    command = [*COMMAND, "work", "--burst", "-q", "q", "-c", "2", "--tag", *SH, script]
    with subprocess.Popen(
        command, env=environment(node), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        lengths = [100]

        def is_held_up():
            """The last twenty looks found the same number of jobs, fewer than at first."""
            lengths.append(client.qlen("q"))
            return lengths[-1] < 100 and len(set(lengths[-20:])) == 1 and len(lengths) > 20

        wait_until(is_held_up)
        assert client.qlen("q") > 50
        count = 0
        while data := os.read(process.stdout.fileno(), 65536):
            count += data.count(b"\n")
        assert process.wait() == 0
    assert count == 100 * 60_000
    assert nothing_left(client)
