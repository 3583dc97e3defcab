"""The table [shell] of the config file."""

from __future__ import annotations

import pytest

from disquectl.config.file import parse
from disquectl.errors import UsageError
from disquectl.shell.options import ShellOptions, prompt_problem
from disquectl.shell.theme import styles


def options(text: str) -> ShellOptions:
    return ShellOptions(parse(text, "/etc/config.toml"))


def test_without_a_file_there_are_defaults() -> None:
    found = ShellOptions(None)
    assert (found.bindings, found.theme, found.history_size, found.pager_on) == (
        "emacs",
        "dark",
        10_000,
        True,
    )


def test_every_option_can_be_set() -> None:
    found = options(
        '[shell]\nbindings = "vi"\ntheme = "light"\nprompt = "{red}{node}{default}> "\nprompt-color = "red"\n'
        'history-size = 5\npager = "most"\ntiming = true\nstart = ["\\\\x on"]\n'
    )
    assert found.bindings == "vi"
    assert found.theme == "light"
    assert found.prompt == "{red}{node}{default}> "
    assert found.prompt_color == "red"
    assert found.history_size == 5
    assert (found.pager, found.pager_on) == ("most", True)
    assert found.timing
    assert found.start == ["\\x on"]
    assert not options("[shell]\npager = false").pager_on


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('bindings = "nano"', "bindings: must be one of emacs, vi"),
        ('colour = "red"', "colour: unknown key (choose bindings"),
        ("history-size = -1", "history-size: must be 0 or more"),
        ("history-size = true", "history-size: must be a whole number"),
        ('timing = "yes"', "timing: must be true or false"),
        ("pager = 3", "pager: must be a command, true or false"),
        ('start = "ping"', "start: must be a list of lines"),
        ("start = [1]", "start: must be a list of lines"),
        ('prompt = "{nodes}> "', "prompt: invalid template; the fields are {node}"),
        ('prompt = "{node"', "prompt: invalid template"),
        ("prompt = 1", "prompt: must be text"),
    ],
)
def test_a_mistake_names_file_line_and_key(line: str, problem: str) -> None:
    with pytest.raises(UsageError) as raised:
        options(f"# comment\n[shell]\n{line}\n")
    assert raised.value.message.startswith(f"/etc/config.toml:3: shell.{problem}")


@pytest.mark.parametrize("template", ["{node.host}", "{0}", "{}", "{node:d}", "}"])
def test_a_template_can_only_name_fields(template: str) -> None:
    assert prompt_problem(template)


def test_without_colours_a_wrong_word_still_shows() -> None:
    assert styles("dark", False, "red")["wrong"] == "underline"
    assert not any("#" in style or "ansi" in style for style in styles("dark", False, "red").values())
    assert styles("dark", True, "red")["prompt"] == "ansired bold"
    assert styles("light", True, "default") != styles("dark", True, "default")
