"""`metrics`: the text format, the file, the scrapes, and the rules, as Prometheus reads them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest

from disquectl import Client
from disquectl.health.metrics import MOST_QUEUES, Family, JobFigures, label, of_queues, text
from disquectl.merge.consumers import Workers
from disquectl.merge.queues import NAMES as STAT
from disquectl.merge.queues import QueueSum
from disquectl.protocol.worker_names import worker_name
from tests.conftest import run_disquectl
from tests.health.exporter import get, listening
from tests.health.test_doctor import call
from tests.support.hanging_node import hanging, requests_of
from tests.support.jobs import add, take
from tests.support.processes import environment, run_in_shell, run_python, running
from tests.support.queue_names import NAMES
from tests.support.scripted_node import ScriptedNode, silent
from tests.support.waiting import wait_until

SAMPLE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)")


def parsed(document):
    """Metric -> labels as text -> value."""
    found = {}
    for line in document.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.fullmatch(line).groups()
            found.setdefault(name, {})[labels or ""] = float(value)
    return found


def metrics(node, *words, code=0, **env):
    result = run_disquectl("metrics", *words, node=node, **env)
    assert result.code == code, result
    return parsed(result.out)


def test_the_figures_of_nodes_and_queues(cluster):
    for number in range(4):
        add(cluster[0], "mail", f"{number}", replicate=1, retry=300)
    take(cluster[0], "mail")
    add(cluster[1], "mail", delay=60, replicate=3)
    add(cluster[2], "dead:mail", replicate=3)
    call(cluster[2], "PAUSE", "mail", "in")
    found = metrics(cluster[1])
    assert found["disque_up"] == {f'node="{node}"': 1 for node in cluster}
    assert found["disque_reachable_nodes"] == found["disque_known_nodes"] == {"": 3}
    assert found["disque_memory_limit_bytes"][f'node="{cluster[0]}"'] == 1 << 30
    assert found["disque_queue_queued_jobs"] == {'queue="mail"': 3, 'queue="dead:mail"': 1}
    assert found["disque_queue_delayed_jobs"]['queue="mail"'] == 1
    assert found["disque_queue_in_flight_jobs"]['queue="mail"'] == 1
    assert found["disque_queue_jobs_in_total"][f'queue="mail",node="{cluster[0]}"'] == 4
    assert found["disque_queue_jobs_out_total"][f'queue="mail",node="{cluster[0]}"'] == 1
    assert found["disque_queue_paused"]['queue="mail",direction="in"'] == 1
    assert found["disque_queue_paused"]['queue="mail",direction="out"'] == 0
    assert found["disque_queue_consumers"]['queue="mail"'] == 0
    assert found["disque_dead_letters"] == {'queue="dead:mail"': 1}
    assert 0 <= found["disque_queue_oldest_job_age_seconds"]['queue="mail"'] < 60
    assert found["disque_queue_oldest_job_age_seconds"]['queue="dead:mail"'] >= 0
    assert set(metrics(cluster[1], "--queues", "d*")["disque_queue_queued_jobs"]) == {'queue="dead:mail"'}


def test_a_queue_that_has_only_waiting_consumers(cluster):
    with Client(cluster[1]) as consumer:
        waiting = threading.Thread(target=consumer.getjob, args=("idle",), kwargs={"timeout_ms": 20_000})
        waiting.start()
        try:
            wait_until(lambda: 'queue="idle"' in metrics(cluster[0]).get("disque_queue_consumers", {}))
            found = metrics(cluster[0])
        finally:
            add(cluster[1], "idle", replicate=1)
            waiting.join()
    assert found["disque_queue_consumers"]['queue="idle"'] == 1
    assert found["disque_queue_queued_jobs"]['queue="idle"'] == 0


@pytest.mark.sandbox_only("a real node is not ours to stop")
def test_a_node_that_does_not_answer(mortal):
    nodes = mortal.addresses
    mortal.stop_node(2)
    result = run_disquectl("metrics", node=nodes[0])
    assert result.code == 0
    found = parsed(result.out)
    assert found["disque_up"] == {f'node="{node}"': int(node != nodes[2]) for node in nodes}
    assert set(found["disque_uptime_seconds"]) == {f'node="{node}"' for node in nodes[:2]}
    assert (found["disque_reachable_nodes"], found["disque_known_nodes"]) == ({"": 2}, {"": 3})
    assert nodes[2] in result.err


def test_no_node_answers(tmp_path):
    result = run_disquectl("metrics", node="127.0.0.1:1")
    assert result.code == 5
    assert parsed(result.out)["disque_up"] == {'node="127.0.0.1:1"': 0}
    file = tmp_path / "disque.prom"
    assert run_disquectl("metrics", "--file", str(file), node="127.0.0.1:1").code == 5
    assert "disque_reachable_nodes 0" in file.read_text()


def test_a_file_is_replaced_as_a_whole(node, tmp_path):
    file = tmp_path / "disque.prom"
    file.write_text("old")
    before = os.stat(file).st_ino
    done = run_in_shell('umask 077; exec "$@"', "metrics", "--file", str(file), node=node)
    assert (done.returncode, done.stdout) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o644
    assert file.stat().st_ino != before
    assert parsed(file.read_text())["disque_up"] == {f'node="{node}"': 1}
    assert [one.name for one in tmp_path.iterdir()] == ["disque.prom"]
    assert run_disquectl("metrics", "--file", str(tmp_path / "no" / "x.prom"), node=node).code == 9
    # Neither a file that cannot be written whole, nor what is not a file, is replaced.
    before = file.read_text()
    full = run_in_shell('ulimit -f 0; exec "$@"', "metrics", "--file", str(file), node=node)
    assert (full.returncode, file.read_text()) == (9, before)
    os.mkfifo(tmp_path / "fifo")
    assert run_disquectl("metrics", "--file", str(tmp_path / "fifo"), node=node).code == 9
    assert {one.name for one in tmp_path.iterdir()} == {"disque.prom", "fifo"}
    assert (tmp_path / "fifo").is_fifo()


@pytest.mark.parametrize(
    "words",
    [
        ["--file", ""],
        ["--file", "x", "--rules"],
        ["--file", "x", "--listen", ":1"],
        ["--listen", ":0", "--every", "1s"],
        ["--listen", "::1"],
        ["--listen", "x"],
        ["--listen", ":99999"],
        ["--listen", "fe80::1:9121"],
    ],
)
def test_wrong_usage(words):
    assert run_disquectl("metrics", *words, node="127.0.0.1:1").code == 2


# The text format


def queue_sum(length=0, blocked=0):
    total = QueueSum(by_node=True)
    fields = dict.fromkeys(STAT, 0) | {b"len": length, b"blocked": blocked, b"pause": b"none"}
    total.add("a:1", [part for name in STAT for part in (name, fields[name])], 0.0)
    return total


def test_of_many_queues_the_longest_have_labels():
    queues = {b"q%d" % number: queue_sum(number) for number in range(MOST_QUEUES + 50)}
    families = {family.name: family for family in of_queues(queues, Workers(), JobFigures())}
    queued = families["disque_queue_queued_jobs"].samples
    assert len(queued) == MOST_QUEUES
    assert queued[0] == ({"queue": f"q{MOST_QUEUES + 49}"}, MOST_QUEUES + 49)
    assert families["disque_known_queues"].samples == [({}, MOST_QUEUES + 50)]
    assert len(families["disque_queue_delayed_jobs"].samples) == MOST_QUEUES


def test_without_a_scan_its_figures_are_not_there():
    families = {family.name for family in of_queues({b"q": queue_sum(1)}, Workers(), None) if family.samples}
    assert "disque_queue_queued_jobs" in families
    assert not families & {"disque_queue_delayed_jobs", "disque_queue_oldest_job_age_seconds"}


def test_a_worker_that_waits_counts_once():
    workers = Workers()
    name = worker_name(b"host", 7, [b"q"]).decode()
    workers.add([{"name": name, "waiting": True}, {"name": name, "waiting": False}])
    families = {family.name: family for family in of_queues({b"q": queue_sum(blocked=3)}, workers, None)}
    assert families["disque_queue_consumers"].samples == [({"queue": "q"}, 3)]


@pytest.mark.parametrize("name", [*NAMES, b'a"b', b"a\\b", "\u202egnp".encode(), b"a{b}=c,d"])
def test_labels_of_any_bytes(name):
    family = Family("disque_x", "gauge", "Some.")
    family.add(1, queue=label(name))
    document = text([family])
    parser = pytest.importorskip("prometheus_client.parser")
    (read,) = parser.text_string_to_metric_families(document)
    (sample,) = read.samples
    assert sample.labels == {"queue": label(name)}
    assert document.count("\n") == 3


# Scrapes


def test_scrapes(cluster):
    add(cluster[0], "mail", replicate=3)
    with listening(cluster[0]) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        found = parsed(get(url))
        assert found["disque_up"] == {f'node="{node}"': 1 for node in cluster}
        assert found["disque_queue_queued_jobs"] == {'queue="mail"': 1}
        assert found["disque_queue_delayed_jobs"] == {'queue="mail"': 0}
        assert get(url.replace("/metrics", "/-/healthy")) == "ok\n"
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(url.replace("/metrics", "/other"))
        assert refused.value.code == 404
        refused.value.close()
        add(cluster[1], "mail", replicate=3)
        assert parsed(get(url))["disque_queue_queued_jobs"] == {'queue="mail"': 2}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert process.stdout.read() == b""


def test_scrapes_while_a_node_stops_and_while_none_answers(mortal):
    nodes = mortal.addresses
    with listening(nodes[0]) as (_, url):
        assert sum(parsed(get(url))["disque_up"].values()) == 3
        mortal.stop_node(1)
        assert parsed(get(url))["disque_up"][f'node="{nodes[1]}"'] == 0
        mortal.stop_node(0)
        found = parsed(get(url))
        assert found["disque_up"] == {f'node="{nodes[0]}"': 0}
        assert found["disque_reachable_nodes"] == {"": 0}


def test_scrapes_while_a_node_hangs_and_after_it(cluster):
    with listening(cluster[0], "--response-timeout", "300ms") as (process, url):
        assert sum(parsed(get(url))["disque_up"].values()) == 3
        with hanging(cluster[1]):
            assert parsed(get(url))["disque_up"][f'node="{cluster[1]}"'] == 0
        assert sum(parsed(get(url))["disque_up"].values()) == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_a_scrape_under_way_does_not_delay_the_end(cluster):
    with listening(cluster[0], "--response-timeout", "60s") as (process, url):
        get(url)
        asked = requests_of(cluster[0], "hello")
        with hanging(cluster[1], "5"):
            host, _, port = url.split("/")[2].partition(":")
            with socket.create_connection((host, int(port))) as scrape:
                scrape.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                wait_until(lambda: requests_of(cluster[0], "hello") > asked)
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=2) == 0


def test_scrapes_that_overlap_share_a_look():
    pytest.importorskip("prometheus_client")
    from disquectl.programs.metrics_server import SharedLook

    begun, go_on, looks = threading.Event(), threading.Event(), []

    def take():
        looks.append(len(looks))
        begun.set()
        go_on.wait(30)
        return [len(looks)]

    shared, answers = SharedLook(take), []
    threads = [threading.Thread(target=lambda: answers.append(shared())) for _ in range(8)]
    threads[0].start()
    begun.wait(30)
    for thread in threads[1:]:
        thread.start()
    wait_until(lambda: len(shared.waiting) == 7)
    go_on.set()
    for thread in threads:
        thread.join()
    assert looks == [0]
    assert answers == [[1]] * 8
    assert shared() == [2]


def test_another_address_is_warned_of(node):
    with running("metrics", "--listen", "0.0.0.0:0", node=node) as process:
        assert b"no authentication" in process.stderr.readline()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_disquectl("metrics", "--listen", f":{port}", node=node)
    assert result.code == 9
    assert "cannot listen" in result.err


def test_without_the_library_one_line_says_what_to_install(node):
    script = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "from disquectl.cli.main import run_command_line\n"
        "sys.exit(run_command_line(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "metrics", "--listen", ":0"],
        env=environment(node),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "disquectl: --listen needs the library prometheus-client (pip install 'disquectl[metrics]')"
    ]


def test_a_node_that_hangs_does_not_hold_up_a_scrape(node):
    with ScriptedNode([silent] * 9) as hanging:
        with listening(f"{node},{hanging.address}", "--response-timeout", "300ms") as (_, url):
            begun = time.monotonic()
            found = parsed(get(url))["disque_up"]
            assert time.monotonic() - begun < 10
        assert found == {f'node="{node}"': 1, f'node="{hanging.address}"': 0}


def test_importing_the_command_does_not_load_the_server():
    heavy = "{'prometheus_client', 'wsgiref', 'disquectl.health.metrics'}"
    script = f"import sys, disquectl.commands.metrics; print({heavy} & set(sys.modules))"
    assert run_python(script).stdout == "set()\n"
