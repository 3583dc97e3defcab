"""stat: a line of figures of the whole cluster at an interval."""

from __future__ import annotations

import json
import signal
import threading
from datetime import datetime

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.emulated_terminal import Person
from tests.support.processes import PATIENCE_SECONDS, running
from tests.support.scripted_node import ScriptedNode, silent

FIELDS = ["time", "nodes", "queued", "rate_in", "rate_out", "waiting", "clients", "memory"]


def test_one_record_for_each_sample(cluster, clients):
    clients[0].addjob("mail", "a", replicate=1)
    clients[1].addjob("mail", "b", replicate=1)
    done = run_disquectl("stat", "--every", "50ms", "--times", "3", "-o", "json", node=cluster[0])
    assert done.code == 0
    assert [list(record) for record in done.records] == [FIELDS] * 3
    last = done.records[-1]
    assert (last["nodes"], last["queued"], last["rate_in"]) == (3, 2, 0.0)
    assert last["clients"] >= 3
    assert last["memory"] > 0
    assert done.records[0]["time"] < last["time"]


def test_rates_are_those_of_real_jobs(node, client):
    stop = threading.Event()

    def produce():
        with Client(node) as producer:
            while not stop.is_set():
                producer.addjob("mail", "x")

    thread = threading.Thread(target=produce)
    thread.start()
    try:
        done = run_disquectl("stat", "mail", "--every", "300ms", "--times", "2", "-o", "json", node=node)
    finally:
        stop.set()
        thread.join()
    first, second = done.records
    grown = second["queued"] - first["queued"]
    assert grown > 0
    seconds = (datetime.fromisoformat(second["time"]) - datetime.fromisoformat(first["time"])).total_seconds()
    # What is written is a little later than what is measured.
    assert 0.5 < second["rate_in"] * seconds / grown < 2


def test_with_queues_the_figures_are_theirs(disquectl, client):
    for queue in ("mail", "mail-2", "other"):
        client.addjob(queue, "a")
    args = ("--every", "10ms", "--times", "1", "-o", "json")
    assert disquectl("stat", "mail", *args).records[0]["queued"] == 1
    assert disquectl("stat", "mail*", *args).records[0]["queued"] == 2
    assert disquectl("stat", "unheard-of", *args).records[0]["queued"] == 0
    assert disquectl("stat", *args).records[0]["queued"] == 3


def test_a_name_that_exists_is_that_queue_and_no_pattern(disquectl, client):
    for queue in ("a*", "ab"):
        client.addjob(queue, "a")
    done = disquectl("stat", "a*", "--every", "10ms", "--times", "1", "-o", "json")
    assert done.records[0]["queued"] == 1


def test_wrong_usage(disquectl):
    for args in (["--every", "0"], ["--times", "0"], ["--columns", "foo"]):
        assert disquectl("stat", *args).code == 2


def test_a_node_that_is_down_is_not_counted_and_ends_with_3(mortal):
    mortal.stop_node(2)
    done = run_disquectl(
        "stat", "--every", "50ms", "--times", "2", "-o", "jsonl", node=",".join(mortal.addresses)
    )
    assert done.code == 3
    assert json.loads(done.out.splitlines()[-1])["nodes"] == 2
    assert "2 of 3 nodes answered" in done.err


def test_no_node_is_shown_and_does_not_end_it():
    with SandboxThread() as sandbox:
        node = sandbox.addresses[0]
        with running("stat", "--every", "50ms", "-o", "jsonl", node=node) as process:
            assert json.loads(process.stdout.readline())["nodes"] == 1
            sandbox.stop_node(0)
            while json.loads(line := process.stdout.readline())["nodes"]:
                pass
            assert json.loads(line)["queued"] is None
            with SandboxThread(port=int(node.rpartition(":")[2])):
                while not json.loads(line := process.stdout.readline())["nodes"]:
                    pass
                assert json.loads(line)["rate_in"] is None  # it is another process
    done = run_disquectl("stat", "--every", "10ms", "--times", "2", node=node)
    assert done.code == 5


def test_a_node_that_hangs_does_not_delay_the_others(node):
    with ScriptedNode([silent], [silent], [silent]) as hanging:
        done = run_disquectl(
            "stat", "--every", "50ms", "--times", "3", "-o", "jsonl", node=f"{node},{hanging.address}"
        )
    assert done.code == 3
    assert [json.loads(line)["nodes"] for line in done.out.splitlines()] == [1, 1, 1]
    assert "no answer yet" in done.err


def test_a_password_that_is_missing_ends_it():
    with SandboxThread(password="s3cret") as sandbox:
        done = run_disquectl("stat", "--every", "10ms", node=sandbox.addresses[0])
    assert done.code == 7


def test_ctrl_c_and_a_reader_that_goes_away(node):
    with running("stat", "--every", "20ms", "-o", "json", node=node) as process:
        assert process.stdout.read(2) == b"[{"
        process.send_signal(signal.SIGINT)
        assert json.loads(b"[{" + process.stdout.read())
        assert process.wait(PATIENCE_SECONDS) == 130
    with running("stat", "--every", "1h", node=node) as process:
        process.stdout.close()
        assert process.wait(PATIENCE_SECONDS) == 0


def test_on_a_terminal_it_has_columns_and_a_header_for_each_screen(node, tmp_path):
    with Person("stat", "--every", "20ms", home=str(tmp_path), DISQUE_NODES=node, rows=10) as person:
        person.until(lambda text: text.count("queued") >= 1 and "iB" in text)
        while person.raw.count(b"queued") < 3:
            person.look()
        person.type("\x03")
        assert person.leaves() == 130
