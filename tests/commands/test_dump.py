"""`dump` writes whole jobs of all nodes, each once, and replaces a file only when it is complete."""

import gzip
import json
import os
import re
import signal
import stat
import time
from datetime import datetime

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.jobs import add, fill, fill_each, replicated, take
from tests.support.processes import PATIENCE_SECONDS, run_in_shell, running
from tests.support.scanned_nodes import ScannedNode, job_id, replica, scanned
from tests.support.waiting import wait_until

FIELDS = "id queue body created expires ttl retry delay due replicate nacks additional_deliveries state"


def dumped(node, *words):
    done = run_disquectl("dump", *words, node=node)
    assert done.code == 0, done
    return [json.loads(line) for line in done.raw.splitlines()]


def seconds(text):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    return datetime.fromisoformat(text).timestamp()


def test_the_fields_of_a_queued_job(node):
    made = add(node, "q", "body", ttl=3600, retry=30, replicate=1)
    (job,) = dumped(node)
    assert " ".join(job) == FIELDS
    with Client(node) as client:
        ctime = client.show(made)["ctime"]
    assert seconds(job["created"]) == pytest.approx(ctime / 1e9, abs=0.001)
    assert seconds(job["expires"]) - seconds(job["created"]) == 3600
    assert job == job | {"id": made, "queue": "q", "body": "body", "ttl": 3600, "retry": 30, "delay": 0}
    assert job == job | {"due": None, "replicate": 1, "nacks": 0, "state": "queued"}


def test_delayed_and_in_flight_jobs(node):
    add(node, "delayed", delay=100)
    add(node, "taken", retry=60)
    add(node, "once", retry=0, replicate=1)
    taken = take(node, "taken")
    take(node, "once")
    with Client(node) as client:
        client.nack(taken)
    assert take(node, "taken") == taken
    jobs = {job["queue"]: job for job in dumped(node)}
    delayed, in_flight, once = jobs["delayed"], jobs["taken"], jobs["once"]
    assert (delayed["state"], delayed["delay"]) == ("delayed", 100)
    assert seconds(delayed["due"]) - seconds(delayed["created"]) == 100
    assert (in_flight["state"], in_flight["nacks"]) == ("in-flight", 1)
    assert 50 < seconds(in_flight["due"]) - time.time() <= 61
    assert (once["state"], once["due"], once["retry"]) == ("in-flight", None, 0)


def test_each_job_of_a_cluster_once_with_its_state(cluster):
    queued = add(cluster[0], "q", replicate=3)
    delayed = add(cluster[1], "q", delay=100, replicate=3)
    taken = add(cluster[2], "taken", replicate=3, retry=60)
    for one in (queued, delayed, taken):
        replicated(cluster, one)
    assert take(cluster[2], "taken") == taken
    fill_each(cluster, "more", (5, 6, 7))
    jobs = dumped(cluster[0])
    assert len(jobs) == 3 + 18
    states = {job["id"]: (job["state"], job["replicate"]) for job in jobs}
    assert states[queued] == ("queued", 3)
    assert states[delayed] == ("delayed", 3)
    assert states[taken] == ("in-flight", 3)
    assert {job["ttl"] for job in jobs} == {86400}


def test_acknowledged_and_waiting_jobs_are_refused_and_left_out(node):
    for state in ("acked", "waiting"):
        assert run_disquectl("dump", "--state", state, node=node).code == 2
    one = ScannedNode("a", replica(1, state=b"acked"), replica(2, state=b"wait-repl"), replica(3))
    with scanned(one, ScannedNode("b", replica(1, state=b"active"))) as address:
        jobs = dumped(address)
    assert [job["id"].encode() for job in jobs] == [job_id(3)]


def test_the_selection(node):
    add(node, "mail", "a1")
    add(node, "mail", "b2", delay=50)
    add(node, "mail2", "a3")
    for words, bodies in (
        (["mail"], {"a1", "b2"}),
        (["mail*"], {"a1", "b2", "a3"}),
        (["--contains", "a"], {"a1", "a3"}),
        (["--state", "delayed"], {"b2"}),
        (["mail", "--limit", "1"], {"a1"}),
        (["--limit", "2", "--newest"], {"b2", "a3"}),
    ):
        assert {job["body"] for job in dumped(node, *words)} == bodies, words
    done = run_disquectl("dump", "nothing", node=node)
    assert (done.code, done.out, done.err) == (0, "", "no jobs match\n")


def test_jobs_within_a_limit_come_in_order(cluster):
    ids = []
    for number in range(40):
        ids.append(add(cluster[number % 3], "q", f"{number}", replicate=1))
        time.sleep(0.002)
    assert [job["id"] for job in dumped(cluster[0], "--limit", "30")] == ids[:30]
    assert [job["id"] for job in dumped(cluster[0], "--limit", "30", "--newest")] == ids[:9:-1]


HOSTILE = [
    (b"", b""),
    (b"\xff\x00", b"\xfe"),
    ("\u202e\n\t".encode(), b"line\nline"),
    (b"[bold]", b'"\\\x1b[31m'),
    (b"q", "\U0001f600\u2028".encode()),
]


def test_dumped_jobs_are_loaded_as_they_were(node, cluster, tmp_path):
    with Client(cluster[0]) as client:
        for number, (queue, body) in enumerate(HOSTILE):
            client.addjob(queue, body, retry=number * 10, ttl=1000 + number, replicate=1, delay=number * 100)
    file = tmp_path / "jobs.jsonl.gz"
    assert run_disquectl("dump", "--file", file, node=cluster[2]).code == 0
    done = run_disquectl("load", file, "--yes", "-o", "json", node=node)
    assert done.code == 0, done
    assert done.records["summary"]["done"] == len(HOSTILE)
    with Client(node) as client:
        jobs = {(job["queue"], job["body"]): job for job in client.jscan_all(reply="all")}
    assert set(jobs) == set(HOSTILE)
    for number, one in enumerate(HOSTILE):
        job = jobs[one]
        assert (job["retry"], job["repl"]) == (number * 10, 1)
        assert -1 <= 1000 + number - job["ttl"] <= 30  # Disque may keep it a second longer
        assert -1 <= number * 100 - job["delay"] <= 30
        assert job["state"] == ("active" if number else "queued")


def test_addjob_takes_what_dump_writes(node):
    for queue, body in HOSTILE:
        add(node, queue, body)
    text = run_disquectl("dump", node=node).raw
    with Client(node) as client:
        client.debug("FLUSHALL")
    done = run_disquectl("addjob", "--jsonl", stdin=text, node=node)
    assert (done.code, len(done.out.split())) == (0, len(HOSTILE))
    with Client(node) as client:
        assert {(job["queue"], job["body"]) for job in client.jscan_all(reply="all")} == set(HOSTILE)


def test_a_queued_job_whose_delay_was_ended_is_queued_again(node, tmp_path):
    made = add(node, "q", delay=1000)
    with Client(node) as client:
        client.enqueue(made)
    file = tmp_path / "jobs"
    assert run_disquectl("dump", "--file", file, node=node).code == 0
    assert run_disquectl("load", file, "-y", "--even-if-present", node=node).code == 0
    with Client(node) as client:
        assert client.qlen("q") == 2


def test_it_writes_json_lines_and_nothing_else(node):
    add(node, "q")
    assert run_disquectl("dump", "-o", "jsonl", node=node).code == 0
    assert run_disquectl("dump", node=node, DISQUECTL_OUTPUT="table").out.startswith('{"id":')
    for output in ("table", "csv", "json", "raw"):
        done = run_disquectl("dump", "-o", output, node=node)
        assert (done.code, "jobs --full" in done.err) == (2, True)
    assert json.loads(run_disquectl("dump", "--columns", "queue,body", node=node).raw) == {
        "queue": "q",
        "body": "body",
    }
    assert run_disquectl("dump", "--read-only", node=node).code == 0


def test_the_file_is_private_and_replaces_an_older_one(node, tmp_path):
    add(node, "q")
    file = tmp_path / "jobs.jsonl"
    file.write_text("old")
    file.chmod(0o644)
    (tmp_path / "jobs.jsonl.partial").write_text(
        "left by an earlier run, and longer than what comes now" * 100
    )
    done = run_disquectl("dump", "--file", file, node=node)
    assert (done.code, done.out, done.err) == (0, "", "dump: 1 job written (1 queued)\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text().splitlines()) == 1
    assert os.listdir(tmp_path) == ["jobs.jsonl"]
    compressed = tmp_path / "jobs.jsonl.gz"
    assert run_disquectl("dump", "--file", compressed, node=node).code == 0
    assert gzip.decompress(compressed.read_bytes()) == file.read_bytes()


def test_an_incomplete_dump_leaves_the_file_and_is_3(cluster, mortal, tmp_path):
    fill_each(mortal.addresses, "q", (3, 3, 3))
    mortal.stop_node(2)
    file = tmp_path / "jobs.jsonl"
    file.write_text("old")
    done = run_disquectl("dump", "--file", file, node=mortal.addresses[0])
    assert done.code == 3
    partial = tmp_path / "jobs.jsonl.partial"
    assert file.read_text() == "old"
    assert len(partial.read_text().splitlines()) == 6
    assert stat.S_IMODE(partial.stat().st_mode) == 0o600
    assert mortal.addresses[2] in done.err
    assert f"{file} was not replaced; 6 jobs are in {partial}" in done.err
    assert run_disquectl("load", partial, "--yes", node=cluster[0]).code == 0
    to_stdout = run_disquectl("dump", node=mortal.addresses[0])
    assert (to_stdout.code, len(to_stdout.out.splitlines())) == (3, 6)


def test_a_node_that_refuses_makes_it_incomplete():
    loading = ScannedNode("b", replica(2), refuses={b"JSCAN": b"LOADING Disque is loading"})
    with scanned(ScannedNode("a", replica(1)), loading) as address:
        done = run_disquectl("dump", node=address)
    assert done.code == 3
    assert "LOADING" in done.err


def test_nothing_is_left_behind_where_no_node_answers(tmp_path):
    file = tmp_path / "jobs.jsonl"
    done = run_disquectl("dump", "--file", file, node="127.0.0.1:1")
    assert done.code == 5
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["jobs.jsonl", "jobs.jsonl.gz"])
def test_a_full_disk_is_9_and_leaves_what_was_written(name, node, tmp_path):
    fill(node, [os.urandom(20_000).hex() for _ in range(100)])
    file = tmp_path / name
    file.write_text("old")
    done = run_in_shell('ulimit -f 1000; exec "$@"', "dump", "--file", str(file), node=node)
    assert done.returncode == 9, done.stderr
    assert "could not be written" in done.stderr
    assert file.read_text() == "old"
    assert (tmp_path / f"{name}.partial").stat().st_size > 0


def test_files_that_cannot_be_written_are_found_before_a_node_is_asked(tmp_path):
    missing = tmp_path / "missing" / "jobs"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, code in ((missing, 9), (tmp_path, 2), (pipe, 2), ("", 2)):
        done = run_disquectl("dump", "--file", path, node="127.0.0.1:1")
        assert done.code == code, (path, done)


def test_two_dumps_to_one_file_do_not_mix(node, tmp_path):
    file = tmp_path / "jobs.jsonl"
    slow = ScannedNode("a", replica(1), silent_at=(b"JSCAN",))
    with scanned(slow) as address, running("dump", "--file", str(file), node=address):
        wait_until(lambda: slow.was_asked(b"JSCAN"))
        done = run_disquectl("dump", "--file", file, node=node)
    assert (done.code, "another process is writing" in done.err) == (2, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_and_leaves_whole_lines(number, tmp_path):
    file, partial = tmp_path / "jobs.jsonl", tmp_path / "jobs.jsonl.partial"
    one = ScannedNode("a", *(replica(i, body=b"x" * 20_000) for i in range(50)))
    with (
        scanned(one, ScannedNode("b", silent_at=(b"JSCAN",))) as address,
        running("dump", "--file", str(file), node=address) as process,
    ):
        wait_until(lambda: partial.exists() and partial.stat().st_size)
        process.send_signal(number)
        assert process.wait(PATIENCE_SECONDS) == 130
        err = process.stderr.read().decode()
    assert f"{file} was not replaced; 50 jobs are in {partial}" in err
    assert len([json.loads(line) for line in partial.read_text().splitlines()]) == 50
    assert not file.exists()


def test_head_ends_it_silently(node):
    fill(node, ["x" * 1000] * 2000)
    done = run_in_shell('{ "$@"; echo "exit $?" >&2; } | head -1', "dump", node=node)
    assert done.stdout.startswith('{"id":')
    assert done.stderr == "exit 0\n"
