"""The line of a monitoring plugin: status, text, performance data, and names of any bytes in it."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from disquectl.health.figures import ITEMS
from disquectl.health.plugin import EXIT_CODES, Judged, Result, line, number, unknown, worst
from disquectl.spec.threshold import Threshold
from tests.support.queue_names import NAMES

QUEUE = ITEMS["queue"]
PARSE = """
use Monitoring::Plugin::Performance;
binmode STDOUT, ":utf8";
for (Monitoring::Plugin::Performance->parse_perfstring($ARGV[0])) {
    print join("\\t", $_->label, $_->value, $_->uom, $_->warning // "", $_->critical // ""), "\\n";
}
"""


def queue(name=b"mail", **values):
    return Result(name, {"length": 5, "age": 3, "in-flight": 0, "consumers": 2, "rate-out": 1.5} | values)


def said(*results, **limits):
    thresholds = {
        name.replace("_", "-"): tuple(Threshold(text) if text else None for text in pair)
        for name, pair in limits.items()
    }
    return line("queue", [Judged(result, QUEUE, thresholds) for result in results], QUEUE, thresholds)


def test_one_queue():
    assert said(queue()) == (
        "DISQUE OK - queue mail: length 5, age of the oldest job 3 s, jobs in flight 0, consumers 2, "
        "jobs out per second 1.5 | mail.length=5;;;0 mail.age=3s;;;0 mail.in_flight=0;;;0 "
        "mail.consumers=2;;;0 mail.rate_out=1.5;;;0"
    )


def test_what_alerts_is_what_is_said():
    text, _, data = said(queue(), length=("4", "10"), consumers=("", "3:"), age=("@0:5", "")).partition(" | ")
    assert text == (
        "DISQUE CRITICAL - queue mail: length 5 (outside 0:4), age of the oldest job 3 s (inside 0:5), "
        "consumers 2 (outside 3:)"
    )
    assert data.split()[:2] == ["mail.length=5;4;10;0", "mail.age=3s;@0:5;;0"]


def test_several_queues_have_the_status_of_the_worst():
    text, _, data = said(
        queue(), queue(b"bad", length=50), queue(b"worse", length=500), length=("10", "100")
    ).partition(" | ")
    assert text == (
        "DISQUE CRITICAL - queue worse: length 500 (outside 0:100); queue bad: length 50 (outside 0:10); "
        "3 queues checked"
    )
    assert len(data.split()) == 15


def test_what_is_not_known_is_neither_judged_nor_said():
    text, _, data = said(queue(age=None), age=("@0:5", "")).partition(" | ")
    assert text.startswith("DISQUE OK")
    assert "age" not in text
    assert "mail.age=U;@0:5;;0" in data.split()


def test_a_problem_is_critical():
    judged = [Judged(Result("a:1", {}, "does not answer: refused | dead"), ITEMS["node"], {})]
    assert line("node", judged, ITEMS["node"], {}).startswith(
        "DISQUE CRITICAL - node a:1: does not answer: refused \\x7c dead | a:1.memory=U;;;0;100 "
    )


def test_statuses():
    assert worst([]) == "OK"
    assert worst(["OK", "UNKNOWN"]) == "UNKNOWN"
    assert worst(["UNKNOWN", "WARNING", "OK"]) == "WARNING"
    assert worst(["CRITICAL", "UNKNOWN", "WARNING"]) == "CRITICAL"
    assert EXIT_CODES == {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}
    assert unknown("a | b\nc") == "DISQUE UNKNOWN - a \\x7c b\\nc"


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), (5.0, "5"), (0.1, "0.1"), (1e-9, "0"), (1 / 3, "0.333"), (1e15, "1" + "0" * 15)],
)
def test_numbers_have_no_exponent(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    "name", [*NAMES, b"a|b", b"it's", b"a=b", b"x;y", "\u202egnp.exe".encode(), b"a'b=c|d\r\n"]
)
def test_names_of_any_bytes_do_not_break_the_line(name):
    text, bar, data = said(queue(name)).partition(" | ")
    assert bar
    assert "|" not in text + data
    assert (text + data).isprintable()
    assert data.count("=") == 5
    assert data.count("'") in (0, 10)


@pytest.mark.parametrize("name", [b"mail", b"with space", b"it's = | mine", "\u00fcn\u00ef".encode()])
def test_debians_library_reads_the_performance_data(name):
    perl = shutil.which("perl")
    probe = [perl or "false", "-MMonitoring::Plugin::Performance", "-e", "1"]
    if perl is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("libmonitoring-plugin-perl is not installed")
    _, _, data = said(queue(name, age=None), length=("10", "~:20"), rate_out=("1:2", "")).partition(" | ")
    done = subprocess.run(
        [perl, "-CA", "-e", PARSE, data], capture_output=True, text=True, timeout=30, check=True
    )
    rows = [row.split("\t") for row in done.stdout.splitlines()]
    shown = name.decode().replace("'", "\\x27").replace("=", "\\x3d").replace("|", "\\x7c")
    # It leaves out what has no number. It does not know ranges with @.
    assert rows == [
        [f"{shown}.length", "5", "", "10", "~:20"],
        [f"{shown}.in_flight", "0", "", "", ""],
        [f"{shown}.consumers", "2", "", "", ""],
        [f"{shown}.rate_out", "1.5", "", "1:2", ""],
    ]


def test_a_figure_for_which_there_was_no_time_is_unknown_if_it_matters():
    late = Result(b"mail", {"length": 5, "in-flight": None}, not_counted=("in-flight",))
    assert said(late, length=("9", "")).startswith("DISQUE OK - queue mail: length 5 | ")
    text = said(late, in_flight=("9", ""))
    assert text.startswith("DISQUE UNKNOWN - queue mail: jobs in flight not counted in time | ")
    assert said(late, in_flight=("9", ""), length=("1", "")).startswith("DISQUE WARNING - ")
    assert said(queue(age=None), age=("9", "")).startswith("DISQUE OK")
