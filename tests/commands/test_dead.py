"""dead: what the workers gave up, over all nodes of a cluster; and what is failing and not dead yet."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until
from tests.support.workers import work, worker


def letter(body="x", job="D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-05a1", **fields):
    """A letter by another program, after the contract."""
    found = {"v": 1, "queue": "q", "id": job, "body": body, "attempts": 26, "created": "2026-01-02T03:04:05Z"}
    found |= {"failed": "2026-01-02T03:04:06.500Z", "exit": 75, "signal": None, "stderr": "oh\nno"}
    return json.dumps(found | {"retry": 60, "ttl": 7200, "replicate": 1} | fields)


@pytest.fixture
def dead(cluster):
    """Run `dead` against the second node alone: the others are found by it."""

    def run(*args, **options):
        return run_disquectl("dead", *args, node=cluster[1], **options)

    return run


def records(done):
    return [json.loads(line) for line in done.out.splitlines()]


def test_listed_from_all_nodes_each_once_the_oldest_first(clients, dead):
    everywhere = clients[0].addjob("dead:q", letter("c"), replicate=3)
    later = clients[2].addjob("dead:q", letter("b", failed="2026-01-02T03:05:00Z"), replicate=1)
    first = clients[1].addjob("app:dead:mail", letter("a", queue="app:mail", failed="2025-01-01T00:00:00Z"))
    clients[0].addjob("dead:q", "no letter")
    clients[0].addjob("other", letter("d"))
    done = dead("-o", "jsonl")
    assert [(one["id"], one["body"]) for one in records(done)] == [
        (first, "a"),
        (everywhere, "c"),
        (later, "b"),
    ]
    assert [one["body"] for one in records(dead("list", "q", "-o", "jsonl"))] == ["c", "b"]
    assert [one["body"] for one in records(dead("app:mail", "-o", "jsonl"))] == ["a"]
    assert [one["body"] for one in records(dead("--limit", "1", "-o", "jsonl"))] == ["a"]


def test_filters(clients, dead):
    clients[0].addjob("dead:q", letter("left", exit=1))
    clients[1].addjob("dead:q", letter("killed", exit=None, signal=9))
    clients[2].addjob("dead:q", letter("new", failed="2100-01-01T00:00:00Z"))

    def bodies(*args):
        return {one["body"] for one in records(dead(*args, "-o", "jsonl"))}

    assert bodies("--exit", "1") == {"left"}
    assert bodies("--signal", "9") == {"killed"}
    assert bodies("--contains", "ill") == {"killed"}
    assert bodies("--older", "1s") == {"left", "killed"}
    assert bodies("--newer", "1s") == {"new"}


def test_groups_the_largest_first_with_the_oldest_the_newest_and_an_example(clients, dead):
    times = ("2026-01-01T23:30:00-01:00", "2026-01-02T03:00:00Z", "2026-01-03T00:00:00Z")
    clients[0].addjob("dead:q", letter("a", failed=times[0], exit=1))
    newest = clients[1].addjob("dead:q", letter("b", failed=times[1], exit=1), replicate=3)
    other = clients[2].addjob("dead:r", letter("c", failed=times[2], exit=None, signal=9, queue="r"))
    group = {"count": 2, "oldest": times[0], "newest": times[1], "example": newest}
    one = {"count": 1, "oldest": times[2], "newest": times[2], "example": other}
    assert records(dead("--by", "exit", "-o", "jsonl")) == [{"exit": 1, **group}, {"exit": None, **one}]
    assert records(dead("--by", "queue", "-o", "jsonl")) == [{"queue": "q", **group}, {"queue": "r", **one}]
    days = [{"day": "2026-01-02", **group}, {"day": "2026-01-03", **one}]
    assert records(dead("--by", "day", "-o", "jsonl")) == days
    assert records(dead("list", "r", "--by", "day", "-o", "jsonl")) == days[1:]
    assert records(dead("--by", "queue", "--signal", "9", "-o", "jsonl")) == [{"queue": "r", **one}]
    assert [one["reason"] for one in records(dead("--by", "reason", "-o", "jsonl"))] == [None]
    assert dead("failing", "--by", "queue").code == 2


def test_a_group_of_letters_whose_time_is_no_time(clients, dead):
    clients[0].addjob("dead:q", letter("a", failed="yesterday", exit=[1]))
    (group,) = records(dead("--by", "day", "-o", "jsonl"))
    assert (group["day"], group["count"], group["newest"]) == (None, 1, "yesterday")
    (group,) = records(dead("--by", "exit", "-o", "jsonl"))
    assert (group["exit"], group["count"]) == ([1], 1)


def test_show_has_all_of_one_by_its_own_id_or_the_jobs(clients, dead):
    job = "D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-05a1"
    own = clients[0].addjob("dead:q", letter("x", job=job))
    for name in (own, job):
        (shown,) = [json.loads(dead("show", name, "-o", "json").out)]
        assert shown == {
            "id": own,
            "queue": "q",
            "dead_queue": "dead:q",
            "job": job,
            "attempts": 26,
            "created": "2026-01-02T03:04:05Z",
            "failed": "2026-01-02T03:04:06.500Z",
            "exit": 75,
            "signal": None,
            "reason": None,
            "stderr": "oh\nno",
            "retry": 60,
            "ttl": 7200,
            "replicate": 1,
            "body": "x",
        }
    assert dead("show", job.replace("yRia", "AAAA")).code == 4
    assert dead("show", "q").code == 2


def test_retry_puts_it_back_as_it_was_and_takes_the_letter_away(clients, dead):
    own = clients[2].addjob("dead:q", letter("again"), replicate=3)
    done = dead("retry", own)
    assert (done.code, done.out) == (0, "1\n")
    (job,) = clients[1].qpeek("q", 10)
    shown = clients[1].show(job["id"])
    assert (shown["body"], shown["retry"], shown["repl"]) == (b"again", 60, 1)
    assert 7190 < shown["ttl"] <= 7200
    assert not records(dead("-o", "jsonl"))


def test_a_job_that_a_worker_gave_up_comes_back_with_its_bytes(cluster, clients, dead):
    clients[0].addjob("q", b"\x00\xff", retry=60, replicate=2)
    assert work(cluster[0], "-q", "q", "--max-retries", "0", "--", "false").code == 3
    (found,) = records(dead("-o", "jsonl"))
    assert (found["body_base64"], found["exit"], found["attempts"]) == ("AP8=", 1, 1)
    assert dead("retry", "q", "--yes").out == "1\n"
    done = work(cluster[0], "-q", "q", "--", "cat")
    assert (done.code, done.raw) == (0, b"\x00\xff")
    assert not records(dead("-o", "jsonl"))


@pytest.mark.parametrize(("answer", "code", "left"), [("n\n", 130, 2), ("y\n", 0, 0)])
def test_the_question_names_how_many_jobs_and_the_node_by_address_and_id(
    cluster, clients, answer, code, left
):
    clients[0].addjob("dead:q", letter("x"))
    clients[2].addjob("dead:q", letter("y"))
    with Terminal("dead", "drop", "q", node=cluster[1], columns=200) as terminal:
        terminal.wait_for("[y/N] ")
        assert "dead drop acts on 2 dead jobs of the cluster.\n" in terminal.seen.replace("\r", "")
        assert f"Do it in the cluster of {cluster[1]} (node {clients[1].cluster_myid()})?" in terminal.seen
        terminal.type(answer)
        assert terminal.end() == code
    assert sum(client.qlen("dead:q") for client in clients) == left


@pytest.mark.parametrize("action", ["retry", "drop"])
def test_a_filter_asks_and_a_dry_run_changes_nothing(clients, dead, action):
    clients[0].addjob("dead:q", letter("x"))
    clients[2].addjob("dead:q", letter("y", exit=1))
    refused = dead(action, "--exit", "75")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert dead(action, "--exit", "75", "--yes", "--read-only").code == 2
    dry = dead(action, "--exit", "75", "--dry-run", "-o", "jsonl")
    assert [one["body"] for one in records(dry)] == ["x"]
    assert len(records(dead("-o", "jsonl"))) == 2
    done = dead(action, "--exit", "75", "--yes")
    assert (done.code, done.out) == (0, "1\n")
    assert [one["body"] for one in records(dead("-o", "jsonl"))] == ["y"]
    assert sum(client.qlen("q") for client in clients) == (action == "retry")


@pytest.mark.parametrize("option", ["--contains", "--dead"])
def test_an_empty_filter_is_refused_and_does_not_mean_all(option, clients, dead):
    """As where a script forgot to fill its variable."""
    clients[0].addjob("dead:q", letter("x"))
    done = dead("drop", option, "", "--yes")
    assert (done.code, done.out) == (2, "")
    assert f"{option} is empty" in done.err
    assert len(records(dead("-o", "jsonl"))) == 1


def test_what_a_queue_refuses_keeps_its_letter(cluster, clients, dead):
    clients[0].addjob("dead:p", letter("x", queue="p"))
    clients[0].addjob("dead:q", letter("y"))
    clients[1].pause("p", "in")
    done = dead("retry", "p", "q", "--yes")
    assert (done.code, done.out) == (3, "1\n")
    assert "PAUSED" in done.err
    assert [one["body"] for one in records(dead("-o", "jsonl"))] == ["x"]


def test_retry_asks_for_as_many_replicas_as_there_can_be(clients, dead):
    clients[0].addjob("dead:q", letter("x", replicate=7))
    done = dead("retry", "q", "--yes")
    assert (done.code, done.out) == (0, "1\n")
    (job,) = clients[1].qpeek("q", 1)
    assert clients[1].show(job["id"])["repl"] == 3
    assert records(dead("-o", "jsonl")) == []


def test_a_letter_that_a_consumer_has_is_listed_and_that_is_said(cluster, clients, dead):
    own = clients[0].addjob("dead:q", letter("x"), replicate=2, retry=300)
    (taken,) = clients[0].getjob("dead:q")
    assert taken["id"] == own
    done = dead("-o", "jsonl")
    assert [one["id"] for one in records(done)] == [own]
    assert "1 of these jobs is not queued on any node" in done.err
    retried = dead("retry", own)
    assert (retried.code, retried.out) == (0, "1\n")
    assert records(dead("-o", "jsonl")) == []


def test_jobs_that_are_no_letters_are_counted(clients, dead):
    clients[0].addjob("dead:q", letter("x"))
    for queue in ("dead:q", "dead:q", "dead:p"):
        clients[1].addjob(queue, "no letter", replicate=3)
    assert "3 jobs in dead queues are not from a worker" in dead().err
    assert "2 jobs in dead queues are not from a worker" in dead("list", "q").err
    assert "not from a worker" not in dead("--quiet").err


def test_two_letters_for_one_death_are_one(clients, dead):
    """As where the answer to the first was lost."""
    for client in clients[:2]:
        client.addjob("dead:q", letter("x"))
    clients[2].addjob("dead:q", letter("x", failed="2026-01-02T03:04:07Z"))
    assert len(records(dead("-o", "jsonl"))) == 2
    assert dead("retry", "q", "--yes").out == "2\n"
    assert sum(client.qlen("q") for client in clients) == 2
    assert sum(client.qlen("dead:q") for client in clients) == 0


def test_an_id_that_no_letter_has_is_named(clients, dead):
    clients[0].addjob("dead:q", letter("x"))
    other = "D-60c335b3-AAAAWu63Ny89fXBPj66cnFnU-05a1"
    done = dead("retry", other)
    assert (done.code, done.out) == (0, "0\n")
    assert f"no dead job has the ID {other}" in done.err


def test_failing_jobs_are_counted_over_the_nodes_and_the_dead_are_not_among_them(clients, dead):
    bad = clients[0].addjob("q", "bad", replicate=3, retry=300)
    clients[1].addjob("q", "fresh")
    clients[2].addjob("dead:q", letter())
    for _ in range(2):
        clients[0].getjob("q", count=5)
        clients[0].nack(bad)
    found = wait_until(
        lambda: [one for one in records(dead("failing", "q", "-o", "jsonl")) if one["nacks"] == 2]
    )
    (one,) = found
    assert (one["id"], one["queue"], one["additional_deliveries"], one["state"]) == (bad, "q", 0, "queued")
    assert records(dead("failing", "other", "-o", "jsonl")) == []


def test_failing_has_jobs_that_wait_for_their_second_attempt_and_none_that_runs_first(
    clients, dead, cluster, tmp_path
):
    bad = clients[0].addjob("q", "false", replicate=2, retry=300)
    (held := tmp_path / "held").touch()
    runs = clients[0].addjob("q", f"while [ -e {held} ]; do sleep 0.05; done", replicate=2, retry=300)
    options = ("-q", "q", "-c", "2", "--backoff", "60s", "--grace", "0s")
    with worker(cluster[0], *options, "--", "sh"):
        (one,) = wait_until(lambda: records(dead("failing", "q", "-o", "jsonl")))
        assert clients[0].show(runs)["state"] == "active"
        held.unlink()
    assert (one["id"], one["nacks"], one["additional_deliveries"], one["state"]) == (bad, 0, 0, "active")


@pytest.mark.sandbox_only("a node that stops")
def test_a_node_that_does_not_answer_is_named_and_the_rest_is_listed():
    from disquectl.sandbox.thread import SandboxThread

    with SandboxThread(nodes=3) as sandbox:
        with Client(sandbox.addresses[1]) as client:
            client.addjob("dead:q", letter("here"), replicate=1)
        sandbox.stop_node(2)
        done = run_disquectl("dead", "-o", "jsonl", node=sandbox.addresses[0])
    assert done.code == 3
    assert [one["body"] for one in records(done)] == ["here"]
    assert sandbox.addresses[2] in done.err


@pytest.mark.sandbox_only("a node that stops")
def test_letters_whose_queued_replica_is_gone_are_listed_and_retried():
    from disquectl.sandbox.thread import SandboxThread

    with SandboxThread(nodes=3) as sandbox:
        with Client(sandbox.addresses[2]) as client:
            for number in range(5):
                client.addjob("dead:q", letter(str(number)), replicate=3)
        sandbox.stop_node(2)
        done = run_disquectl("dead", "-o", "jsonl", node=sandbox.addresses[0])
        assert done.code == 3
        assert sorted(one["body"] for one in records(done)) == list("01234")
        assert "5 of these jobs are not queued on any node that answered" in done.err
        retried = run_disquectl("dead", "retry", "q", "--yes", node=sandbox.addresses[0])
        assert retried.out == "5\n"
        with Client(sandbox.addresses[0]) as client:
            assert client.qlen("q") == 5
            assert {job["state"] for job in client.jscan_all(reply="all", queue="dead:q")} <= {"acked"}


def test_retry_with_a_delay_and_a_number_of_replicas(cluster, clients, dead):
    own = clients[0].addjob("dead:q", letter("x"), replicate=1)
    assert dead("retry", own, "--delay", "10m", "--replicate", "2").out == "1\n"
    (job,) = run_disquectl("jobs", "q", "-o", "json", node=cluster[0]).records
    assert job["state"] == "delayed"
    (shown, *_) = filter(None, (client.show(job["id"]) for client in clients))
    assert (shown["delay"], shown["repl"], shown["retry"], shown["ttl"] > 7000) == (600, 2, 60, True)


def test_retry_with_what_cannot_be_leaves_the_letter(clients, dead):
    own = clients[0].addjob("dead:q", letter("x", ttl=600), replicate=1)
    delayed = dead("retry", own, "--delay", "10m")
    assert (delayed.code, "not below its TTL of 600 s" in delayed.err) == (1, True), delayed
    assert dead("retry", own, "--replicate", "9").code == 1
    assert dead("-o", "jsonl", "--columns", "id").out.count(own) == 1


def test_retry_at_a_rate(cluster, clients, dead):
    for number in range(4):
        clients[0].addjob("dead:q", letter(str(number)), replicate=1)
    began = time.monotonic()
    assert dead("retry", "q", "--yes", "--rate", "4/s").out == "4\n"
    assert time.monotonic() - began >= 0.7
    assert run_disquectl("qlen", "q", "--cluster", node=cluster[0]).out == "4\n"


def test_retry_at_a_rate_leaves_a_letter_that_is_gone_meanwhile(cluster, clients):
    first, second = (
        clients[0].addjob("dead:q", letter(body, failed=f"2026-01-0{body}T00:00:00Z"), replicate=1)
        for body in ("1", "2")
    )
    command = ("dead", "retry", "q", "--yes", "--rate", "1/s")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run_disquectl, *command, node=cluster[0])
        wait_until(lambda: clients[0].show(first) is None)
        clients[0].ackjob(second)
        done = running.result()
    assert (done.code, done.out) == (3, "1\n"), done
    assert f"{second}: ERR its dead letter is gone" in done.err
    assert run_disquectl("qlen", "q", "--cluster", node=cluster[0]).out == "1\n"


@pytest.mark.parametrize("option", [("--delay", "5m"), ("--replicate", "1"), ("--rate", "1/s")])
@pytest.mark.parametrize("action", ["drop", "list", "failing"])
def test_options_of_retry_are_refused_elsewhere(dead, action, option):
    done = dead(action, *option)
    assert (done.code, f"{option[0]} only applies to retry" in done.err) == (2, True)


def test_a_prefix_is_in_front_of_all_names(clients, dead):
    for queue in (
        "app:dead:mail",
        "app:dead:sms",
        "dead:mail",
        "other:dead:mail",
        "app:failed",
        "xapp:dead:mail",
    ):
        clients[0].addjob(queue, letter(queue, queue=queue.replace("dead:", "")))

    def bodies(*args):
        return {one["body"] for one in records(dead(*args, "--prefix", "app:", "-o", "jsonl"))}

    assert bodies() == {"app:dead:mail", "app:dead:sms"}
    assert bodies("mail") == bodies("dead:mail") == bodies("m*") == {"app:dead:mail"}
    assert bodies("--dead", "failed") == {"app:failed"}
    assert dead("retry", "mail", "--prefix", "app:", "--yes").out == "1\n"
    assert sum(client.qlen("app:mail") for client in clients) == 1
    assert bodies() == {"app:dead:sms"}


def test_failing_with_a_prefix(clients, dead):
    ids = [clients[0].addjob(queue, "x", retry=300) for queue in ("app:mail", "mail")]
    clients[0].getjob("app:mail")
    clients[0].getjob("mail")
    clients[0].nack(*ids)
    assert [one["id"] for one in records(dead("failing", "--prefix", "app:", "-o", "jsonl"))] == ids[:1]


@pytest.mark.parametrize("prefix", ["", "a*"])
def test_a_prefix_that_cannot_be(dead, prefix):
    done = dead("--prefix", prefix)
    assert (done.code, "--prefix" in done.err) == (2, True)
