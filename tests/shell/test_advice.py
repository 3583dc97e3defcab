"""Errors in the shell name what can be typed there."""

from __future__ import annotations

import ast
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import disquectl
from disquectl.config.settings import resolve
from disquectl.execution.streams import Streams
from disquectl.sandbox.thread import SandboxThread
from disquectl.shell.advice import advice_here, message_here
from disquectl.shell.recent_ids import RecentIds
from disquectl.shell.session import LineSession
from disquectl.shell.state import ShellSession
from disquectl.shell.tracer import ShellTracer
from tests.conftest import run_disquectl
from tests.support.emulated_terminal import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(disquectl.__file__).parent
# The rooms whose errors reach users of the shell.
ROOMS = ("client", "config", "execution", "fanout", "merge", "programs", "protocol", "bulk")
ENVIRONMENT = ("DISQUE_NODES", "DISQUE_PASSWORD", "DISQUE_URL", "export ")
# About the environment itself, or said before the shell starts.
NOT_ADVICE = (
    "DISQUE_NODES and DISQUE_URL",
    "others can see a password on the command line: use DISQUE_URL or --password-file",
)


def texts(room: str) -> Iterator[str]:
    """All sentences in the code of a room, without docstrings."""
    for file in (PACKAGE / room).rglob("*.py"):
        tree = ast.parse(file.read_text())
        alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
                yield node.value


@pytest.mark.parametrize("room", ROOMS)
def test_no_advice_names_the_environment_or_the_program(room: str) -> None:
    for text in texts(room):
        if (
            " " in text
            and text not in NOT_ADVICE
            and any(name in text for name in (*ENVIRONMENT, "`disquectl "))
        ):
            here = advice_here(text)
            assert not any(name in here for name in ENVIRONMENT), here
            assert "`disquectl " not in here, here


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("resume it with `disquectl pause q none`", "resume it with `pause q none`"),
        ("list them with: disquectl profile list", "list them with: profile list"),
        ("see disquectl qlen --help", "see qlen --help"),
        ("`disquectl COMMAND --help` lists them", "`COMMAND --help` lists them"),
        ("this is a bug in disquectl: X", "this is a bug in disquectl: X"),
        ("/opt/disquectl jobs", "/opt/disquectl jobs"),
    ],
)
def test_commands_are_named_as_they_are_typed(there: str, here: str) -> None:
    assert advice_here(there) == here


def test_a_name_in_a_message_stays_what_it_is() -> None:
    assert message_here("queue 'disquectl jobs' is paused") == "queue 'disquectl jobs' is paused"
    assert message_here("look at `disquectl nodes`") == "look at `nodes`"


def test_notes_of_commands_say_the_same() -> None:
    err = io.BytesIO()
    streams = Streams(io.BytesIO(), io.BytesIO(), err)
    settings = resolve({}, {})
    line = LineSession(settings, streams, recent_ids=RecentIds(), vertical=False, queue="")
    for session in (line, ShellSession(settings, streams, ShellTracer())):
        for say in (session.note, session.warn, session.aside, session.problem):
            say("see `disquectl nodes`")
    assert err.getvalue().count(b"see `nodes`\n") == 8


def shell(lines: str, node: str) -> str:
    return run_disquectl("shell", "--keep-going", node=node, stdin=lines.encode()).err


def test_advice_in_a_shell(node: str) -> None:
    err = shell(
        "qlen q -n 127.0.0.1:1\ndebug flushall --yes -n a:1,b:2\naddjob p x\npause p in\naddjob p x\n", node
    )
    assert "`connect HOST:PORT` connects to another node" in err
    assert "`debug flushall --node HOST:PORT`" in err
    assert "resume it with `pause p none`" in err
    assert "DISQUE_" not in err


def test_a_missing_password_leads_to_auth() -> None:
    with SandboxThread(password="secret") as sandbox:
        err = shell("qlen q\n", sandbox.addresses[0])
        assert "type `auth` to enter the password" in err
        assert "DISQUE_" not in err


def test_a_password_that_is_typed_here_cannot_be_seen_by_others(node: str) -> None:
    err = shell(f"ping --url disque://:x@{node}\n", node)
    assert "others can see" not in err
    assert "was not needed" in err or "password" in err


def test_a_prompt_says_the_same(node: str, tmp_path: Path) -> None:
    with Person("-n", node, "shell", home=str(tmp_path)) as someone:
        someone.until(f"{node}>")
        someone.run("connect 127.0.0.1:1", "`connect HOST:PORT` connects to another")
        assert "DISQUE_NODES" not in someone.text
