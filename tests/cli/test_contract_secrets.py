"""Passwords: they get in by several ways and come out by none, unless --show-secrets."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.processes import run_python, running
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until

SECRET = "pa$$ word:é"


@pytest.fixture(scope="module")
def locked():
    """A node that wants the password."""
    with SandboxThread(password=SECRET) as sandbox:
        yield sandbox.addresses[0]


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return str(path)


def test_a_missing_and_a_wrong_password_are_7_and_say_what_to_do(locked):
    done = run_disquectl("qlen", "q", node=locked)
    assert (done.code, done.out) == (7, "")
    assert done.err == (
        "disquectl: NOAUTH Authentication required. "
        "(Give the password by DISQUE_PASSWORD, --password-file or --ask-password.)\n"
    )
    done = run_disquectl("qlen", "q", node=locked, DISQUE_PASSWORD="wrong-one")
    assert (done.code, done.out) == (7, "")
    assert done.err.startswith("disquectl: ERR invalid password (This is not the node's password")
    assert "wrong-one" not in done.err


def test_the_password_comes_from_the_environment_a_file_or_a_url(locked, password_file):
    quoted = "pa%24%24%20word%3A%C3%A9"
    for args, environ in (
        ([], {"DISQUE_PASSWORD": SECRET}),
        (["--password-file", password_file], {"DISQUE_PASSWORD": "wrong"}),
        ([], {"DISQUE_URL": f"disque://:{quoted}@{locked}", "DISQUE_PASSWORD": "wrong"}),
    ):
        nodes = {} if "DISQUE_URL" in environ else {"node": locked}
        done = run_disquectl("qlen", "q", *args, **nodes, **environ)
        assert (done.code, done.out, done.err) == (0, "0\n", "")
    warning = "disquectl: warning: others can see a password on the command line: use DISQUE_URL or"
    done = run_disquectl("qlen", "q", "--url", f"disque://:{quoted}@{locked}")
    assert (done.code, done.out) == (0, "0\n")
    assert done.err == f"{warning} --password-file\n"
    assert run_disquectl("--quiet", "qlen", "q", "--url", f"disque://:{quoted}@{locked}").err == ""


@pytest.mark.parametrize(
    "args",
    [
        ["disque://:hunter2@host"],
        ["disque://:hun/ter2@host", "ping"],
        ["ping", "a", "disques://:hunter2@host"],
        ["exec", "disque://:hunter2@host"],
        ["ping", "--profile", "disque://:hunter2@host"],
    ],
)
def test_a_url_in_a_wrong_place_is_not_repeated_with_its_password(args, node):
    done = run_disquectl(*args, node=node)
    assert done.code in (1, 2)
    assert "://:***@host" in done.err
    assert "ter2" not in done.err


def test_nodes_of_an_option_do_not_get_the_password_of_the_environments_url(locked):
    done = run_disquectl("qlen", "q", "--node", locked, DISQUE_URL=f"disque://:x@{locked}")
    assert done.code == 7
    assert "NOAUTH" in done.err


def test_a_password_file_is_read_to_its_first_line_end(locked, tmp_path):
    path = tmp_path / "crlf"
    path.write_bytes(SECRET.encode() + b"\r\nsecond line\n")
    done = run_disquectl("ping", "--password-file", str(path), node=locked)
    assert (done.code, done.out) == (0, "PONG\n")
    assert done.err == f"disquectl: warning: {path} can be read by other users: chmod 600 {path}\n"
    done = run_disquectl("ping", "--password-file", str(tmp_path / "none"), node=locked)
    assert done.code == 9
    assert done.err.endswith("No such file or directory\n")


def test_the_password_is_asked_for_on_the_terminal_and_not_shown(locked, tmp_path):
    with (
        (tmp_path / "out").open("wb") as out,
        Terminal("ping", "--ask-password", node=locked, stdout=out) as terminal,
    ):
        terminal.wait_for("Password: ")
        terminal.type(SECRET + "\n")
        assert terminal.end() == 0
        assert SECRET not in terminal.seen
    assert (tmp_path / "out").read_bytes() == b"PONG\n"
    with Terminal("ping", "--ask-password", node=locked) as terminal:
        terminal.wait_for("Password: ")
        terminal.type("\x04")
        assert terminal.end() == 2
        assert terminal.seen.endswith("disquectl: no password was given\n")


def test_a_password_where_none_is_set_is_warned_of(node):
    done = run_disquectl("qlen", "q", node=node, DISQUE_PASSWORD=SECRET)
    assert (done.code, done.out) == (0, "0\n")
    assert done.err == (f"disquectl: warning: {node} has no password set; the one given was not needed\n")
    assert run_disquectl("qlen", "q", "--quiet", node=node, DISQUE_PASSWORD=SECRET).err == ""
    assert run_disquectl("qlen", "q", node=node, DISQUE_PASSWORD="").err == ""


def test_no_stream_and_no_file_ever_holds_the_password(locked, tmp_path):
    echo = tmp_path / "echo"
    runs = (
        ["config", "get", "*"],
        ["exec", "config", "get", "requirepass"],
        ["exec", "auth", SECRET],
        ["exec", "-"],
        ["config", "set", "requirepass", SECRET, "--yes"],
        ["slowlog", "get", "50", "-o", "json"],
        ["slowlog", "get", "50"],
        ["exec", "slowlog", "get", "50"],
        ["addjob", "q", "body", "--replicate", "9"],
    )
    script = f'auth "{SECRET}"\nconfig get requirepass\nslowlog get\n'.encode()
    with Client(locked, password=SECRET) as client:
        client.config_set("slowlog-log-slower-than", 0)
    for args in runs:
        done = run_disquectl(
            "--echo",
            "--echo-to",
            str(echo),
            *args,
            node=locked,
            stdin=script,
            DISQUE_PASSWORD=SECRET,
            DISQUECTL_DEBUG="1",
        )
        assert done.code in (0, 1)
        for text in (done.out, done.err):
            assert SECRET not in text
            assert "pa$$" not in text
    assert b"pa$$" not in echo.read_bytes()
    assert echo.read_bytes().count(b"***") > len(runs)
    done = run_disquectl(
        "--show-secrets", "--echo", "config", "get", "requirepass", node=locked, DISQUE_PASSWORD=SECRET
    )
    assert done.out == f"requirepass\t{SECRET}\n"
    assert "pa$$ word" in done.err


def test_monitor_hides_the_passwords_of_others(locked):
    with (
        Client(locked, password=SECRET) as client,
        running("monitor", node=locked, DISQUE_PASSWORD=SECRET) as process,
    ):
        wait_until(lambda: any("O" in entry["flags"] for entry in client.client_list()))
        client.config_set("requirepass", SECRET)
        client.qlen("last one")
        text = ""
        while "last one" not in text:
            text += os.read(process.stdout.fileno(), 65536).decode()
    assert "CONFIG,SET,requirepass,***" in text
    assert "pa$$" not in text


def test_a_password_in_a_wrong_url_or_node_is_not_repeated():
    for args in (
        ["--url", f"disque://:{SECRET}@h:port"],
        ["--url", f"disque://:{SECRET}/x@h"],
        ["--url", f"http://:{SECRET}@h"],
        ["--node", f"disque://:{SECRET}@h"],
        ["--node", f":{SECRET}@h"],
        ["--node", "h", "--url", f"disque://:{SECRET}@h"],
    ):
        done = run_disquectl("qlen", "q", *args)
        assert (done.code, done.out) == (2, "")
        assert "pa$$" not in done.err


def test_the_echo_shows_both_directions_and_its_file_is_for_its_owner_alone(node, tmp_path):
    echo = tmp_path / "echo"
    old = os.umask(0)
    try:
        done = run_disquectl("qlen", "q", "--echo", "--echo-to", str(echo), node=node)
    finally:
        os.umask(old)
    assert (done.code, done.out) == (0, "0\n")
    sent, got = done.err.splitlines()
    assert sent.endswith(rf' {node} > "*2\r\n$4\r\nQLEN\r\n$1\r\nq\r\n"')
    assert got.endswith(rf' {node} < ":0\r\n"')
    assert echo.stat().st_mode & 0o777 == 0o600
    assert echo.read_text() == done.err
    echo.chmod(0o644)
    done = run_disquectl("qlen", "q", "--echo-to", str(echo), node=node)
    assert done.err == ""
    assert len(echo.read_text().splitlines()) == 4
    assert echo.stat().st_mode & 0o777 == 0o644
    assert run_disquectl("qlen", "q", "--echo-to", os.devnull, node=node).code == 0
    assert os.stat(os.devnull).st_mode & 0o777 == 0o666


def test_the_echo_follows_no_link_to_a_file(node, tmp_path):
    """Whoever can write to the folder could else have a file of the user's written to."""
    somebodys, link, dangling = tmp_path / "somebodys", tmp_path / "link", tmp_path / "dangling"
    somebodys.write_text("kept\n")
    somebodys.chmod(0o644)
    link.symlink_to(somebodys)
    dangling.symlink_to(tmp_path / "new")
    for path in (link, dangling):
        done = run_disquectl("addjob", "q", "body", "--echo-to", str(path), node=node)
        assert (done.code, done.out) == (9, "")
        assert f"cannot write the echo to {path}: it is a symbolic link" in done.err
    assert run_disquectl("qlen", "q", node=node).out == "0\n"
    assert (somebodys.read_text(), somebodys.stat().st_mode & 0o777) == ("kept\n", 0o644)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("stream", ["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2", "/dev/../dev/stderr"])
def test_the_echo_can_go_to_a_stream(node, stream, tmp_path):
    assert '"*2' in run_disquectl("qlen", "q", "--echo-to", stream, node=node).err
    kept = tmp_path / "kept"
    with kept.open("wb") as file:
        kept.chmod(0o644)
        subprocess.run(
            [sys.executable, "-m", "disquectl", "-n", node, "qlen", "q", "--echo-to", stream],
            stderr=file,
            check=True,
        )
    assert '"*2' in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o644


def test_a_bug_shows_one_line_and_its_traceback_only_when_asked_for():
    script = (
        "import runpy, sys, disquectl.execution.dispatch as dispatch\n"
        "def bad(*_):\n    secret = 'in a local ' + 'variable'\n    raise ZeroDivisionError\n"
        "dispatch.run = bad\n"
        "sys.argv = ['disquectl', 'ping']\n"
        "runpy.run_module('disquectl', run_name='__main__')\n"
    )
    done = run_python(script)
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr == (
        "disquectl: this is a bug in disquectl: ZeroDivisionError (DISQUECTL_DEBUG=1 shows where)\n"
    )
    done = run_python(script, DISQUECTL_DEBUG="1")
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith("Traceback (most recent call last)")
    assert "in a local variable" not in done.stderr
