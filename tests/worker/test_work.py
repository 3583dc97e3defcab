"""work as a process, against a node: how a job becomes a command, and what its end means."""

from __future__ import annotations

import contextlib
import json
import signal
import sys

import pytest

from disquectl import Client
from tests.support.waiting import wait_until
from tests.support.workers import SOON, events, letters, nothing_left, work, worker

SH = ("--", "sh", "-c")


def test_the_body_is_stdin_and_the_rest_environment(node, client):
    job_id = client.addjob("q", b"\x00\xffbody")
    done = work(node, "-q", "q", *SH, "cat; echo; env | grep ^DISQUE_ | sort")
    body, rest = done.raw.split(b"\n", 1)
    assert body == b"\x00\xffbody"
    named = dict(line.split("=", 1) for line in rest.decode().splitlines())
    assert named["DISQUE_JOB_ID"] == job_id
    assert named["DISQUE_QUEUE"] == "q"
    assert [named[f"DISQUE_{name}"] for name in ("NACKS", "ADDITIONAL_DELIVERIES", "ATTEMPT")] == [
        "0",
        "0",
        "1",
    ]
    assert done.code == 0
    assert nothing_left(client)


def test_a_line_a_job_and_totals(node, client):
    client.addjob("q", "x")
    done = work(node, "-q", "q", "--", "true")
    first, totals = events(done.err)
    assert (first["event"], first["queue"], first["attempt"], first["exit"]) == ("done", "q", 1, 0)
    assert (totals["event"], totals["done"], totals["dead"]) == ("totals", 1, 0)


def test_the_time_of_a_job_is_its_own_however_many_start_with_it(node, client):
    for number in range(40):
        client.addjob("q", str(number))
    done = work(node, "-q", "q", "-c", "40", "--", "sleep", "0.02")
    times = [event["seconds"] for event in events(done.err) if event["event"] == "done"]
    assert len(times) == 40
    assert min(times) >= 0.02


def test_large_and_empty_bodies(node, client):
    for body in (b"", b"x" * 4097, b"y" * 3_000_000):
        client.addjob("q", body)
    done = work(node, "-q", "q", "-c", "1", *SH, "wc -c")
    assert done.raw.split() == [b"0", b"4097", b"3000000"]


def test_as_an_argument_and_as_arguments(node, client):
    client.addjob("q", "a 'b' $(touch /nowhere)")
    assert work(node, "-q", "q", "--as-arg", "--", "printf", "<%s>").out == "<a 'b' $(touch /nowhere)>"
    client.addjob("q", json.dumps(["a b", 5]))
    assert work(node, "-q", "q", "--as-args", "--", "printf", "<%s>").out == "<a b><5>"


@pytest.mark.parametrize("body", [b"a\0b", b"x" * 3_000_000])
def test_what_cannot_be_an_argument_fails_the_job(node, client, body):
    client.addjob("q", body)
    done = work(node, "-q", "q", "--as-arg", "--max-retries", "0", "--", "true")
    assert done.code == 3
    (letter,) = letters(client)
    assert letter["attempts"] == 1


def test_retries_then_the_dead_queue(node, client):
    job_id = client.addjob("q", "x", retry=60, ttl=7200)
    args = ("-q", "q", "--max-retries", "2", "--backtrace", "2", *SOON)
    script = "echo one; echo two; echo $DISQUE_NACKS; exit 7"
    with worker(node, *args, *SH, f"({script}) >&2; exit 7") as process:
        (letter,) = wait_until(lambda: letters(client))
        wait_until(lambda: client.show(job_id) is None)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 3
    assert letter.pop("created") < letter.pop("failed")
    assert letter == {
        "v": 1,
        "queue": "q",
        "id": job_id,
        "body": "x",
        "attempts": 3,
        "exit": 7,
        "signal": None,
        "reason": "exit code 7",
        "stderr": "two\n2",
        "retry": 60,
        "ttl": 7200,
        "replicate": 1,
    }


def test_the_dead_queue_has_a_ttl_and_a_name_of_its_own(node, client):
    client.addjob("app:q", "x")
    args = ("--prefix", "app:", "-q", "q", "--dead", "gone", "--dead-ttl", "2d", "--max-retries", "0")
    assert work(node, *args, "--", "false").code == 3
    (job,) = client.qpeek("app:gone", 2)
    assert 2 * 86400 - 60 < client.show(job["id"])["ttl"] <= 2 * 86400


def test_no_dead_drops(node, client):
    client.addjob("q", "x")
    assert work(node, "-q", "q", "--no-dead", "--max-retries", "0", "--", "false").code == 3
    assert nothing_left(client)


def test_at_most_once_goes_to_the_dead_queue_at_once(node, client):
    client.addjob("q", "x", retry=0, replicate=1)
    assert work(node, "-q", "q", "--", "false").code == 3
    assert letters(client)[0]["retry"] == 0


def test_a_dead_queue_that_takes_nothing_does_not_make_the_job_run_again(node, client, tmp_path):
    job_id = client.addjob("q", "x")
    client.pause("dead:q", "in")
    args = ("-q", "q", "--max-retries", "0", *SH, f"echo x >> {tmp_path}/runs; exit 9")
    done = work(node, *args)
    assert done.code == 3
    assert "PAUSED" in events(done.err)[0]["why"]
    shown = client.show(job_id)
    assert (shown["state"], shown["nacks"]) == ("queued", 1)
    client.pause("dead:q", "none")
    assert work(node, *args).code == 3
    assert (tmp_path / "runs").read_text() == "x\n"
    (letter,) = letters(client)
    assert (letter["id"], letter["attempts"]) == (job_id, 1)
    assert nothing_left_but(client, "dead:q")


def nothing_left_but(client, queue):
    return {job["queue"] for job in client.jscan_all(reply="all")} == {queue.encode()}


def test_a_letter_is_added_when_the_dead_queue_takes_jobs_again(node, client, tmp_path):
    job_id = client.addjob("q", "x", retry=1)
    client.pause("dead:q", "in")
    args = ("-q", "q", "--max-retries", "0", *SH, f"echo x >> {tmp_path}/runs; exit 9")
    with worker(node, *args) as process:
        assert process.stderr is not None
        read_events(process, "letter refused", 2)
        assert client.show(job_id)["state"] == "active"
        client.pause("dead:q", "none")
        read_events(process, "dead", 1)
        wait_until(lambda: client.show(job_id) is None)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 3
    assert (tmp_path / "runs").read_text() == "x\n"
    assert [(letter["exit"], letter["reason"]) for letter in letters(client)] == [(9, "exit code 9")]


def test_a_signal_is_told_apart_from_an_exit(node, client):
    client.addjob("q", "x")
    work(node, "-q", "q", "--max-retries", "0", *SH, "kill -9 $$")
    assert [(letter["exit"], letter["signal"]) for letter in letters(client)] == [(None, 9)]


def test_a_command_that_hangs_is_ended_with_its_whole_group(node, client, tmp_path):
    client.addjob("q", "x")
    mark = tmp_path / "pid"
    script = f"sleep 1000 & echo $! > {mark}; wait"
    done = work(node, "-q", "q", "--timeout", "300ms", "--max-retries", "0", *SH, script)
    assert "--timeout" in events(done.err)[0]["why"]
    wait_until(lambda: is_gone(int(mark.read_text())))
    assert letters(client)[0]["signal"] == signal.SIGTERM


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().split()[2] == "Z"
    except OSError:
        return True


def test_handlers_that_print_megabytes_fork_and_ignore_stdin(node, client):
    client.addjob("q", "x" * 100_000)
    script = "sleep 30 >/dev/null 2>&1 & yes $(printf %0999d 0) | head -c 3000000 >&2; exit 4"
    done = work(node, "-q", "q", "--max-retries", "0", "--backtrace", "3", *SH, script)
    assert done.code == 3
    assert letters(client)[0]["stderr"] == "\n".join(["0" * 999] * 3)


def test_a_command_that_cannot_be_run(node, client, tmp_path):
    assert work(node, "-q", "q", "--", "no-such-command").code == 2
    client.addjob("q", "x")
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    assert work(node, "-q", "q", "--max-retries", "0", "--", str(broken)).code == 3
    assert letters(client)[0]["exit"] == 127


@pytest.mark.parametrize(
    "args",
    [
        ["--", "true"],
        ["-q", "q,0", "--", "true"],
        ["-q", "q", "--as-arg", "--lines", "--", "true"],
        ["-q", "q", "--dead", "d", "--no-dead", "--", "true"],
        ["-q", "q", "--backoff", "5s,0.5", "--", "true"],
        ["-q", "q", "--read-only", "--", "true"],
        ["-q", "q", "--timeout", "0", "--", "true"],
        ["-q", "q", "--dead-ttl", "100000d", "--", "true"],
        ["-q", "q"],
    ],
)
def test_usage_errors(node, args):
    assert work(node, *args).code == 2


def test_nobody_there_is_5():
    assert work("127.0.0.1:1", "-q", "q", "--", "true").code == 5


def test_max_jobs_and_max_time(node, client):
    for _ in range(5):
        client.addjob("q", "x")
    with worker(node, "-q", "q", "--max-jobs", "3", "-c", "2", "--", "true") as process:
        assert process.wait() == 0
    assert client.qlen("q") == 2
    with worker(node, "-q", "none", "--max-time", "100ms", "--", "true") as process:
        assert process.wait() == 0


def test_weights_decide_what_comes_first(node, client):
    for queue in ("mail", "default"):
        for _ in range(12):
            client.addjob(queue, "x")
    args = ("-c", "1", "--max-jobs", "8", "-q", "mail,3", "-q", "default")
    done = work(node, *args, *SH, 'echo "$DISQUE_QUEUE"')
    assert done.out.count("mail") == 6
    done = work(node, "--strict", *args, *SH, 'echo "$DISQUE_QUEUE"')
    assert done.out.split() == ["mail"] * 6 + ["default"] * 2


def test_the_first_retry_keeps_the_job_from_others(node, client):
    job_id = client.addjob("q", "x", retry=1)
    script = "sleep 2.2; test $DISQUE_ADDITIONAL_DELIVERIES = 0"
    assert work(node, "-q", "q", "--max-retries", "0", *SH, script).code == 0
    assert client.show(job_id) is None


HANDLER = r"""
import json, sys
for line in sys.stdin:
    job = json.loads(line)
    body = job.get("body", "")
    if body == "die":
        sys.exit(9)
    if body == "talk":
        print("hello"); sys.stdout.flush(); continue
    print(json.dumps({"ok": body != "fail", "id": job["id"], "error": "as you like"})); sys.stdout.flush()
"""


def test_a_handler_that_stays(node, client):
    for body in ("one", "fail", "two", "die", "three", "talk", "four", b"\xff"):
        client.addjob("q", body)
    args = ("-q", "q", "-c", "1", "--lines", "--max-retries", "0", "--", sys.executable, "-c", HANDLER)
    done = work(node, *args)
    assert done.code == 3
    assert sum(event["event"] == "done" for event in events(done.err)) == 5
    dead = {letter["body"]: letter for letter in letters(client)}
    assert set(dead) == {"fail", "die", "talk"}
    assert dead["die"]["exit"] == 9
    whys = {event["id"]: event.get("why") for event in events(done.err) if event["event"] == "dead"}
    assert "as you like" in whys[dead["fail"]["id"]]
    assert "not an answer" in whys[dead["talk"]["id"]]


def test_a_slow_handler_is_ended(node, client):
    client.addjob("q", "x")
    script = "import sys, time; sys.stdin.readline(); time.sleep(1000)"
    args = (
        "--timeout",
        "300ms",
        "--max-retries",
        "0",
        "--lines",
        "-c",
        "1",
        "--",
        sys.executable,
        "-c",
        script,
    )
    assert work(node, "-q", "q", *args).code == 3
    assert len(letters(client)) == 1


def test_int_waits_for_what_runs(node, client, tmp_path):
    client.addjob("q", "x")
    mark = tmp_path / "begun"
    with worker(node, "-q", "q", *SH, f"touch {mark}; sleep 0.5; echo done") as process:
        wait_until(mark.exists)
        client.addjob("q", "y")
        client.pause("q", "out")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
        assert (process.returncode, out.split()[:1]) == (0, [b"done"])


def test_term_ends_what_runs_and_puts_it_back(node, client, tmp_path):
    job_id = client.addjob("q", "x")
    once = client.addjob("once", "x", retry=0, replicate=1)
    script = f"echo $$ > {tmp_path}/$DISQUE_QUEUE; sleep 1000"
    with worker(node, "-q", "q", "-q", "once", "--grace", "1s", *SH, script) as process:
        wait_until(lambda: (tmp_path / "q").exists() and (tmp_path / "once").exists())
        process.send_signal(signal.SIGTERM)
        process.communicate()
        assert process.returncode == 3
    shown = client.show(job_id)
    # What a shutdown interrupts is no failed attempt.
    assert (shown["state"], shown["nacks"], shown["additional_deliveries"]) == ("queued", 0, 1)
    assert [letter["id"] for letter in letters(client, "dead:once")] == [once]


def test_a_second_int_hurries_and_the_grace_has_an_end(node, client, tmp_path):
    client.addjob("q", "x")
    mark = tmp_path / "begun"
    script = f"trap '' TERM; touch {mark}; while :; do sleep 1; done"
    with worker(node, "-q", "q", "--grace", "1s", *SH, script) as process:
        wait_until(mark.exists)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        wait_until(lambda: b"taking no more" in process.stderr.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    assert client.show(client.qpeek("q", 1)[0]["id"])["additional_deliveries"] == 1


def read_events(process, event, count):
    """Read its log until so many of these events have come."""
    while count:
        count -= json.loads(process.stderr.readline())["event"] == event


@pytest.mark.sandbox_only("a node that stops")
def test_a_lost_node_while_jobs_run():
    from disquectl.sandbox.thread import SandboxThread

    with SandboxThread(nodes=3) as sandbox, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(address)) for address in sandbox.addresses[1:]]
        with Client(sandbox.addresses[0]) as first:
            ids = [first.addjob("q", "x", replicate=3) for _ in range(20)]
        nodes = ",".join(sandbox.addresses)
        process = stack.enter_context(worker(nodes, "-q", "q", "-c", "20", "-v", *SH, "sleep 0.7"))
        read_events(process, "started", len(ids))
        sandbox.stop_node(0)
        read_events(process, "done", len(ids))
        wait_until(
            lambda: all(
                one.show(job_id) is None or one.show(job_id)["state"] == "acked"
                for one in clients
                for job_id in ids
            )
        )
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
