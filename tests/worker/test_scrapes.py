"""work --metrics: what the figures are, and that scrapes never keep the worker from its jobs."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import urllib.error
import urllib.request

import pytest

from tests.support.processes import children_of
from tests.support.waiting import wait_until
from tests.support.workers import SOON, nothing_left, work, worker

SH = ("--", "sh", "-c")


@contextlib.contextmanager
def scraped(node, *args, **env):
    """A worker that runs, and where its metrics are."""
    with worker(node, *args[:2], "--metrics", ":0", "--log", "text", *args[2:], **env) as process:
        line = process.stderr.readline().decode()
        port = int(re.search(r"listening on http://127\.0\.0\.1:(\d+)/metrics", line)[1])
        yield process, port


def get(port, path="/metrics"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode(), answer.headers


def values(port, queue="q"):
    """The figures of a queue, by name without what all names begin with."""
    found = re.findall(rf'^disquectl_worker_(\w+){{queue="{queue}"}} (\S+)$', get(port)[0], re.M)
    return {name: float(value) for name, value in found}


def test_done_failed_dead_and_running(node, client, tmp_path):
    for body in ("ok", "ok", "bad", "wait"):
        client.addjob("q", body)
    script = f"read w; test $w != wait || until test -e {tmp_path}/go; do sleep 0.01; done; test $w != bad"
    with scraped(node, "-q", "q", "-q", "other", "--max-retries", "1", *SOON, *SH, script) as (_, port):
        wait_until(lambda: values(port)["jobs_dead_total"] == 1)
        wait_until(lambda: values(port)["jobs_done_total"] == 2)
        now = values(port)
        assert now.pop("job_seconds_sum") > 0
        assert now == {
            "jobs_done_total": 2,
            "jobs_failed_total": 2,
            "jobs_dead_total": 1,
            "running_jobs": 1,
            "held_jobs": 0,
            "job_seconds_count": 4,
        }
        assert set(values(port, "other").values()) == {0.0}
        (tmp_path / "go").touch()
        wait_until(lambda: values(port)["running_jobs"] == 0)


SHOP = """
import os, time
def call(job):
    while job.body == b"wait" and not os.path.exists("go"):
        time.sleep(0.01)
    if job.body == b"bad":
        raise ValueError("bad")
"""


def test_the_figures_of_processes_that_call_functions_are_added_up(node, client, tmp_path, monkeypatch):
    (tmp_path / "shop.py").write_text(SHOP)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.chdir(tmp_path)
    options = ("--processes", "2", "--max-retries", "1", *SOON, "--call", "shop:call")
    with scraped(node, "-q", "q", *options) as (process, port):
        wait_until(lambda: len(children_of(process.pid)) == 2)
        for body in (*["ok"] * 50, "bad", "wait"):
            client.addjob("q", body)
        expected = {
            "jobs_done_total": 50,
            "jobs_failed_total": 2,
            "jobs_dead_total": 1,
            "running_jobs": 1,
            "held_jobs": 0,
            "job_seconds_count": 52,
        }
        wait_until(lambda: values(port).items() >= expected.items())
        for child in children_of(process.pid):
            os.kill(int(child), signal.SIGKILL)
        wait_until(lambda: values(port)["running_jobs"] == 0)
        assert values(port)["jobs_done_total"] == 50, "what was done stays done"
        (tmp_path / "go").touch()


def test_the_text_is_that_of_prometheus(node):
    parser = pytest.importorskip("prometheus_client.parser")
    with scraped(node, "-q", 'a"\\\n\x1b', "--", "true") as (_, port):
        text, headers = get(port)
        families = list(parser.text_string_to_metric_families(text))
        assert len(families) == 7
        assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert get(port, "/-/healthy")[0] == "ok\n"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(port, "/")


def test_clients_that_say_nothing_keep_nobody_waiting(node, client):
    with scraped(node, "-q", "q", "--", "true") as (process, port), contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(30)]
        silent[0].sendall(b"GET /metrics")
        client.addjob("q", "x")
        wait_until(lambda: nothing_left(client))
        # Those over the limit are closed at once, the others later.
        silent[-1].settimeout(10)
        assert silent[-1].recv(1) == b""
        silent[0].settimeout(10)
        assert silent[0].recv(1) == b""
        wait_until(lambda: values(port)["jobs_done_total"] == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"HEAD /metrics HTTP/1.1\r\n\r\n", b"200 OK"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405 Method Not Allowed"),
        (b"\xff\x00\r\n\r\n", b"405 Method Not Allowed"),
        (b"GET /metrics?x=1 HTTP/1.1\r\n\r\n", b"200 OK"),
        (b"x" * 100_000, b""),
    ],
)
def test_any_request_gets_an_answer_or_an_end(node, request_, status):
    with scraped(node, "-q", "q", "--", "true") as (_, port):
        with socket.create_connection(("127.0.0.1", port), 10) as one:
            answer = b""
            with contextlib.suppress(ConnectionError):
                one.sendall(request_)
                while data := one.recv(65536):
                    answer += data
        assert answer.partition(b"\r\n")[0] == (b"HTTP/1.1 " + status if status else b"")
        if request_[:4] == b"HEAD":
            assert answer.endswith(b"\r\n\r\n")


def test_an_address_that_is_taken_ends_the_worker_before_it_takes_a_job(node, client):
    client.addjob("q", "x")
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = work(node, "-q", "q", "--metrics", f":{port}", "--", "true")
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in done.err
    assert (done.code != 0, client.qlen("q")) == (True, 1)


def test_an_address_that_others_can_reach_is_warned_of(node):
    done = work(node, "-q", "q", "--metrics", "0.0.0.0:0", "--", "true")
    assert (
        "warning: anyone who can reach 0.0.0.0 can read the metrics: there is no authentication" in done.err
    )


def test_commands_do_not_inherit_the_socket(node, client):
    client.addjob("q", "x")
    done = work(node, "-q", "q", "--metrics", ":0", *SH, "ls -l /proc/self/fd")
    assert "socket" not in done.out
