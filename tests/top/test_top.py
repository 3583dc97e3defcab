"""top on a terminal and off it, against the sandbox."""

from __future__ import annotations

import json
import os
import signal
import sys
import termios
import time

import pexpect
import pytest

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.emulated_terminal import Person
from tests.support.scripted_node import ScriptedNode, silent
from tests.support.waiting import wait_until

FIELDS = [
    "time",
    "queue",
    "queued",
    "delayed",
    "in_flight",
    "rate_in",
    "rate_out",
    "oldest_age",
    "waiting",
    "pause",
]
FAST = ("--every", "100ms")


def top(node, home, *args, **options):
    return Person("top", *FAST, *args, home=str(home), DISQUE_NODES=node, **options)


def test_snapshots_have_a_record_for_each_queue(cluster, clients):
    clients[0].addjob("mail", "a", replicate=3)
    clients[1].addjob("later", "b", delay=100, replicate=2)
    clients[2].addjob("mail", "c", replicate=1)
    clients[2].getjob("mail", nohang=True)
    done = run_disquectl("top", "--every", "300ms", "--times", "2", "-o", "json", node=cluster[0])
    assert done.code == 0
    assert all(list(record) == FIELDS for record in done.records)
    last = {record["queue"]: record for record in done.records[-2:]}
    assert (last["mail"]["queued"], last["mail"]["in_flight"], last["mail"]["delayed"]) == (1, 1, 0)
    assert (last["later"]["queued"], last["later"]["delayed"]) == (0, 1)
    assert last["mail"]["rate_in"] == 0.0
    assert isinstance(last["mail"]["oldest_age"], int)


@pytest.mark.parametrize("args", [["-b", "--times", "1"], ["--times", "1"], ["--batch", "--times", "1"]])
def test_formats_of_snapshots(args, disquectl, client):
    client.addjob("mail", "a")
    client.addjob("other", "a")
    assert disquectl("top", "mail", *FAST, *args, "--columns", "queue,queued").out == "mail\t1\n"
    csv = disquectl("top", "m*", *FAST, *args, "-o", "csv").out.splitlines()
    assert csv[0].split(",") == FIELDS
    assert len(csv) == 2
    table = disquectl("top", *FAST, *args, "-o", "table").out
    assert "1 of 1 nodes up" in table
    assert table.isascii() or "─" in table


def test_wrong_usage(disquectl):
    for args in (["--every", "0"], ["--times", "0"], ["-b", "--columns", "foo"]):
        assert disquectl("top", *args).code == 2


def test_the_echo_has_no_place_beside_the_screen(node, tmp_path):
    with top(node, tmp_path, "--echo") as person:
        assert person.leaves() == 2


def test_warnings_come_before_the_screen_and_not_over_it(node, tmp_path):
    with top(node, tmp_path, DISQUE_PASSWORD="needless") as person:
        person.until("1 of 1 nodes up")
        assert "warning" not in person.text
        person.type("q")
        assert person.leaves() == 0


def test_snapshots_end_as_their_last_sample_does(mortal):
    mortal.stop_node(1)
    done = run_disquectl("top", *FAST, "--times", "1", node=",".join(mortal.addresses))
    assert done.code == 3
    for index in (0, 2):
        mortal.stop_node(index)
    assert run_disquectl("top", *FAST, "--times", "1", node=",".join(mortal.addresses)).code == 5


def test_a_dumb_terminal_gets_snapshots(node, tmp_path):
    with top(node, tmp_path, "--times", "1", TERM="dumb") as person:
        person._child.expect("1 of 1 nodes up")
        assert person.leaves() == 0
        assert b"\x1b[?1049h" not in person.raw


def test_the_screen_shows_queues_and_q_leaves_it(node, client, tmp_path):
    client.addjob("mail", "a")
    with top(node, tmp_path, rows=24, columns=80) as person:
        person.until("1 of 1 nodes up")
        person.until(lambda text: "  mail " in text and "0.0" in text)
        client.addjob("billing", "a")
        client.addjob("mail", "b")
        person.until(lambda text: any(line.split()[:2] == ["mail", "2"] for line in text.splitlines()))
        person.type("q")
        assert person.leaves() == 0
        assert b"\x1b[?1049h" in person.raw
    assert b"Traceback" not in person.raw


def test_keys(node, client, tmp_path):
    for queue in ("alpha", "beta", "gamma"):
        client.addjob(queue, "a")
    with top(node, tmp_path) as person:
        person.until("gamma")
        person.type("/bet")
        person.until(lambda text: "alpha" not in text and "beta" in text)
        person.type("\r\x1b")
        person.until("alpha")
        person.type("N")
        person.until("health")
        person.type("?")
        person.until("Show the keys.")
        person.type("\x1b")
        person.until("health")
        person.type("\x1b")
        person.until("gamma")
        person.type("\x03")
        assert person.leaves() == 130


def test_an_action_shows_its_command_asks_as_that_does_and_comes_back(node, client, tmp_path):
    client.addjob("mail", "a")
    with top(node, tmp_path) as person:
        person.until("mail")
        person.type("d")
        person.until("$ disquectl purge mail")
        person.until("[y/N]")
        person.type("n\r")
        person.until("nothing was done")
        assert client.qlen("mail") == 1
        person.until("Press Enter")
        person.type("\r")
        person.until("nodes up")
        person.type("d")
        person.until("[y/N]")
        person.type("y\r")
        person.until("Press Enter")
        assert client.qlen("mail") == 0
        person.type("\r")
        person.until("nodes up")
        person.type("po")
        person.until("pause mail out --cluster")
        person.type("\r")
        person.until("paused out")
        assert client.pause("mail", "state") == "out"
        person.type("q")
        assert person.leaves() == 0


def test_a_queue_and_a_job_are_opened_and_a_job_is_deleted(cluster, clients, tmp_path):
    first = clients[0].addjob("mail", '{"to": "ada", "n": 1}', replicate=2)
    # Jobs of the same millisecond are in the order of their IDs.
    wait_until(lambda: time.time_ns() > clients[0].show(first)["ctime"] + 2_000_000)
    second = clients[1].addjob("mail", "b", replicate=1)
    wait_until(lambda: time.time_ns() > clients[1].show(second)["ctime"] + 2_000_000)
    later = clients[2].addjob("mail", "c", delay=100, replicate=1)
    with top(cluster[0], tmp_path, columns=140) as person:
        person.until("mail")
        person.type("\r")
        person.until(lambda text: first in text and second in text and later in text and "delayed" in text)
        person.type("g\r")
        person.until(f"job {first}")
        person.until('    "to": "ada",')
        person.until("delivered at least once")
        person.type("y")
        person.until(lambda text: text.splitlines()[-1] == first)
        person.type("\x1b")
        person.until("jobs of mail")
        person.type("jd")
        person.until(f"delete 1 job (deljob {second} --cluster)? [y/N]")
        person.type("n")
        person.until("? help")
        person.type("dy")
        person.until("Press Enter")
        person.type("\r")
        person.until(lambda text: "jobs of mail" in text and second not in text)
        person.type("\x1b")
        person.until("waiting")
        person.type("q")
        assert person.leaves() == 0
    assert clients[1].show(second) is None
    assert clients[0].show(first) is not None


def test_read_only_refuses_in_the_words_of_the_command(node, client, tmp_path):
    client.addjob("mail", "a")
    with top(node, tmp_path, "--read-only") as person:
        person.until("mail")
        person.type("d")
        person.until("purge can change the cluster, and this is read-only")
        person.type("\r")
        person.until("nodes up")
        person.type("q")
        assert person.leaves() == 0
    assert client.qlen("mail") == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("qlen mail | cat", "cannot be redirected"),
        ("\\! date", "for the shell alone"),
        ("top", "top cannot be run here"),
        ("work mail -- true", "work cannot be run here"),
        ("qlen --foo", "unknown option --foo"),
        ("qlen mail", "\n1\n"),
    ],
)
def test_a_command_line(line, message, node, client, tmp_path):
    client.addjob("mail", "a")
    with top(node, tmp_path) as person:
        person.until("mail")
        person.type(f":{line}\r")
        person.until(message)
        person.until("Press Enter")
        person.type("\r")
        person.until("nodes up")
        person.type("q")
        assert person.leaves() == 0


def test_a_node_that_dies_is_shown_and_the_screen_goes_on(mortal, tmp_path):
    with top(",".join(mortal.addresses), tmp_path) as person:
        person.until("3 of 3 nodes up")
        mortal.stop_node(2)
        person.until("2 of 3 nodes up")
        person.type("N")
        person.until(lambda text: "down" in text and "refused" in text)
        person.type("q")
        assert person.leaves() == 0


def test_it_starts_without_a_node_and_finds_it_later(tmp_path):
    with SandboxThread() as sandbox:
        node = sandbox.addresses[0]
        sandbox.stop_node(0)
        with top(node, tmp_path) as person:
            person.until("0 of 1 nodes up")
            with SandboxThread(port=int(node.rpartition(":")[2])):
                person.until("1 of 1 nodes up")
                person.type("q")
                assert person.leaves() == 0


def test_a_password_that_changes(node, client, tmp_path):
    with top(node, tmp_path) as person:
        person.until("1 of 1 nodes up")
        client.config_set("requirepass", "s3cret")
        person.until("0 of 1 nodes up")
        person.type("N")
        person.until("NOAUTH")
        client.auth("s3cret")
        client.config_set("requirepass", "")
        person.until("1 of 1 nodes up")
        person.type("q")
        assert person.leaves() == 0


def test_a_node_that_hangs_delays_neither_keys_nor_the_others(node, tmp_path):
    with (
        ScriptedNode([silent], [silent], [silent], [silent]) as hanging,
        top(f"{node},{hanging.address}", tmp_path) as person,
    ):
        person.until("1 of 2 nodes up")
        person.type("N")
        person.until("no answer yet")
        person.type("q")
        assert person.leaves() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_finds_the_terminal_restored(number, node, tmp_path):
    with top(node, tmp_path) as person:
        before = termios.tcgetattr(person._child.child_fd)
        person.until("1 of 1 nodes up")
        person.signal(number)
        person.leaves()
        assert person._child.signalstatus == number
        assert b"\x1b[?1049l" in person.raw + (person._child.before or b"")
        assert before is not None


@pytest.mark.parametrize("broken", ["view.header", "sampling.TopSampler.tick", "live.press"])
def test_a_bug_ends_it_with_the_terminal_restored(broken, node, tmp_path):
    # A site module that breaks the view, the sampling in its thread, or the keys.
    (tmp_path / "sitecustomize.py").write_text(
        "from disquectl.top import live, sampling, view\n"
        "def broken(*_):\n    raise ZeroDivisionError('secret')\n"
        f"{broken} = broken\n"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    with top(node, tmp_path, PYTHONPATH=path, PYTHONWARNINGS="") as person:
        person.type("j")
        assert person.leaves() == 70
        shown = person._child.before
        assert b"\x1b[?1049l" in shown
        assert b"Traceback" not in shown
        assert b"bug" in shown


def test_sizes(node, client, tmp_path):
    for number in range(40):
        client.addjob(f"queue-{number:02d}", "a")
    with top(node, tmp_path, columns=60, rows=20) as person:
        person.until("queue-00")
        person.resize(160, 50)
        person.until("in flight")
        person.resize(60, 20)
        person.until(lambda text: "waiting" in text and len(text.splitlines()) == 20)
        person.type("G")
        person.until("queue-39")
        person.type("q")
        assert person.leaves() == 0


def test_ctrl_z_and_fg(node, tmp_path):
    # Only a process that has a shell above it can be stopped by Ctrl-Z.
    environ = {**os.environ, "HOME": str(tmp_path), "TERM": "xterm", "DISQUE_NODES": node, "PS1": "ready> "}
    shell = pexpect.spawn("bash", ["--norc", "-i"], env=environ, dimensions=(24, 80), timeout=20)
    shell.delaybeforesend = None
    shell.expect("ready> ")
    shell.sendline(f"{sys.executable} -m disquectl top")
    shell.expect("1 of 1 nodes up")
    shell.send("\x1a")
    shell.expect("Stopped")
    shell.expect("ready> ")
    shell.sendline("fg")
    shell.expect("1 of 1 nodes up")
    shell.send("q")
    shell.expect("ready> ")
    shell.close(force=True)


def test_without_colours(node, client, tmp_path):
    client.addjob("mail", "a")
    with top(node, tmp_path, NO_COLOR="1") as person:
        person.until("mail")
        person.type("q")
        assert person.leaves() == 0
        assert b"[38;" not in person.raw
        assert b"[33m" not in person.raw


def test_a_locale_without_blocks(node, client, tmp_path):
    client.addjob("mail", "a")
    with top(
        node, tmp_path, LANG="C", LC_ALL="POSIX", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0", columns=120
    ) as person:
        person.until("mail")
        person.until(lambda text: "#" in text)
        person.type("q")
        assert person.leaves() == 0


def test_it_asks_little(node, client, tmp_path):
    for number in range(20):
        client.addjob(f"queue-{number}", "a")
    done = run_disquectl("top", "--every", "200ms", "--times", "3", "-o", "jsonl", node=node)
    assert len({json.loads(line)["queue"] for line in done.out.splitlines()}) == 20
    calls = {name: stats["calls"] for name, stats in client.info("commandstats")["commandstats"].items()}
    # Each queue at each of four samples, and once when it was found.
    assert calls["cmdstat_qstat"] <= 5 * 20
    assert calls["cmdstat_qscan"] == 1
    assert calls.get("cmdstat_config", 0) <= 1
    assert os.environ.get("DISQUE_NODES") is None


def test_hostile_names(node, tmp_path):
    with Client(node) as client, top(node, tmp_path, columns=160) as person:
        client.addjob(b"evil\x1b]0;owned\x07\xff", "a")
        person.until("evil\\x1b]0;owned\\x07\\xff")
        person.type("d")
        person.until("[y/N]")
        person.type("y\r")
        person.until("Press Enter")
        assert client.qlen(b"evil\x1b]0;owned\x07\xff") == 0
        person.type("\rq")
        assert person.leaves() == 0
        assert b"\x1b]0;owned" not in person.raw
