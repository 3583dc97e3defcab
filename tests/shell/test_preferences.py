"""The shell as people set it up: their editor, their keys, their colours; and watching what can do harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from disquectl import Client
from tests.support.emulated_terminal import CTRL_C, ENTER, TAB, Person, configured

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {"dark": "ff5f5f", "light": "d70000"}
CTRL_SPACE, ESCAPE = "\x00", "\x1b"


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


def test_a_huge_width_does_not_slow_down_the_prompt(node: str, tmp_path: Path) -> None:
    with Person("-n", node, "shell", home=str(tmp_path), COLUMNS="1000000") as someone:
        someone.type("PING" + ENTER)
        someone.until("PONG")


def test_vi_bindings(node: str, tmp_path: Path) -> None:
    home = configured(tmp_path, 'bindings = "vi"')
    with Person("-n", node, "shell", home=home) as someone:
        someone.until(f"{node}>")
        someone.type("QLEN wrong" + ESCAPE)
        someone.type("b")
        someone.type("Cright" + ENTER)
        someone.until("QLEN right\n0\n")


@pytest.mark.parametrize("key", ["", TAB], ids=["menu open", "entry selected"])
def test_escape_leaves_insert_mode_while_the_menu_is_open(node: str, tmp_path: Path, key: str) -> None:
    home = configured(tmp_path, 'bindings = "vi"')
    with Person("-n", node, "shell", home=home) as someone:
        someone.until(f"{node}>")
        someone.type("PAUSE q o")
        someone.until(" out ")
        someone.type(key)
        someone.until("PAUSE q out" if key else "PAUSE q o")
        someone.type(ESCAPE)
        someone.until(lambda text: text.count("deliver no jobs") == 1)
        # In insert mode this would be typed.
        someone.type("0WWCnone" + ENTER)
        someone.until("PAUSE q none\nnone\n")


def test_escape_leaves_insert_mode_on_an_empty_line(node: str, tmp_path: Path) -> None:
    home = configured(tmp_path, 'bindings = "vi"')
    with Person("-n", node, "shell", home=home) as someone:
        someone.until(f"{node}>")
        someone.type(CTRL_SPACE)
        someone.until(" queues ")
        someone.type(ESCAPE)
        someone.until(lambda text: " queues " not in text)
        someone.type("iqlen q" + ENTER)
        someone.until("> qlen q\n0\n")


def with_profile(tmp_path: Path, node: str, more: str = "") -> str:
    home = configured(tmp_path, more)
    with (tmp_path / ".config" / "disquectl" / "config.toml").open("a") as file:
        file.write(f'[profiles.prod]\nnodes = ["{node}"]\n')
    return home


def test_the_prompt_names_the_profile(node: str, tmp_path: Path) -> None:
    with Person("-P", "prod", home=with_profile(tmp_path, node)) as someone:
        someone.until(f"\nprod {node}>")
        someone.run("\\set prompt", "\n{profile} {node}> ".rstrip())
        # Elsewhere it is not the profile any more.
        someone.run(f"connect {node}", f"connected to {node}\n{node}>")
        someone.run("connect --profile prod", f"connected to {node}\nprod {node}>")


def test_a_prompt_of_ones_own_is_left_as_it_is(node: str, tmp_path: Path) -> None:
    home = with_profile(tmp_path, node, 'prompt = "mine {node}> "')
    with Person("-P", "prod", home=home) as someone:
        someone.until(f"\nmine {node}>")


def test_the_prompt_of_a_profile_is_that_of_its_nodes_only(node: str, tmp_path: Path) -> None:
    home = with_profile(tmp_path, node)
    with (tmp_path / ".config" / "disquectl" / "config.toml").open("a") as file:
        file.write('prompt = "PRODUCTION> "\n')
        file.write(f'[profiles.wrong]\nnodes = ["{node}"]\nprompt = "{{x}}"\n')
    with Person("-P", "prod", home=home) as someone:
        someone.until("\nPRODUCTION>")
        someone.run("connect --profile wrong", "the prompt of profile wrong: invalid template")
        someone.run(f"connect {node}", f"connected to {node}\n{node}>")


def test_profiles_are_offered(node: str, tmp_path: Path) -> None:
    with Person("-n", node, home=with_profile(tmp_path, node)) as someone:
        someone.until("· ready")
        someone.type("ping --profile p")
        someone.until(lambda text: f"prod  {node}" in " ".join(text.replace("   ", "  ").split("\n")))


@pytest.mark.parametrize("theme", WRONG)
def test_themes_have_different_colours(node: str, tmp_path: Path, theme: str) -> None:
    home = configured(tmp_path, f'theme = "{theme}"')
    with Person("-n", node, "shell", home=home) as someone:
        someone.until(f"{node}>")
        someone.type("QPEEK a wrong")
        someone.until("QPEEK a wrong")
        someone.until(lambda _: someone.color_of("wrong") == WRONG[theme])


def test_watching_a_dangerous_command_asks_once(node: str, tmp_path: Path) -> None:
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
