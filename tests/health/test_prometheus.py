"""The metrics and the alert rules of `metrics`, as Prometheus and its tools take them."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from functools import partial

import pytest

from tests.conftest import run_disquectl
from tests.health.exporter import get, listening
from tests.support.jobs import add
from tests.support.waiting import wait_until


def tool(*words, stdin=""):
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed")
    return subprocess.run(
        [program, *words], input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


def test_promtool_accepts_the_metrics(cluster):
    for name in (b"mail", b'a"b\\c', b"\xff\n"):
        add(cluster[0], name, replicate=3)
    document = run_disquectl("metrics", node=cluster[0]).out
    done = tool("check", "metrics", stdin=document)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_promtool_accepts_the_rules(tmp_path):
    rules = tmp_path / "disque.yml"
    rules.write_text(run_disquectl("metrics", "--rules", node="127.0.0.1:1").out)
    done = tool("check", "rules", str(rules))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 rules found" in done.stdout


# Of a healthy cluster, each minute for three hours.
HEALTHY = {
    'disque_up{node="a"}': "1x180",
    "disque_reachable_nodes": "1x180",
    'disque_memory_used_bytes{node="a"}': "10x180",
    'disque_memory_limit_bytes{node="a"}': "100x180",
    'disque_aof_errors{node="a"}': "0x180",
    'disque_clock_skew_seconds{node="a"}': "0.1x180",
    'disque_leaving{node="a"}': "0x180",
    'disque_queue_oldest_job_age_seconds{queue="mail"}': "5x180",
    'disque_queue_oldest_job_age_seconds{queue="dead:mail"}': "5000x180",
    'disque_queue_queued_jobs{queue="mail"}': "5x180",
    'disque_queue_queued_jobs{queue="dead:mail"}': "5x180",
    'disque_queue_consumers{queue="mail"}': "0x180",
    'disque_queue_consumers{queue="dead:mail"}': "0x180",
    'disque_queue_jobs_out_total{queue="mail",node="a"}': "0+5x180",
    'disque_queue_jobs_out_total{queue="mail",node="b"}': "0x180",
    'disque_queue_jobs_out_total{queue="dead:mail",node="a"}': "0x180",
    'disque_queue_paused{queue="mail",direction="in"}': "0x180",
    'disque_dead_letters{queue="dead:mail"}': "3x180",
}


@pytest.mark.parametrize(
    ("alert", "changes"),
    [
        (None, {}),
        ("DisqueNodeDown", {'disque_up{node="a"}': "1x160 0x20"}),
        ("DisqueExporterDown", {"disque_reachable_nodes": "1x160 stale"}),
        ("DisqueMemoryHigh", {'disque_memory_used_bytes{node="a"}': "10x160 76x20"}),
        ("DisqueAofError", {'disque_aof_errors{node="a"}': "0x160 1x20"}),
        ("DisqueClockSkew", {'disque_clock_skew_seconds{node="a"}': "0x160 -1.5x20"}),
        ("DisqueNodeLeaving", {'disque_leaving{node="a"}': "0x60 1x120"}),
        ("DisqueOldJob", {'disque_queue_oldest_job_age_seconds{queue="mail"}': "5x160 901x20"}),
        (
            "DisqueQueueWithoutConsumer",
            {'disque_queue_jobs_out_total{queue="mail",node="a"}': "0+5x140 700x40"},
        ),
        ("DisqueQueuePaused", {'disque_queue_paused{queue="mail",direction="in"}': "0x60 1x120"}),
        ("DisqueNewDeadLetters", {'disque_dead_letters{queue="dead:mail"}': "3x160 4x20"}),
        # The first letters of a queue: there was no figure before.
        ("DisqueNewDeadLetters", {'disque_dead_letters{queue="dead:other"}': "_x160 1x20"}),
    ],
)
def test_which_alerts_fire(alert, changes, tmp_path):
    (tmp_path / "rules.yml").write_text(run_disquectl("metrics", "--rules", node="127.0.0.1:1").out)
    firing = [{"labels": f'{{alertname="{alert}"}}', "value": 1}] if alert else []
    expression = 'count by (alertname) (ALERTS{alertstate="firing"})'
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in (HEALTHY | changes).items()],
        "promql_expr_test": [{"expr": expression, "eval_time": "3h", "exp_samples": firing}],
    }
    plan = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "test.yml").write_text(json.dumps(plan))
    done = tool("test", "rules", str(tmp_path / "test.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_scrapes_and_an_alert_fires(mortal, tmp_path):
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed")
    nodes = mortal.addresses
    add(nodes[0], "mail", replicate=3)
    add(nodes[0], "dead:mail", replicate=3)
    rules = run_disquectl("metrics", "--rules", node=nodes[0]).out
    (tmp_path / "rules.yml").write_text(re.sub(r"( +)for: \S+", r"\1for: 1s", rules))
    with listening(nodes[0]) as (_, url):
        (tmp_path / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
            "rule_files: [rules.yml]\n"
            "scrape_configs:\n"
            f"  - {{job_name: disque, static_configs: [{{targets: ['{url.split('/')[2]}']}}]}}\n"
        )
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        words = [
            program,
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            api = f"http://127.0.0.1:{port}/api/v1"
            wait_until(lambda: query(api, "disque_up"))
            wait_until(lambda: len(query(api, "count_over_time(disque_up[1m])")) == 3)
            # With `bool`, a comparison returns 0 where it does not hold, and nothing where there is no data.
            for expression in expressions(rules):
                compared = re.sub(r"(?<=\s)([<>]=?|[=!]=)(?=\s)", r"\1 bool", expression)
                wait_until(partial(query, api, compared))
            # In the second before the first scrape there were no metrics.
            expected = {"DisqueNewDeadLetters", "DisqueQueueWithoutConsumer"}
            wait_until(lambda: "DisqueNewDeadLetters" in firing(api) <= expected)
            mortal.stop_node(2)
            wait_until(lambda: "DisqueNodeDown" in firing(api))
        finally:
            server.terminate()
            server.wait(timeout=30)


def expressions(rules):
    """The expression of each alert rule, on one line."""
    found = re.findall(r"^ +expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)", rules, re.MULTILINE)
    assert len(found) == rules.count("expr:")
    # What is absent has no data as long as all is well.
    return [" ".join((folded or line).split()) for folded, line in found if "absent(" not in line]


def query(api, expression):
    """The result of an expression; empty while the server is not up."""
    try:
        return json.loads(get(f"{api}/query?query={urllib.request.quote(expression)}"))["data"]["result"]
    except urllib.error.URLError:
        return []


def firing(api):
    alerts = json.loads(get(f"{api}/alerts"))["data"]["alerts"]
    return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}
