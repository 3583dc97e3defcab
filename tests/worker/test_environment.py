"""What a worker's command finds in its environment: the nodes, and the password only when asked for."""

from __future__ import annotations

import sys

import pytest

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.support.workers import events, work

HOW = {
    False: ("--", "sh", "-c", 'env | grep "^DISQUE_[NPU]"'),
    True: (
        *("--lines", "-c", "1", "--", sys.executable, "-c"),
        "import os, sys\nSTARTS = ('DISQUE_N', 'DISQUE_P', 'DISQUE_U')\nfor line in sys.stdin:\n"
        " named = [f'{n}={v}' for n, v in os.environ.items() if n[:8] in STARTS]\n"
        " print(*named, sep='\\n', file=sys.stderr)\n print('true', flush=True)",
    ),
}


@pytest.fixture
def guarded():
    with SandboxThread(password="secret") as sandbox:
        yield sandbox.addresses[0]


def found(node, lines, *options, **env):
    """The variables that lead a command to the cluster, and what the worker says of itself."""
    with Client(node, password="secret") as client:
        client.addjob("q", "x")
    done = work(node, "-q", "q", *options, *HOW[lines], **env)
    assert done.code == 0, done
    log = events(done.err)
    told = [event["text"] for event in log if event["event"] == "stderr"]
    told += done.out.splitlines()
    variables = dict(line.split("=", 1) for line in told if "=" in line)
    variables.pop("DISQUE_NACKS", None)
    return variables, [event["text"] for event in log if event["event"] == "worker"]


@pytest.mark.parametrize("lines", [False, True])
def test_the_password_is_not_handed_on_and_the_worker_says_so_once(guarded, lines):
    variables, said = found(guarded, lines, DISQUE_PASSWORD="secret", DISQUE_PROFILE="")
    assert variables == {"DISQUE_NODES": guarded}
    (line,) = said
    assert "--pass-credentials" in line


@pytest.mark.parametrize("lines", [False, True])
def test_unless_it_is_asked_for(guarded, tmp_path, lines):
    file = tmp_path / "password"
    file.write_text("secret")
    file.chmod(0o600)
    variables, said = found(guarded, lines, "--pass-credentials", "--password-file", str(file))
    assert variables == {"DISQUE_NODES": guarded, "DISQUE_PASSWORD": "secret"}
    assert said == []


def test_a_worker_without_a_password_says_nothing(node):
    with Client(node) as client:
        client.addjob("q", "x")
    done = work(node, "-q", "q", *HOW[False])
    assert f"DISQUE_NODES={node}" in done.out.splitlines()
    assert [event["event"] for event in events(done.err)] == ["done", "totals"]
