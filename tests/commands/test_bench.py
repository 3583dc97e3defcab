"""`bench`: what it measures, that it cleans up, when it asks, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import signal
import threading

import pytest

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.hanging_node import is_quick, requests_of
from tests.support.jobs import add, jobs
from tests.support.processes import PATIENCE_SECONDS, run_in_shell, run_into_a_closed_pipe, running
from tests.support.scripted_node import refused_address
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until

LATENCY = ["min", "p50", "p90", "p99", "p999", "max"]
FEW = ("--jobs", "200", "--clients", "5")


def measured(node, *words, code=0, **env):
    result = run_disquectl("bench", *words, "-o", "json", node=node, **env)
    assert result.code == code, result
    return result.records


def is_sound(phase, count):
    assert list(phase) == ["jobs", "seconds", "rate", "errors", "latency"]
    assert (phase["jobs"], phase["errors"]) == (count, {})
    assert phase["rate"] == pytest.approx(count / phase["seconds"], rel=0.2)
    latency = phase["latency"]
    assert list(latency) == LATENCY
    assert 0 < latency["min"] <= latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"]
    return True


def test_jobs_are_added_and_taken_and_none_is_left(node, client):
    taken = requests_of(node, "getjob")
    record = measured(node, *FEW)
    assert list(record) == ["produce", "consume"]
    assert is_sound(record["produce"], 200)
    assert is_sound(record["consume"], 200)
    assert requests_of(node, "getjob") >= taken + 200
    assert list(client.jscan_all()) == []


def test_a_cluster_that_has_lost_a_node_gets_fewer_replicas(mortal):
    mortal.stop_node(2)
    result = run_disquectl("bench", *FEW, "-o", "json", node=mortal.addresses[0])
    assert result.code == 3
    assert is_sound(result.records["produce"], 200)
    assert "jobs have 2 replicas: the cluster can hold no more now" in result.err
    exact = run_disquectl("bench", *FEW, "--replicate", "3", "-y", "-o", "json", node=mortal.addresses[0])
    assert exact.records["produce"]["errors"] == {"NOREPL": 200}
    assert "jobs have" not in exact.err
    lengths = run_disquectl("bench", *FEW, "--qlen", node=mortal.addresses[0])
    assert "jobs have" not in lengths.err


def test_qlen_is_measured_without_a_job(node, client):
    added, scans, asked = requests_of(node, "addjob"), requests_of(node, "jscan"), requests_of(node, "qlen")
    record = measured(node, *FEW, "--qlen")
    assert list(record) == ["qlen"]
    assert is_sound(record["qlen"], 200)
    assert requests_of(node, "qlen") == asked + 200
    assert (requests_of(node, "addjob"), requests_of(node, "jscan")) == (added, scans)


def test_qlen_beside_the_others(node):
    assert list(measured(node, *FEW, "--consume", "--qlen")) == ["consume", "qlen"]


def test_all_nodes_are_measured(cluster):
    before = [requests_of(node, "addjob") for node in cluster]
    record = measured(cluster[0], *FEW, "--replicate", "2")
    assert is_sound(record["produce"], 200)
    assert is_sound(record["consume"], 200)
    assert all(requests_of(node, "addjob") > count for node, count in zip(cluster, before, strict=True))
    assert jobs(cluster[0]) == {}


def test_seeds_only(cluster):
    before = requests_of(cluster[1], "addjob")
    measured(cluster[0], *FEW, "--replicate", "1", "--seeds-only")
    assert requests_of(cluster[1], "addjob") == before


@pytest.mark.parametrize("phase", ["produce", "consume"])
def test_one_phase(phase, node, client):
    record = measured(node, *FEW, f"--{phase}")
    assert list(record) == [phase]
    assert is_sound(record[phase], 200)
    assert list(client.jscan_all()) == []


def test_blocks_that_do_not_divide_the_jobs(node):
    record = measured(node, "--jobs", "100", "--clients", "3", "--pipeline", "7")
    assert is_sound(record["produce"], 100)
    assert is_sound(record["consume"], 100)


def test_bodies_that_do_not_fit_into_a_socket(node):
    record = measured(node, "--jobs", "12", "--clients", "2", "--pipeline", "3", "--size", "2mb")
    assert is_sound(record["produce"], 12)
    assert is_sound(record["consume"], 12)


def test_for_a_time(node, client):
    record = measured(node, "--for", "300ms", "--clients", "2")
    assert 0.2 < record["produce"]["seconds"] < 5
    assert record["produce"]["jobs"] >= record["consume"]["jobs"] > 0
    assert list(client.jscan_all()) == []


def test_a_rate_is_kept(node):
    record = measured(node, "--jobs", "60", "--rate", "100/s", "--produce")
    assert 0.55 <= record["produce"]["seconds"] < 5


def test_at_a_rate_a_node_that_stalls_cannot_hide_it(node):
    """Latency counts from when a request was due: all those of the pause are late, not only the one sent."""
    with running(
        "bench", "--produce", "--rate", "50/s", "--for", "3s", "--clients", "1", "-o", "json", node=node
    ) as process:
        before = requests_of(node, "addjob")
        wait_until(lambda: requests_of(node, "addjob") > before + 5)
        with Client(node) as client:
            client.debug("SLEEP", "1")
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, err
    latency = json.loads(out)["produce"]["latency"]
    assert latency["max"] > 800
    assert latency["p90"] > 300


# Asking


def test_it_asks_where_the_cluster_holds_jobs(cluster):
    kept = add(cluster[1], "mail", replicate=1)
    result = run_disquectl("bench", *FEW, node=cluster[0])
    assert (result.code, result.out) == (2, "")
    assert "puts load on a cluster that holds 1 job" in result.err
    assert "pass --yes" in result.err
    measured(cluster[0], *FEW, "--yes")
    assert list(jobs(cluster[0])) == [kept]


def test_no_means_no(node, client):
    add(node, "mail")
    before = requests_of(node, "addjob")
    with Terminal("bench", *FEW, node=node, columns=200) as terminal:
        terminal.wait_for("[y/N] ")
        assert "bench puts load on a cluster that holds 1 job" in terminal.seen
        terminal.type("n\n")
        assert terminal.end() == 130
    assert requests_of(node, "addjob") == before


def test_a_protected_profile_is_asked_for_by_its_name(node, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(f"[profiles.prod]\nprotected = true\nnodes = '{node}'\n")
    words = ("--config", str(config), "-P", "prod", "bench", *FEW)
    for more in ((), ("--yes",)):
        result = run_disquectl(*words, *more)
        assert (result.code, "--yes-really prod" in result.err) == (2, True)
    assert run_disquectl(*words, "--yes-really", "prod").code == 0


def test_read_only():
    result = run_disquectl("bench", "--read-only", node="127.0.0.1:1")
    assert (result.code, "read-only" in result.err) == (2, True)


# Errors


def test_what_is_refused_is_counted_by_its_kind(node):
    result = run_disquectl("bench", *FEW, "--replicate", "9", "-o", "json", node=node)
    assert result.code == 1
    assert result.records["produce"]["errors"] == {"NOREPL": 200}
    assert result.records["produce"]["latency"] == dict.fromkeys(LATENCY)
    assert "produce: 200 NOREPL" in result.err


@pytest.mark.sandbox_only("a node is stopped")
def test_a_node_that_is_down_is_named_and_the_others_are_measured(mortal):
    mortal.stop_node(2)
    result = run_disquectl("bench", *FEW, "--replicate", "1", "-o", "json", node=mortal.addresses[0])
    assert result.code == 3
    assert is_sound(result.records["produce"], 200)
    assert mortal.addresses[2] in result.err


@pytest.mark.sandbox_only("a node is stopped")
def test_a_node_that_dies_meanwhile(mortal):
    words = ("bench", "--for", "2s", "--clients", "6", "--replicate", "1", "-o", "json")
    with running(*words, node=mortal.addresses[0]) as process:
        before = requests_of(mortal.addresses[2], "addjob")
        wait_until(lambda: requests_of(mortal.addresses[2], "addjob") > before)
        mortal.stop_node(2)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 3, err
    record = json.loads(out)
    assert record["produce"]["errors"]["connection lost"] == 2
    assert record["produce"]["jobs"] > 0
    assert record["consume"]["errors"]["not connected"] == 2
    assert b"Traceback" not in err


def test_no_node_at_all_is_5():
    result = run_disquectl("bench", *FEW, node=refused_address())
    assert (result.code, result.out) == (5, "")


def test_a_password():
    with SandboxThread(password="secret") as sandbox:
        assert run_disquectl("bench", *FEW, node=sandbox.addresses[0]).code == 7
        record = measured(sandbox.addresses[0], *FEW, DISQUE_PASSWORD="secret")
    assert is_sound(record["produce"], 200)


# Endings


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_the_figures_and_no_job_left(number, node, client):
    before = requests_of(node, "addjob")
    with running("bench", "--for", "60s", "--clients", "2", "-o", "json", node=node) as process:
        wait_until(lambda: requests_of(node, "addjob") > before + 10)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, err
    record = json.loads(out)
    assert list(record) == ["produce"]
    assert record["produce"]["jobs"] > 0
    assert list(client.jscan_all()) == []
    assert err == b"stopping: deleting the jobs (press Ctrl-C again not to)\n"


def test_the_second_signal_leaves_the_jobs(node, client):
    before = requests_of(node, "addjob")
    with running("bench", "--for", "60s", "--clients", "2", node=node) as process:
        wait_until(lambda: requests_of(node, "addjob") > before + 10)
        # While the node does not answer, the first signal cannot end it.
        stopped = threading.Thread(target=client.debug, args=("SLEEP", "3"))
        stopped.start()
        try:
            wait_until(lambda: not is_quick(node))
            process.send_signal(signal.SIGINT)
            assert process.stderr.readline().startswith(b"stopping: ")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            stopped.join()
    assert (process.returncode, out) == (130, b"")
    assert b"may be left, 5 minutes at most: interrupted" in err
    assert next(iter(client.jscan_all()), None) is not None


def test_a_reader_that_has_gone_and_no_job_is_left(node, client):
    done = run_into_a_closed_pipe("bench", *FEW, node=node)
    assert (done.returncode, done.stderr) == (0, b"")
    assert list(client.jscan_all()) == []


def test_a_full_disk_is_9_and_no_job_is_left(node, client):
    done = run_in_shell('"$@" >/dev/full', "bench", *FEW, node=node)
    assert (done.returncode, len(done.stderr.splitlines())) == (9, 1)
    assert list(client.jscan_all()) == []


def test_killed_its_jobs_are_gone_after_five_minutes(node, client):
    before = requests_of(node, "addjob")
    with running("bench", "--for", "60s", "--clients", "2", node=node) as process:
        wait_until(lambda: requests_of(node, "addjob") > before + 10)
        process.kill()
        process.wait()
    job = next(iter(client.jscan_all(reply="all")))
    assert 0 < job["ttl"] <= 300
    assert job["queue"].startswith(b"disquectl:bench:")


# Formats


def test_formats(node):
    words = ("bench", *FEW)
    plain = [line.split("\t") for line in run_disquectl(*words, node=node).out.splitlines()]
    assert [row[:2] for row in plain] == [["produce", "200"], ["consume", "200"]]
    assert {len(row) for row in plain} == {11}
    header, *rows = csv.reader(io.StringIO(run_disquectl(*words, "-o", "csv", node=node).out))
    assert header == ["phase", "jobs", "seconds", "rate", "errors", *LATENCY]
    assert len(rows) == 2
    assert json.loads(run_disquectl(*words, "-o", "jsonl", node=node).out)["produce"]["jobs"] == 200
    picked = run_disquectl(*words, "--columns", "phase,errors", "-o", "json", node=node)
    assert picked.records == [{"phase": "produce", "errors": 0}, {"phase": "consume", "errors": 0}]


@pytest.mark.parametrize("columns", ["60", "100"])
def test_a_table_has_histograms(columns, node):
    out = run_disquectl("bench", *FEW, "-o", "table", node=node, COLUMNS=columns).out
    assert max(map(len, out.splitlines())) <= int(columns)
    for phase in ("produce", "consume"):
        assert f"\n{phase}: latency\n" in out
    shares = [float(line.split()[-2]) for line in out.splitlines() if line.endswith(" %")]
    assert sum(shares) == pytest.approx(200, abs=1)


def test_progress_on_a_terminal(node):
    with Terminal("bench", "--for", "2s", "--clients", "1", node=node) as terminal:
        terminal.wait_for(" jobs ")
        assert terminal.end() == 0


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--jobs", "1", "--for", "1s"), "--jobs and --for cannot be combined"),
        (("--jobs", "0"), "too small"),
        (("--for", "0"), "--for must be more than 0"),
        (("--clients", "0"), "too small"),
        (("--pipeline", "0"), "too small"),
        (("--size", "1gb"), "--size: too large"),
        (("--rate", "fast"), "not a whole number"),
        (("--columns", "color"), "unknown column"),
    ],
)
def test_usage_errors_are_found_without_a_node(words, text):
    result = run_disquectl("bench", *words, node="127.0.0.1:1")
    assert (result.code, result.out) == (2, "")
    assert text in result.err


def test_the_shell_has_it(node):
    done = run_disquectl("shell", node=node, stdin=b"bench --jobs 50 --clients 2 --columns jobs\n")
    assert (done.code, done.out) == (0, "50\n50\n")
