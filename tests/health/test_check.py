"""`check` as monitoring runs it: one line on stdout, and an exit code from 0 to 3, whatever happens."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.health.test_doctor import call
from tests.support.jobs import add, take
from tests.support.processes import run_into_a_closed_pipe, run_python, running
from tests.support.scripted_node import ScriptedNode, drip, refused_address, silent

STATUS = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}
NOWHERE = "127.0.0.1:1"


def check(*words, node, code=0, **env):
    """The text and the performance data of a check."""
    result = run_disquectl("check", *words, node=node, **env)
    assert result.code == code, result
    (line,) = result.out.splitlines()
    assert line.startswith(f"DISQUE {STATUS[code]} - ")
    text, _, data = line.partition(" | ")
    return text, dict(word.split("=") for word in data.split())


def figures(*words, node, code=0):
    result = run_disquectl("check", *words, "-o", "json", node=node)
    assert result.code == code, result
    return json.loads(result.raw)


# Every way out


@pytest.mark.parametrize(
    "words",
    [
        ["check"],
        ["check", "quue"],
        ["check", "queue"],
        ["check", "cluster", "x"],
        ["--bogus", "check", "ping"],
        ["check", "ping", "--bogus"],
        ["-o", "nope", "check", "ping"],
        ["check", "ping", "-n", ""],
        ["check", "ping", "--profile", "nope"],
        ["check", "ping", "--columns", "nope"],
        ["check", "ping", "-w", "x"],
        ["check", "ping", "-w"],
        ["check", "ping", "-w", "1", "--time-warning", "1"],
        ["check", "ping", "--length-warning", "1"],
        ["check", "ping", "--interval", "1s"],
        ["check", "queue", "q", "--expected", "3"],
        ["check", "queue", "q", "--interval", "2s", "-t", "2s"],
        ["check", "ping", "-t", "0"],
        ["check", "ping"],
        ["-n", NOWHERE, "check", "cluster"],
        ["check", "queue", "q"],
        ["check", "node"],
        ["check", "dead"],
    ],
    ids=" ".join,
)
def test_errors_of_any_kind_are_unknown(words):
    result = run_disquectl(*words, node=NOWHERE)
    assert result.code == 3
    (line,) = result.out.splitlines()
    assert line.startswith("DISQUE UNKNOWN - ")
    assert "Traceback" not in result.err


def test_help_is_help():
    result = run_disquectl("check", "--help", node=NOWHERE)
    assert (result.code, "DISQUE" in result.out) == (0, False)


def test_a_bug_is_unknown(node):
    script = (
        "import sys, disquectl.programs.check as check; check.line = None\n"
        "from disquectl.cli.main import run_command_line\n"
        f"sys.exit(run_command_line(['check', 'ping', '-n', {node!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 3
    assert done.stdout.startswith("DISQUE UNKNOWN - this is a bug in disquectl: TypeError")


def test_a_stdout_that_takes_nothing_is_unknown(node):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "disquectl", "check", "ping", "-n", node],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == 3
    assert run_into_a_closed_pipe("check", "ping", node=node).returncode == 3


def test_ctrl_c_is_unknown():
    with ScriptedNode([silent]) as node, running("check", "ping", node=node.address) as process:
        while not node.requests:
            time.sleep(0.01)
        process.send_signal(2)
        assert process.stdout.read().startswith(b"DISQUE UNKNOWN - interrupted")
        assert process.wait(timeout=30) == 3


@pytest.mark.parametrize("step", [silent, drip])
@pytest.mark.parametrize("item", ["ping", "cluster", "queue q"])
def test_it_ends_in_time(item, step):
    with ScriptedNode([step], [step], [step]) as node:
        begun = time.monotonic()
        text, data = check(*item.split(), "-t", "1s", node=node.address, code=3)
        assert time.monotonic() - begun < 10
        assert "no " in text
        assert not data


def test_a_short_timeout_shortens_the_interval(node):
    text, _ = check("queue", "mail", "-t", "900ms", node=node)
    assert "length 0" in text


def test_a_node_that_is_named_twice_is_checked_once(node, client):
    node_id = client.hello()["node"]
    text, data = check("node", node, node_id[:8], node=node)
    assert text.startswith(f"DISQUE OK - node {node}: ")
    assert len(data) == 5


def test_a_lookup_that_hangs_ends_in_time():
    """The resolver of the system heeds no signal; a mutex that is locked twice does not, either."""
    script = """
import _socket, ctypes, sys
from disquectl.__main__ import main
libc, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)
_socket.getaddrinfo = lambda *_, **__: [libc.pthread_mutex_lock(mutex) for _ in range(2)]
sys.argv = ["disquectl", "check", "ping", "-t", "1s", "-n", "queue.example.com"]
sys.exit(main())
"""
    done = run_python(script)
    assert done.returncode == 3, done
    (line,) = done.stdout.splitlines()
    assert line.startswith(
        "DISQUE UNKNOWN - queue.example.com:7711: the name is not found (no answer within 0.4s)"
    )
    assert not done.stderr


def test_a_node_that_hangs_leaves_time_for_the_others(node):
    with ScriptedNode([silent]) as hanging:
        text, data = check("cluster", "-t", "5s", node=f"{node},{hanging.address}")
    assert (data["reachable"], data["expected"]) == ("1;;;0", "2;;;0")
    assert hanging.address in text


def test_a_password_is_asked_for(mortal):
    call(mortal.addresses[0], "CONFIG", "SET", "requirepass", "s3cret")
    text, _ = check("ping", node=mortal.addresses[0], code=3)
    assert "NOAUTH" in text
    text, _ = check("ping", node=mortal.addresses[0], DISQUE_PASSWORD="s3cret")
    assert "s3cret" not in text


# Items


def test_a_queue(cluster):
    for number in range(5):
        add(cluster[0], "mail", f"{number}", replicate=3, retry=300)
    take(cluster[0], "mail")
    found = figures("queue", "mail", "--interval", "100ms", node=cluster[1])
    assert found["figures"]["length"] == 4
    assert found["figures"]["in_flight"] == 1
    assert found["figures"]["consumers"] == 0
    assert 0 <= found["figures"]["age"] < 30
    assert (found["status"], found["item"], found["name"]) == ("OK", "queue", "mail")
    for limits, code in (
        (["-w", "4"], 0),
        (["-w", "3"], 1),
        (["-w", "2", "-c", "3"], 2),
        (["--length-critical", "5:"], 2),
        (["--in-flight-warning", "0"], 1),
        (["--consumers-critical", "1:"], 2),
        (["--age-warning", "1000"], 0),
    ):
        text, data = check("queue", "mail", "--interval", "100ms", *limits, node=cluster[2], code=code)
        assert data["mail.length"].startswith("4;")
        assert ("outside" in text) is (code > 0)


def test_a_consumer_that_waits_or_takes_jobs(cluster):
    def wait():
        with Client(cluster[2]) as client:
            client.getjob("mail", timeout_ms=4_000)

    waiting = threading.Thread(target=wait)
    waiting.start()
    try:
        deadline = time.monotonic() + 30
        while figures("queue", "mail", "--interval", "50ms", node=cluster[0])["figures"]["consumers"] != 1:
            assert time.monotonic() < deadline
    finally:
        add(cluster[2], "mail", replicate=1)
        waiting.join()


def test_queues_by_pattern(cluster):
    for name in ("mail", "mail.eu", "other"):
        add(cluster[0], name, replicate=3)
    add(cluster[0], "mail.eu", replicate=3)
    found = figures("queue", "mail*", "other", "--interval", "50ms", node=cluster[1])
    assert [(one["name"], one["figures"]["length"]) for one in found] == [
        ("mail", 1),
        ("mail.eu", 2),
        ("other", 1),
    ]
    text, data = check("queue", "mail*", "-w", "1", "--interval", "50ms", node=cluster[1], code=1)
    assert text == "DISQUE WARNING - queue mail.eu: length 2 (outside 0:1); 2 queues checked"
    assert len(data) == 10
    text, _ = check("queue", b"none|\x1b*", "x*", "--interval", "50ms", node=cluster[1])
    assert text == r"DISQUE OK - 0 queues checked (no queue matches none\x7c\x1b* x*)"


def test_a_queue_that_does_not_exist_is_empty(node):
    _, data = check("queue", "nope", "--interval", "50ms", "-w", "5", node=node)
    assert data["nope.length"] == "0;5;;0"
    check("queue", "nope", "--interval", "50ms", "-w", "1:", node=node, code=1)


def test_names_that_would_break_the_line(node):
    for name in (b"a|b", b"it's", b"x=y", b"new\nline"):
        add(node, name)
    result = run_disquectl("check", "queue", "*", "--interval", "50ms", "-c", "5:", node=node)
    assert result.code == 2
    (line,) = result.out.splitlines()
    assert line.count("|") == 1
    assert "a\\x7cb" in line
    assert "new\\nline" in line


def test_the_cluster(cluster):
    found = figures("cluster", node=cluster[0])
    assert found["figures"] == {"reachable": 3, "expected": 3, "leaving": 0, "agreement": 1}
    assert found["name"] is None
    check("cluster", "-c", "3:", "--agreement-critical", "1:", node=cluster[0])
    check("cluster", "--expected", "3", node=cluster[0])
    text, _ = check("cluster", "--expected", "4", node=cluster[0], code=2)
    assert "reachable nodes 3 (outside 4:)" in text


@pytest.mark.sandbox_only("a real node is not ours to stop")
def test_a_cluster_that_is_not_whole(mortal):
    nodes = mortal.addresses
    mortal.stop_node(2)
    text, data = check("cluster", node=nodes[0])
    assert (data["reachable"], data["expected"]) == ("2;;;0", "3;;;0")
    assert nodes[2] in text
    check("cluster", "-w", "3:", "-c", "2:", node=nodes[0], code=1)
    text, _ = check("node", nodes[2], node=nodes[0], code=2)
    assert "does not answer" in text
    text, data = check("node", node=nodes[0], code=2)
    assert "3 nodes checked" in text
    text, _ = check("queue", "mail", "--interval", "50ms", node=nodes[0])
    assert "incomplete" in text
    call(nodes[1], "CLUSTER", "FORGET", call(nodes[0], "CLUSTER", "MYID").decode())
    assert figures("cluster", node=nodes[0])["figures"]["agreement"] == 0


def test_a_node(cluster):
    node_id = call(cluster[1], "CLUSTER", "MYID").decode()
    for name in (cluster[1], node_id[:8]):
        found = figures("node", name, node=cluster[0])
        assert found["name"] == cluster[1]
        assert 0 < found["figures"]["memory"] < 75
        assert found["figures"]["clients"] >= 1
        assert found["figures"]["aof_errors"] == 0
        assert abs(found["figures"]["skew"]) < 5_000
    assert len(figures("node", node=cluster[0])) == 3
    check("node", cluster[0], "-w", "0.0001", node=cluster[0], code=1)
    check("node", cluster[0], "--skew-critical", "-5000:5000", "--uptime-warning", "0:", node=cluster[0])
    text, _ = check("node", "nope", node=cluster[0], code=3)
    assert cluster[1] in text


def test_dead_letters(cluster):
    assert figures("dead", node=cluster[0])["figures"] == {"letters": 0, "newest": None}
    letter = {"v": 1, "queue": "mail", "id": "x", "body": "b", "failed": "2026-01-02T03:04:05Z"}
    add(cluster[0], "dead:mail", json.dumps(letter), replicate=3)
    add(cluster[0], "dead:other", json.dumps({**letter, "queue": "other"}), replicate=3)
    assert figures("dead", node=cluster[1])["figures"]["letters"] == 2
    found = figures("dead", "mail", node=cluster[1])["figures"]
    assert found["letters"] == 1
    assert found["newest"] > 0
    check("dead", "mail", "-w", "0", node=cluster[1], code=1)
    check("dead", "none", "-w", "0", node=cluster[1])


def test_ping(node):
    text, data = check("ping", "-w", "10000", node=f"{refused_address()},{node}")
    assert node in text
    assert data[f"{node}.time"].endswith(";10000;;0")
    check("ping", "-c", "0", node=node, code=2)


def test_a_default_output_does_not_change_the_line(node):
    for output in ("json", "csv", "raw"):
        check("ping", node=node, DISQUECTL_OUTPUT=output)
    result = run_disquectl("check", "ping", "-o", "csv", node=node)
    assert result.out.startswith("status,item,name,figures,message\nOK,ping,")


def test_read_only(node):
    check("ping", "--read-only", node=node)
