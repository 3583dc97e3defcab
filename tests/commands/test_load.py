"""`load` adds the jobs of a dump again: what it adds, what it skips, what it asks, and how it ends."""

import gzip
import json

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.dumps import dump_line as line
from tests.support.dumps import job_id
from tests.support.jobs import add
from tests.support.terminal import Terminal


@pytest.fixture
def load(node, tmp_path):
    """Loads these lines from a file, with --yes."""

    def run(lines, *words, yes=True, **more):
        file = tmp_path / "jobs.jsonl"
        file.write_text("".join(lines))
        return run_disquectl("load", file, *(["--yes"] if yes else []), *words, node=node, **more)

    return run


def jobs_of(node, queue="q"):
    with Client(node) as client:
        return client.qpeek(queue, 10_000)


def bodies_of(node, queue="q"):
    return [job["body"].decode() for job in jobs_of(node, queue)]


def test_jobs_are_added_in_order_with_what_is_left_of_their_times(load, node):
    lines = [
        line(1),
        line(2, retry=7),
        line(3, delay=100, state="delayed"),
        line(4, queue="o\n\u202e", body="\0"),
    ]
    done = load(lines, "-o", "json")
    assert done.code == 0, done
    jobs, summary = done.records["jobs"], done.records["summary"]
    assert [job["line"] for job in jobs] == [1, 2, 3, 4]
    assert [job["id"] for job in jobs] == [job_id(number) for number in (1, 2, 3, 4)]
    assert [job["queue"] for job in jobs] == ["q", "q", "q", "o\n\u202e"]
    assert (summary["matched"], summary["done"]) == (4, 4)
    with Client(node) as client:
        first, second, third, fourth = (client.show(job["new_id"]) for job in jobs)
    assert (first["body"], first["retry"], first["state"]) == (b"body 1", 60, "queued")
    assert 3535 <= first["ttl"] <= 3541
    assert second["retry"] == 7
    assert (third["state"], 35 <= third["delay"] <= 41) == ("active", True)
    assert fourth["body"] == b"\0"
    assert bodies_of(node) == ["body 1", "body 2"]
    assert done.err == "load: 4 jobs matched, 4 done\n"


def test_the_new_ids_alone(load, node):
    done = load([line(1), line(2)], "-o", "raw", "--quiet")
    assert done.out.split() == [job["id"] for job in jobs_of(node)]
    assert done.err == ""


def test_expired_jobs_and_jobs_that_are_known_are_counted_and_skipped(load, node):
    known = add(node, "elsewhere")
    lines = [line(1, ttl=10), line(2, id=known), line(3)]
    done = load(lines, "-o", "jsonl")
    assert done.code == 0
    *jobs, last = [json.loads(text) for text in done.out.splitlines()]
    assert [job["line"] for job in jobs] == [3]
    summary = last["summary"]
    assert summary["skipped_reasons"] == {"expired": 1, "still known": 1}
    assert done.err == "load: 3 jobs matched, 1 done, 2 skipped (1 expired; 1 still known)\n"
    assert load(lines, "--renew", "--even-if-present").err == "load: 3 jobs matched, 3 done\n"


def test_a_job_that_any_node_knows_is_skipped(cluster, tmp_path):
    with Client(cluster[1]) as client:
        known = client.addjob("q", "body", replicate=1)
    file = tmp_path / "jobs.jsonl"
    file.write_text(line(1, id=known) + line(2))
    done = run_disquectl("load", file, "-y", node=cluster[0])
    assert (done.code, done.err) == (0, "load: 2 jobs matched, 1 done, 1 skipped (still known)\n")


def test_replicas_are_as_many_as_can_be_held(load, node, cluster, tmp_path):
    done = load([line(1, replicate=3), line(2)])
    assert done.err.splitlines()[0] == "jobs have at most 1 replica: the cluster can hold no more now"
    file = tmp_path / "more.jsonl"
    file.write_text(line(1, replicate=5) + line(2, replicate=2) + line(3))
    done = run_disquectl("load", file, "-y", "-o", "raw", node=cluster[0])
    assert "jobs have at most 3 replicas" in done.err
    with Client(cluster[0]) as client:
        assert [client.show(new_id)["repl"] for new_id in done.out.split()] == [3, 2, 1]
    done = run_disquectl("load", file, "-y", "--replicate", "4", node=cluster[0])
    assert done.code == 1
    assert "NOREPL" in done.err


def test_a_line_that_is_no_job_is_reported_and_the_rest_continues(load, node):
    done = load([line(1), "nonsense\n", "\n", line(4, retry="x"), line(5)], "-o", "json")
    assert done.code == 3
    assert [(job["line"], job.get("error", "")[:15]) for job in done.records["jobs"]] == [
        (1, ""),
        (2, "not a job: not "),
        (4, "not a job: retr"),
        (5, ""),
    ]
    problems = done.err.splitlines()
    assert problems[0] == "disquectl: line 2: not a job: not JSON from character 1 on: nonsense"
    assert problems[-1] == "disquectl: load: 4 jobs matched, 2 done, 2 left (not a job)"
    assert load(["nonsense\n"]).code == 1


def test_fail_fast_stops_at_the_first_line_that_is_left(load, node):
    done = load([line(1), "nonsense\n", line(3)], "--fail-fast")
    assert done.code == 3
    assert done.err.endswith(
        "stopped after line 2: 2 jobs matched, 1 done, 1 left (not a job); --skip 2 goes on there\n"
    )
    assert bodies_of(node) == ["body 1"]


def test_refused_jobs_are_left(load, node):
    with Client(node) as client:
        client.pause("shut", "in")
    done = load([line(1, queue="shut"), line(2)], "-o", "jsonl")
    assert done.code == 3
    first = json.loads(done.out.splitlines()[0])
    assert (first["new_id"], first["error"].split()[0]) == (None, "PAUSED")
    done = load([line(1, queue="shut"), line(2, queue="shut")])
    assert done.code == 1
    assert "disquectl pause" in done.err


def test_to_a_queue_and_to_a_prefix(load, node):
    lines = [line(1), line(2, queue="other")]
    assert load(lines, "--to", "here").code == 0
    assert bodies_of(node, "here") == ["body 1", "body 2"]
    assert load(lines, "--to-prefix", "old:").code == 0
    assert bodies_of(node, "old:q") == ["body 1"]


def test_the_selection_is_of_the_jobs_of_the_file(load, node, tmp_path):
    lines = [line(1), line(2, queue="q2", state="delayed"), line(3, queue="*"), line(4, age=600)]
    ids = tmp_path / "ids"
    ids.write_text(job_id(4) + "\n")
    for words, numbers in (
        (["q"], [1, 4]),
        (["q*"], [1, 2, 4]),
        (["*"], [3]),
        (["--state", "delayed"], [2]),
        (["--older-than", "5m"], [4]),
        (["--ids-from", str(ids)], [4]),
        (["--contains", "3"], [3]),
        (["--limit", "1"], [4]),
        (["--limit", "2", "--newest"], [1, 2]),
    ):
        done = load(lines, *words, "-o", "json")
        assert [job["line"] for job in done.records["jobs"]] == numbers, words
        assert done.records["summary"]["not_selected"] == 4 - len(numbers)
    done = load(lines, "--contains", "nothing like it")
    assert (done.code, done.err) == (0, "no jobs match\n")


def test_a_dry_run_lists_what_would_be_added_and_adds_nothing(load, node):
    known = add(node, "elsewhere")
    lines = [line(1), line(2, ttl=1), line(3, id=known), line(4, delay=100, state="delayed")]
    done = load(lines, "--dry-run", "-o", "json", "--read-only", yes=False)
    assert done.code == 0
    assert [(job["line"], job["queue"], job["state"]) for job in done.records["jobs"]] == [
        (1, "q", "queued"),
        (4, "q", "delayed"),
    ]
    assert done.err == "load: 2 jobs would be added, 2 skipped (1 expired; 1 still known)\n"
    assert jobs_of(node) == []
    assert load([*lines, "nonsense\n"], "--dry-run", yes=False).code == 3


def test_it_asks_with_the_counts_of_the_file(node, tmp_path):
    file = tmp_path / "jobs.jsonl"
    file.write_text(line(1) + line(2, queue="q2", state="delayed") + line(3, ttl=1) + "nonsense\n")
    with Terminal("load", str(file), "--to", "here", node=node) as terminal:
        terminal.wait_for("[y/N]")
        screen = terminal.seen.replace("\r", "")
        assert f"load adds 2 jobs of {file} to queue here:" in screen.replace("\n", "")
        assert "  q: 1 queued" in screen
        assert "  q2: 1 delayed" in screen
        assert "  not added: 1 expired, 1 not a job" in screen
        terminal.type("n\r")
        terminal.wait_for("nothing was done")
    assert jobs_of(node, "here") == []


def test_without_a_terminal_it_needs_yes(load, node):
    done = load([line(1)], yes=False)
    assert done.code == 2
    assert "pass --yes" in done.err
    assert jobs_of(node) == []


def test_stdin(node):
    text = (line(1) + line(2)).encode()
    done = run_disquectl("load", "-", stdin=text, node=node)
    assert (done.code, "--yes" in done.err) == (2, True)
    assert run_disquectl("load", "-", "--yes", stdin=text, node=node).code == 0
    assert run_disquectl("load", "-", "--yes", stdin=gzip.compress(text), node=node).code == 0
    assert bodies_of(node) == ["body 1", "body 2"] * 2
    done = run_disquectl("load", "-", "--yes", "--limit", "1", stdin=text, node=node)
    assert done.code == 2
    done = run_disquectl("load", "-", "--yes", "--ids-from", "-", stdin=text, node=node)
    assert done.code == 2


def test_a_compressed_file_whose_end_is_missing(node, tmp_path):
    file = tmp_path / "jobs.gz"
    whole = "".join(map(line, range(2000))).encode()
    file.write_bytes(gzip.compress(whole)[:-2000])
    done = run_disquectl("load", file, "-y", node=node)
    assert done.code == 9
    count = len(jobs_of(node))
    assert 0 < count < 2000
    assert (
        f"stopped after line {count}: {count:,} jobs matched, {count:,} done; --skip {count} goes" in done.err
    )
    file.write_bytes(gzip.compress(whole))
    assert run_disquectl("load", file, "-y", "--skip", str(count), node=node).code == 0
    with Client(node) as client:
        assert client.qlen("q") == 2000


@pytest.mark.parametrize(
    "words",
    [
        ["--to", ""],
        ["--to-prefix", ""],
        ["--to", "a", "--to-prefix", "b"],
        ["--newest"],
        ["--columns", "nonsense"],
        ["--field", ""],
    ],
)
def test_wrong_usage(load, words):
    assert load([line(1)], *words).code == 2


def test_read_only_and_a_file_that_is_not_there(load, node):
    assert load([line(1)], "--read-only").code == 2
    assert run_disquectl("load", "/no/such/file", "-y", node=node).code == 9
    assert jobs_of(node) == []
