"""`work --call --tag`: lines of functions with the ID of their job, whole, from threads and tasks."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from disquectl.functions.tagged_lines import LONGEST_LINE_BYTES, LONGEST_TAGGED_BYTES, by_writer, tagged
from disquectl.functions.tagged_streams import TaggedStream
from disquectl.jobs import CURRENT, Job
from disquectl.worker.line_pipe import Tail
from tests.support.processes import COMMAND, environment, running
from tests.support.waiting import wait_until
from tests.support.workers import events, nothing_left, work

MODULE = """
import asyncio, logging, os, subprocess, sys, threading, time

print("imported")
logging.basicConfig(format="%(message)s", level="INFO")
together = threading.Barrier(4)

def parts(job):
    for number in range(3):
        together.wait(20)
        sys.stdout.write("a" + job.body.decode())
        together.wait(20)
        print("b", number)
    print("end", job.body.decode(), end="")

async def aparts(job):
    for number in range(3):
        await asyncio.sleep(0)
        sys.stdout.write("a" + job.body.decode())
        await asyncio.create_task(awrite(number))
    print("end", job.body.decode(), end="")

async def awrite(number):
    await asyncio.sleep(0)
    print("b", number)

def errors(job):
    logging.info("logged")
    print("printed", file=sys.stderr)
    sys.stderr.buffer.write(b"bytes\\n")

def other(job):
    thread = threading.Thread(target=print, args=("from a thread",))
    thread.start()
    thread.join()
    os.write(1, b"from the system\\n")
    subprocess.run(["echo", "from a subprocess"], check=True)

def show(job):
    print(job.body.decode())

def much(job):
    print(job.body.decode() * 100_000, "\\n" * 1000)

def fork(job):
    if os.fork() == 0:
        print("child")
        os._exit(0)
    os.wait()
    print("parent")

def wait(job):
    print("unfinished", end="", flush=True)
    open("begun", "w").close()
    time.sleep(60)
"""


def call(node, name, *args):
    return work(node, "-q", "q", "--processes", "1", "--tag", *args, "--call", name)


@pytest.mark.parametrize("name", ["shop:parts", "shop:aparts"])
def test_lines_of_jobs_that_run_together_are_not_mixed(folder, node, client, name):
    ids = {client.addjob("q", str(number)): number for number in range(4)}
    done = call(node, name, "-c", "4")
    lines = done.out.splitlines()
    assert sorted(lines) == sorted(
        ["imported"]
        + [f"{job_id} a{body}b {number}" for job_id, body in ids.items() for number in range(3)]
        + [f"{job_id} end {body}" for job_id, body in ids.items()]
    )
    assert done.code == 0


def test_stderr_as_text_has_the_id(folder, node, client):
    job_id = client.addjob("q", "x")
    done = call(node, "shop:errors", "--log", "text")
    shown = [line for line in done.err.splitlines() if line.endswith(("logged", "printed", "bytes"))]
    assert shown == [f"{job_id} {text}" for text in ("logged", "printed", "bytes")]


def test_stderr_as_json_has_queue_and_id(folder, node, client):
    job_id = client.addjob("q", "x")
    found = [event for event in events(call(node, "shop:errors").err) if event["event"] == "stderr"]
    assert [(one["queue"], one["id"], one["text"]) for one in found] == [
        ("q", job_id, text) for text in ("logged", "printed", "bytes")
    ]


def test_what_no_job_writes_has_no_id(folder, node, client):
    client.addjob("q", "x")
    done = call(node, "shop:other")
    assert done.out.splitlines() == ["imported", "from a thread", "from the system", "from a subprocess"]


def test_without_the_option_nothing_is_tagged(folder, node, client):
    client.addjob("q", "x")
    done = work(node, "-q", "q", "--processes", "1", "--call", "shop:errors")
    found = [event for event in events(done.err) if event["event"] == "stderr"]
    assert [set(one) for one in found] == [{"time", "event", "text"}] * 3


def test_lines_of_several_processes_are_written_whole(folder, node, client):
    ids = {client.addjob("q", letter): letter for letter in "abcdefgh"}
    done = work(node, "-q", "q", "--processes", "2", "-c", "2", "--tag", "--call", "shop:much")
    lines = [line for line in done.out.splitlines() if line != "imported"]
    for job_id, letter in ids.items():
        texts = [line.partition(" ")[2] for line in lines if line.startswith(job_id)]
        assert "".join(texts).strip() == letter * 100_000
    assert len(lines) == 8 * (100_000 // LONGEST_LINE_BYTES + 1 + 1001)
    assert done.code == 0


def test_a_process_that_is_forked_writes_whole_lines_too(folder, node, client):
    job_id = client.addjob("q", "x")
    assert call(node, "shop:fork").out.splitlines() == ["imported", f"{job_id} child", f"{job_id} parent"]


def test_what_a_function_that_is_abandoned_has_written_is_shown(folder, node, client):
    job_id = client.addjob("q", "x")
    options = ("-q", "q", "--processes", "1", "--grace", "500ms", "--tag")
    with running("work", *options, "--call", "shop:wait", node=node) as process:
        wait_until((folder / "begun").exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stdout.read().decode() == f"imported\n{job_id} unfinished\n"


def test_a_full_disk_ends_the_worker_with_3(folder, node, client):
    for _ in range(50):
        client.addjob("q", "x")
    command = [*COMMAND, "work", "-q", "q", "-c", "1", "--processes", "1", "--tag", "--call", "shop:much"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, env=environment(node), stdout=full, stderr=subprocess.PIPE, timeout=30, check=False
        )
    said = [event.get("text", "") for event in events(done.stderr.decode())]
    assert done.returncode == 3
    assert [text for text in said if "stdout cannot be written (No space left on device)" in text]


def test_a_reader_that_goes_away_ends_the_worker(folder, node, client):
    client.addjob("q", "x")
    options = ("-q", "q", "--processes", "1", "--tag")
    with running("work", *options, "--call", "shop:show", node=node) as process:
        assert process.stdout.readline() == b"imported\n"
        process.stdout.close()
        wait_until(lambda: process.poll() is not None)
        process.stdout = None
    wait_until(lambda: nothing_left(client) or client.qlen("q") == 1)


def test_a_reader_that_reads_late_gets_every_line(folder, node, client):
    for _ in range(60):
        client.addjob("q", "x")
    command = [*COMMAND, "work", "--burst", "-q", "q", "--processes", "1", "--tag", "--call", "shop:much"]
    with subprocess.Popen(
        command, env=environment(node), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        wait_until(lambda: client.qlen("q") < 60)
        count = 0
        while data := os.read(process.stdout.fileno(), 65536):
            count += data.count(b"\n")
        assert process.wait() == 0
    assert count == 60 * (100_000 // LONGEST_LINE_BYTES + 1 + 1001) + 1
    assert nothing_left(client)


# Lines on their way to the parent


def lines_of(data):
    return data.split(b"\n")[:-1]


def test_lines_come_back_with_their_writers():
    job, other = Job("D-1", b"q \xff\n\0", b""), Job("D-2", b"", b"")
    data = tagged(job, [b"a", b"", b"\0b"]) + tagged(other, [b"c"]) + tagged(None, [b"d"]) + b"e\n\0f\n"
    found = list(by_writer(lines_of(data)))
    assert [(writer and (writer.id, writer.queue), texts) for writer, texts in found] == [
        (("D-1", b"q \xff\n\0"), [b"a", b"", b"\0b"]),
        (("D-2", b""), [b"c"]),
        (None, [b"d", b"e", b"\0f"]),
    ]


@pytest.mark.parametrize("line", [b"\0", b"\0D-1 zz\0x", b"\0D-1\0x", b"\0\xff \0x", b"\0D-1 00"])
def test_what_only_looks_like_such_a_line_is_shown_unchanged(line):
    assert list(by_writer([line])) == [(None, [line])]


def test_long_lines_are_split_and_each_part_has_the_id():
    parts = lines_of(tagged(Job("D-1", b"q", b""), [b"x" * (2 * LONGEST_LINE_BYTES + 1)]))
    ((_, texts),) = by_writer(parts)
    assert [len(text) for text in texts] == [LONGEST_LINE_BYTES, LONGEST_LINE_BYTES, 1]


def test_a_line_of_full_length_is_not_split_where_it_is_read_in_pieces():
    job = Job("D-1", b"q" * 4000, b"")
    data = tagged(job, [b"x" * LONGEST_LINE_BYTES])
    lines = Tail(0, LONGEST_TAGGED_BYTES)
    found = [line for at in range(0, len(data), 100) for line in lines.feed(data[at : at + 100])]
    ((writer, texts),) = by_writer(found)
    assert (writer.id, texts) == ("D-1", [b"x" * LONGEST_LINE_BYTES])


def test_a_part_without_an_end_takes_bounded_memory():
    reading, writing = os.pipe()
    stream = TaggedStream(writing)
    token = CURRENT.set(Job("D-1", b"q", b""))
    try:
        for _ in range(17):
            stream.write(b"x" * 1024)
    finally:
        CURRENT.reset(token)
    os.close(writing)
    with open(reading, "rb") as file:
        assert len(file.read()) == len(b"\0D-1 71\0\n") + 17 * 1024 + len(b"\0D-1 71\0\n")
