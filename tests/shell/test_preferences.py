"""The shell as people set it up: their editor, their keys, their colours; and watching what can do harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from disquectl import Client
from tests.support.emulated_terminal import CTRL_C, ENTER, Person, configured

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {"dark": "ff5f5f", "light": "d70000"}
ESCAPE = "\x1b"


def test_the_next_line_is_written_in_the_editor(node: str, tmp_path: Path) -> None:
    with Person("-n", node, "shell", home=str(tmp_path), VISUAL="sed -i s/one/edited/") as someone:
        someone.until(f"{node}>")
        someone.run("QLEN one", "\n0\n")
        someone.run("\\edit", f"{node}> QLEN edited")
        someone.type(ENTER)
        someone.until(lambda text: text.count("\n0\n") == 2)


def test_an_editor_that_fails_changes_nothing(node: str, tmp_path: Path) -> None:
    with Person("-n", node, "shell", home=str(tmp_path), VISUAL="false") as someone:
        someone.until(f"{node}>")
        someone.run("\\edit", "the editor false ended with 1")
        someone.run("PING", "PONG")


def test_an_absurd_width_does_not_hold_up_the_prompt(node: str, tmp_path: Path) -> None:
    with Person("-n", node, "shell", home=str(tmp_path), COLUMNS="1000000") as someone:
        someone.type("PING" + ENTER)
        someone.until("PONG")


def test_the_keys_are_those_of_vi(node: str, tmp_path: Path) -> None:
    home = configured(tmp_path, 'bindings = "vi"')
    with Person("-n", node, "shell", home=home) as someone:
        someone.until(f"{node}>")
        someone.type("QLEN wrong" + ESCAPE)
        someone.type("b")
        someone.type("Cright" + ENTER)
        someone.until("QLEN right\n0\n")


@pytest.mark.parametrize("theme", WRONG)
def test_a_theme_has_colours_of_its_own(node: str, tmp_path: Path, theme: str) -> None:
    home = configured(tmp_path, f'theme = "{theme}"')
    with Person("-n", node, "shell", home=home) as someone:
        someone.until(f"{node}>")
        someone.type("QPEEK a wrong")
        someone.until("QPEEK a wrong")
        someone.until(lambda _: someone.color_of("wrong") == WRONG[theme])


def test_watching_what_does_harm_asks_before_the_first_time(node: str, tmp_path: Path) -> None:
    with Person("-n", node, "shell", home=str(tmp_path)) as someone:
        someone.until(f"{node}>")
        someone.run("ADDJOB kept x 0", "D-")
        someone.run("\\watch 0.05 DEBUG FLUSHALL", "[y/N]")
        someone.run("n", "nothing was done")
        with Client(node) as client:
            assert client.qlen("kept") == 1
        someone.run("\\watch 0.05 DEBUG FLUSHALL", lambda text: text.count("[y/N]") == 2)
        someone.type("y" + ENTER)
        someone.until("OK")
        with Client(node) as client:
            assert client.qlen("kept") == 0
            # The rounds behind the first do it without asking.
            client.addjob("kept", "y")
            someone.until(lambda _: client.qlen("kept") == 0)
        someone.type(CTRL_C)
        someone.until("Interrupted.")
