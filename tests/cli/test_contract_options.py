"""Options, environment and usage errors: what is wrong is said before anything is connected."""

from __future__ import annotations

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.scripted_node import ScriptedNode, refused_address, silent

NOWHERE = "127.0.0.1:1"
ID = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


@pytest.fixture
def counting():
    """A server that only counts connections."""
    with ScriptedNode([silent], [silent], [silent]) as server:
        yield server


def test_options_stand_before_the_command_or_after_it(disquectl):
    for args in (
        ["-o", "json", "qlen", "q"],
        ["qlen", "-o", "json", "q"],
        ["qlen", "q", "--output=json"],
        ["-ojson", "qlen", "q"],
        ["-o", "plain", "qlen", "q", "-o", "json"],
    ):
        done = disquectl(*args)
        assert (done.code, done.out, done.err) == (0, '{"queue":"q","length":0}\n', "")
    done = disquectl("--quiet", "config", "--no-header", "get", "maxmemory", "-o", "csv")
    assert (done.code, done.out) == (0, "maxmemory,1073741824\n")


def test_a_dash_with_digits_is_data_and_two_dashes_end_options(disquectl):
    assert disquectl("addjob", "-5", "-7").code == 0
    assert disquectl("addjob", "-o", "json", "--", "-o", "--async").out.startswith('{"id":"D-')
    done = disquectl("qpeek", "-5", "-5", "--columns", "queue,body")
    assert (done.code, done.out) == (0, "-5\t-7\n")
    done = disquectl("qpeek", "--columns", "body", "--", "-o", "-1")
    assert (done.code, done.out) == (0, "--async\n")


def test_qpeek_shows_the_newest_for_a_negative_count(node, disquectl):
    with Client(node) as client:
        for number in range(12):
            client.addjob("q", str(number))
    assert disquectl("qpeek", "q", "-2", "--columns", "body").out == "11\n10\n"
    assert disquectl("qpeek", "q", "--columns", "body").out.split() == [str(n) for n in range(10)]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["qlen"], "missing argument 'QUEUE...' (see disquectl qlen --help)"),
        (["qlen", "--frob", "q"], "no such option: --frob (see disquectl qlen --help)"),
        (["getjob", "--tiemout", "5s", "q"], "no such option: --tiemout (did you mean --timeout?)"),
        (["jobs", "--queue", "q"], "no such option: --queue (see disquectl jobs --help)"),
        (["qlen", "-n"], "option '-n' requires an argument (see disquectl qlen --help)"),
        (["config", "get", "-n"], "option '-n' requires an argument (see disquectl config get --help)"),
        (["-n"], "option '-n' requires an argument (see disquectl --help)"),
        (["frob"], "no such command: 'frob' (see disquectl --help)"),
        (["qle", "q"], "no such command: 'qle' (did you mean qlen?)"),
        (["config"], "missing command (see disquectl config --help)"),
        (["qpeek", "q", "x"], "COUNT: not a whole number: 'x'"),
        (
            ["qlen", "q", "-o", "xml"],
            "--output: unknown format 'xml' (choose table, plain, json, jsonl, csv, tsv, raw)",
        ),
        (["qlen", "q", "--columns", "nope"], "unknown column 'nope' (choose queue, length)"),
        (["info", "--columns", "nope"], "unknown column 'nope'"),
        (["qlen", "q", "--color", "red"], "--color: unknown color mode 'red' (choose auto, always, never)"),
        (["qlen", "q", "--connect-timeout", "0"], "--connect-timeout must be more than 0"),
        (["qlen", "q", "--response-timeout", ""], "--response-timeout: not a duration: ''"),
        (["addjob", "q"], "BODY is missing"),
        (["addjob", "q", "b", "--file", "f"], "BODY and --file cannot be combined (use one of them)"),
        (["addjob", "q", "b", "--delay", ""], "--delay: not a duration: ''"),
        (["addjob", "q", "b", "--delay", "500ms"], "--delay: not whole seconds: '500ms'"),
        (["addjob", "q", "b", "--delay", "1x"], "--delay: not a duration: '1x'"),
        (["addjob", "q", "b", "--retry", "4294967296"], "--retry: too long: '4294967296'"),
        (["addjob", "q", "b", "--delay", "4294967296"], "--delay: too long: '4294967296'"),
        (["addjob", "q", "b", "--ttl", "29500d"], "--ttl ends after 2106-02-07"),
        (["addjob", "q", "b", "--ttl", "99999999d"], "--ttl: too long: '99999999d'"),
        (["addjob", "q", "b", "--timeout", "5"], "--timeout: the unit is missing: '5'"),
        (["getjob", "q", "--timeout", "5"], "--timeout: the unit is missing: '5'"),
        (["getjob", "q", "--timeout", "-5"], "--timeout: not a duration: '-5'"),
        (["getjob", "q", "--count", "0"], "--count: 0 is too small: the minimum is 1"),
        (
            ["addjob", "q", "b", "--replicate", "65536"],
            "--replicate: 65536 is too large: the maximum is 65535",
        ),
        (
            ["pause", "q", "sideways"],
            "WHAT: unknown word 'sideways' (choose in, out, all, none, state, bcast)",
        ),
        (
            ["jscan", "--state", "lost"],
            "--state: unknown state 'lost' (choose wait-repl, active, queued, acked)",
        ),
        (["client", "kill", "--yes"], "no connection is named (give IP:PORT, or --id, --addr, --type)"),
        (
            ["qlen", "q", "--url", "disque://h", "--node", "h"],
            "--node and --url cannot be combined (use one of them)",
        ),
        (["qlen", "q", "--url", "redis://h"], "not a URL of Disque: it starts with disque:// or disques://"),
        (["qlen", "q", "--url", ""], "not a URL of Disque: it starts with disque:// or disques://"),
        (["qlen", "q", "--node", ""], "not a node: ''"),
        (["qlen", "q", "--profile", ""], "--profile must not be empty"),
        (["qlen", "q", "--config", ""], "--config: the name is empty"),
        (["qlen", "q", "--password-file", ""], "--password-file: the name is empty"),
        (["qlen", "q", "--tls", "--cacert", ""], "--cacert: the name is empty"),
        (["qlen", "q", "--echo-to", ""], "--echo-to: the name is empty"),
        (["addjob", "q", "--file", ""], "--file: the name is empty"),
        (["addjob", "q", "--lines", "--file", ""], "--file: the name is empty"),
        (["getjob", "q", "--into", ""], "--into: the name is empty"),
        (["dump", "--file", ""], "--file: the name is empty"),
        (["metrics", "--file", ""], "--file: the name is empty"),
        (["load", ""], "FILE: the name is empty"),
        (["move", "q", "--to", "p", "--journal", ""], "--journal: the name is empty"),
        (["purge", "--ids-from", "", "--yes"], "--ids-from: the name is empty"),
        (["qlen", "q", "--ask-password"], "--ask-password needs a terminal"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_before_anything_is_sent(args, told, counting):
    done = run_disquectl(*args, node=counting.address)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"disquectl: {told}")
    assert counting.accepted == 0


@pytest.mark.parametrize(
    ("option", "environ"),
    [
        ([], {"DISQUE_NODES": NOWHERE, "DISQUE_URL": f"disque://{NOWHERE}"}),
        (["--node", NOWHERE, "--url", f"disque://{NOWHERE}"], {}),
        ([], {"DISQUECTL_OUTPUT": "xml"}),
        ([], {"DISQUE_NODES": "host:99999"}),
    ],
)
def test_two_ways_to_name_nodes_and_a_wrong_environment_are_usage_errors(option, environ):
    done = run_disquectl(*option, "qlen", "q", **environ)
    assert (done.code, done.out) == (2, "")


def test_an_option_goes_before_the_environment(node):
    both = {"DISQUE_NODES": refused_address(), "DISQUE_URL": f"disque://{refused_address()}"}
    for option in (["--node", node], ["--url", f"disque://{node}"]):
        done = run_disquectl("qlen", "q", *option, DISQUECTL_OUTPUT="json", **both)
        assert (done.code, done.out) == (0, '{"queue":"q","length":0}\n')
    done = run_disquectl("qlen", "q", "-o", "plain", DISQUECTL_OUTPUT="json", DISQUE_URL=f"disque://{node}")
    assert (done.code, done.out) == (0, "0\n")


def test_node_repeats_takes_commas_and_keeps_the_order(node):
    down = refused_address()
    done = run_disquectl("-n", down, "qlen", "q", "-n", f"{down},{node}")
    assert (done.code, done.out, done.err) == (0, "0\n", "")
    first, second = refused_address(), refused_address()
    done = run_disquectl("-n", first, "qlen", "q", "--node", second)
    assert done.err.startswith(f"disquectl: {first}: connection refused; {second}: connection refused")


def test_the_port_is_7711_and_the_host_is_loopback_unless_said():
    port = refused_address().partition(":")[2]
    done = run_disquectl("qlen", "q", "-n", f":{port},[::1]:{port}")
    assert f"127.0.0.1:{port}: connection refused; [::1]:{port}: " in done.err
    assert "no.such.host.invalid:7711: " in run_disquectl("qlen", "q", "-n", "no.such.host.invalid").err


@pytest.mark.parametrize(
    "args",
    [
        ["addjob", "q", "b"],
        ["getjob", "q"],
        ["ack", ID],
        ["ack", "-"],
        ["pause", "q", "in"],
        ["pause", "q", "bcast"],
        ["shutdown", "--yes"],
        ["config", "set", "hz", "10", "-y"],
        ["slowlog", "reset"],
        ["cluster", "leaving", "no"],
        ["exec", "frob"],
        ["exec", "Addjob", "q", "b", "0"],
        ["debug", "sleep", "0", "-y"],
        ["bgrewriteaof"],
    ],
    ids=" ".join,
)
def test_read_only_refuses_whatever_could_change_the_cluster(args, counting):
    by_option = args[0] == "exec"
    option, environ = (["--read-only"], {}) if by_option else ([], {"DISQUECTL_READ_ONLY": "1"})
    done = run_disquectl(*option, *args, node=counting.address, **environ)
    assert (done.code, done.out) == (2, "")
    assert "can change the cluster, and this is read-only" in done.err
    assert counting.accepted == 0


def test_read_only_lets_pass_what_only_reads(node):
    for args in (["qlen", "q"], ["pause", "q", "state"], ["cluster", "leaving"], ["exec", "qlen", "q"]):
        assert run_disquectl("--read-only", *args, node=node).code == 0
    assert run_disquectl("addjob", "q", "b", node=node, DISQUECTL_READ_ONLY="0").code == 0


@pytest.mark.parametrize("line", ["shutdown", "debug nothing", "config set hz 10", "bgrewriteaof"])
def test_what_changes_one_server_wants_one_node(line, counting):
    nodes = f"{counting.address},{NOWHERE}"
    words = line.split()
    runs = [["exec", *words]] if "nothing" in line else [words, ["exec", *words]]
    for run in runs:
        done = run_disquectl("--yes", *run, node=nodes)
        assert (done.code, done.out) == (2, "")
        assert done.err.endswith("changes one server: name it with one --node\n")
    assert counting.accepted == 0


def test_help_and_version_go_to_stdout():
    for args in ([], ["qlen", "q"], ["config", "get"], ["sandbox"]):
        for done in (run_disquectl("--version", *args), run_disquectl(*args, "--version")):
            assert (done.code, done.err) == (0, "")
            assert done.out.startswith("disquectl ")
            assert done.out.count("\n") == 1
    for args in ([], ["--help"], ["-h"], ["-n", NOWHERE, "--quiet"]):
        done = run_disquectl(*args)
        assert (done.code, done.err) == (0, "")
        assert all(f"\n{group}:\n" in done.out for group in ("Jobs", "Queues", "Server", "Tools"))
    for args in (["addjob", "--help"], ["config", "-h"], ["config", "set", "-h"], ["exec", "-h"]):
        done = run_disquectl(*args)
        assert (done.code, done.err) == (0, "")
        assert "\nExample:\n  disquectl " in done.out
