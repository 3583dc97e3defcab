"""`load` that is interrupted: what was added is what is reported, and --skip goes on exactly there."""

import json
import re
import signal

import pytest

from disquectl import Client
from tests.bulk.ranges import numbers_in
from tests.conftest import run_disquectl
from tests.support.cutting_proxy import CuttingProxy, run_here
from tests.support.dumps import dump_line
from tests.support.moving_nodes import MovingNode
from tests.support.processes import PATIENCE_SECONDS, run_in_shell, run_into_a_closed_pipe, running
from tests.support.scanned_nodes import scanned


def bodies(node, queue="q"):
    with Client(node) as client:
        return [job["body"].decode() for job in client.qpeek(queue, 1_000_000)]


def numbered(count):
    return [f"body {number}" for number in range(count)]


@pytest.fixture
def file(tmp_path):
    """Writes a dump of this many jobs."""

    def write(count, **fields):
        path = tmp_path / "jobs.jsonl"
        path.write_text("".join(dump_line(number, **fields) for number in range(count)))
        return str(path)

    return write


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_for_what_is_in_flight_and_skip_goes_on_there(number, file, node):
    path = file(20_000)
    with running("load", path, "--yes", "-o", "raw", node=node) as process:
        first = process.stdout.readline()
        process.send_signal(number)
        out, err = process.stdout.read(), process.stderr.read().decode()
        assert process.wait(PATIENCE_SECONDS) == 130
    stood = int(re.search(r"stopped after line (\d+): ", err)[1])
    assert len((first + out).split()) == stood < 20_000
    assert run_disquectl("load", path, "--yes", "--skip", str(stood), node=node).code == 0
    assert bodies(node) == numbered(20_000)


def test_skip_is_exact_between_lines_that_are_not_sent(node, tmp_path):
    """Expired jobs, jobs that are not selected and lines that are no jobs are settled in their order."""
    path = tmp_path / "jobs.jsonl"
    odd = [lambda n: dump_line(n, ttl=1), lambda n: dump_line(n, queue="other")]
    lines = [dump_line(n) if n % 2 else odd[n // 2 % 2](n) for n in range(20_000)]
    lines[::100] = ["nonsense\n"] * 200
    path.write_text("".join(lines))
    with running("load", str(path), "q", "-y", "-o", "jsonl", node=node) as process:
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        out, err = process.stdout.read(), process.stderr.read()
        assert process.wait(PATIENCE_SECONDS) == 130
    *jobs, last = [json.loads(line) for line in (first + out).splitlines()]
    stood = int(re.search(r"stopped after line (\d+): ", err.decode())[1])
    summary = last["summary"]
    assert summary["matched"] + summary["not_selected"] == stood < 20_000
    assert summary["done"] == stood // 2 == len([job for job in jobs if job["new_id"]])
    assert run_disquectl("load", path, "q", "-y", "--skip", str(stood), node=node).code == 3
    assert bodies(node) == numbered(20_000)[1::2]


def test_a_reader_that_goes_away_stops_it(file, node):
    path = file(20_000)
    script = '{ "$@"; echo "exit $?" >&2; } | head -1'
    done = run_in_shell(script, "load", path, "--yes", node=node)
    assert done.stderr.endswith("exit 3\n")
    stood = int(re.search(r"stopped after line (\d+): ", done.stderr)[1])
    assert bodies(node) == numbered(stood)


def test_output_that_cannot_be_written_names_the_lines(file, node):
    path = file(3)
    done = run_in_shell('"$@" > /dev/full', "load", path, "-y", node=node)
    assert done.returncode == 9
    assert "the IDs of lines 1-3 were not written" in done.stderr
    done = run_into_a_closed_pipe("load", path, "-y", node=node)
    assert done.returncode == 3
    assert bodies(node) == numbered(3) * 2


def check(result, node, queue):
    """Lines that are done, unknown and not sent are the file, and what is there agrees."""
    code, out, err = result
    there = bodies(node, queue)
    assert len(set(there)) == len(there), f"a job twice: {there}"
    records = [json.loads(line) for line in out.splitlines()]
    done = {one["line"] for one in records if one.get("new_id")}
    unknown = {one["line"] for one in records if "error" in one}
    skip = re.search(r"--skip (\d+) ", err)
    gaps = re.search(r"not sent are lines ([^;]*)", err)
    not_sent = set(range(int(skip[1]) + 1, 5) if skip else []) | set(numbers_in(gaps[1]) if gaps else [])
    if not done and not unknown:
        not_sent = {1, 2, 3, 4}
    assert sorted([*done, *unknown, *not_sent]) == [1, 2, 3, 4], (records, err)
    assert done <= {int(body[5:]) + 1 for body in there} <= done | unknown
    if unknown:
        assert code == 8
    elif not_sent:
        assert code == (3 if done else 5)
    else:
        assert code == 0
    return bool(unknown)


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("way", ["up", "down"])
def test_it_adds_up_after_a_cut_at_any_byte(way, again, node, file):
    path = file(4)
    unknown = 0
    for size in range(0, 700 if way == "up" else 300, 3):
        queue = f"{way}-{again}-{size}"
        with CuttingProxy(node, again=again, **{way: size}) as proxy:
            words = ["load", path, "-y", "--even-if-present", "-o", "jsonl", "--to", queue]
            result = run_here(*words, "--node", proxy.address)
        code, out, err = result
        lines = b"\n".join(line for line in out.splitlines() if b'"summary"' not in line)
        unknown += check((code, lines, err), node, queue)
    assert unknown, "no cut hit a job that was on its way"


def test_a_node_that_is_silent_when_it_is_asked_for_ids_makes_it_3(mortal, file):
    path = file(4)
    mortal.stop_node(2)
    done = run_disquectl("load", path, "-y", node=mortal.addresses[0])
    assert done.code == 3
    assert mortal.addresses[2] in done.err
    assert "a job that only they have may have been added again" in done.err
    assert "4 jobs matched, 4 done" in done.err


def test_a_cluster_that_has_lost_a_node_gets_fewer_replicas(mortal, file):
    path = file(40, replicate=3)
    mortal.stop_node(2)
    done = run_disquectl("load", path, "-y", "--even-if-present", node=mortal.addresses[0])
    assert done.code in (0, 3), done
    assert "jobs have at most 2 replicas: the cluster can hold no more now" in done.err
    with Client(mortal.addresses[0]) as client:
        assert {job["repl"] for job in client.jscan_all(reply="all")} == {2}


@pytest.mark.parametrize("option", [None, "--even-if-present", "--dry-run"])
@pytest.mark.parametrize("silent", [[], [b"HELLO"]])
def test_no_replica_is_asked_for_that_a_silent_node_would_have_to_make(silent, option, file):
    path = file(4, replicate=2)
    words = ["load", path, "-y", "--response-timeout", "300ms", *([option] if option else [])]
    node = MovingNode("a")
    with scanned(node, MovingNode("b", silent_at=silent)) as seed:
        code, _, err = run_here(*words, "--node", seed)
    assert code == (3 if silent and option != "--even-if-present" else 0)
    replicas = {words[words.index(b"REPLICATE") + 1] for words in node.added}
    assert replicas == (set() if option == "--dry-run" else {b"1" if silent else b"2"})
    is_said = "jobs have at most 1 replica: the cluster can hold no more now" in err
    assert is_said == (bool(silent) and option != "--dry-run")
