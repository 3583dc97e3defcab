"""--body and --body-command: bodies in other forms, in tables alone."""

from __future__ import annotations

import json

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.terminal import Terminal

BODY = b'{"to":"ada","n":[1,{}]}'
INDENTED = '{\n  "to": "ada",\n  "n": [\n    1,\n    {}\n  ]\n}'


@pytest.fixture
def job(node):
    with Client(node) as client:
        return client.addjob("q", BODY, retry=0)


def lines_of(text, field="body"):
    """The lines of a field in a block."""
    lines = text.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith(f"{field} "))
    indent = len(lines[first]) - len(lines[first].removeprefix(field).lstrip())
    rest = [line[indent:] for line in lines[first + 1 :] if line.startswith(" " * indent)]
    return "\n".join([lines[first][indent:], *rest])


def on_terminal(*args, node, **env):
    with Terminal(*args, "--color", "never", node=node, **env) as terminal:
        code = terminal.end()
        return code, terminal.seen


def test_on_a_terminal_json_is_indented_and_elsewhere_nothing_changes(node, job):
    code, shown = on_terminal("show", job, node=node)
    assert (code, lines_of(shown)) == (0, INDENTED)
    assert lines_of(run_disquectl("show", job, "-o", "table", node=node).out) == BODY.decode()
    assert f"body\t{BODY.decode()}\n" in run_disquectl("show", job, node=node).out


@pytest.mark.parametrize("command", [("show",), ("trace",)])
@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (("--body", "json"), INDENTED),
        (("--body", "base64"), "eyJ0byI6ImFkYSIsIm4iOlsxLHt9XX0="),
        (("--body", "text"), BODY.decode()),
        (("--body-command", "tr 'a-z' \"A-Z\""), BODY.decode().upper()),
        (("--body-command", r"printf '\033[31mred\nx\377'"), "\\x1b[31mred\nx\\xff"),
    ],
)
def test_a_body_is_shown_in_the_form_that_is_asked_for(command, options, shown, node, job):
    done = run_disquectl(*command, job, "-o", "table", *options, node=node)
    assert (done.code, lines_of(done.out), done.err) == (0, shown, "")


def test_getjob_shows_it_for_each_job(node, job):
    done = run_disquectl("getjob", "q", "--nohang", "-o", "table", "--body", "json", node=node)
    assert done.code == 0
    assert '"to": "ada",' in done.out
    assert "  ]" in done.out


def test_jobs_full_has_whole_bodies(node):
    body = b'{"x":"' + b"y" * 500 + b'"}'
    with Client(node) as client:
        client.addjob("q", body)
    assert json.loads(run_disquectl("jobs", "--full", "-o", "jsonl", node=node).out)["body"] == body.decode()
    assert len(json.loads(run_disquectl("jobs", "-o", "jsonl", node=node).out)["body"]) == 80
    shown = lines_of(run_disquectl("jobs", "--full", "--body", "json", "-o", "table", node=node).out)
    assert "".join(shown.split()) == body.decode()
    assert shown.count("\n") > 3


def test_a_filter_that_fails_is_reported_once_and_shows_the_body_as_it_is(node, job):
    with Client(node) as client:
        second = client.addjob("q", "other")
    done = run_disquectl("show", job, second, "-o", "table", "--body-command", "sh -c 'exit 3'", node=node)
    assert done.code == 0
    assert done.err.count("\n") == 1
    assert done.err == "note: bodies are shown as they are where sh fails: exit code 3\n"
    assert "other" in done.out


def test_a_filter_gets_the_nodes_and_no_password(node, job):
    done = run_disquectl(
        "show", job, "-o", "table", "--body-command", "env", node=node, DISQUE_PASSWORD="hush-hush"
    )
    assert done.code == 0
    assert f"DISQUE_NODES={node}" in done.out
    assert "hush" not in done.out


@pytest.mark.parametrize(
    "args",
    [
        ("show", "D-x", "-o", "json", "--body", "hex"),
        ("show", "D-x", "--body-command", "cat"),
        ("show", "D-x", "-o", "table", "--body-command", ""),
        ("show", "D-x", "-o", "table", "--body-command", "'"),
        ("show", "D-x", "-o", "table", "--body-command", "no-such-command-here"),
        ("show", "D-x", "-o", "table", "--body", "hex", "--body-command", "cat"),
        ("show", "D-x", "-o", "table", "--body", "yaml"),
        ("jobs", "-o", "table", "--body", "hex"),
        ("jobs", "--full", "--ids"),
    ],
)
def test_wrong_usage_is_found_before_anything_connects(args):
    assert run_disquectl(*args, node="127.0.0.1:1").code == 2
