"""Help by topic, examples by task, the man page and the description for tools."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from disquectl import errors
from disquectl.commands import NAMES, all_commands
from disquectl.manual import man, topics
from disquectl.manual.man import man_page
from disquectl.spec.global_options import GLOBAL_OPTIONS
from disquectl.spec.vocabulary import EXIT_CODES
from tests.conftest import run_disquectl
from tests.support.terminal import on_terminal

ROOT = Path(__file__).parents[2]


def test_help_lists_every_topic_in_its_group_with_a_sentence():
    listed = [name for members in topics.GROUPS.values() for name in members]
    assert sorted(listed) == topics.names()
    result = run_disquectl("help", COLUMNS="200")
    assert result.code == 0
    for group, members in topics.GROUPS.items():
        assert f"\n{group}:\n" in result.out
        for name, about in members.items():
            assert about.endswith(".")
            assert re.search(rf"^  {name} +{re.escape(about)}$", result.out, re.MULTILINE)


@pytest.mark.parametrize("width", [60, 80])
def test_the_list_of_topics_fits(width):
    assert all(len(line) <= width for line in run_disquectl("help", COLUMNS=str(width)).out.splitlines())


@pytest.mark.parametrize("topic", topics.names())
def test_help_on_a_topic_is_its_page(topic):
    result = run_disquectl("help", topic)
    assert (result.code, result.err) == (0, "")
    assert result.out == (ROOT / "disquectl" / "help" / f"{topic}.md").read_text().rstrip("\n") + "\n"


def test_on_a_terminal_it_is_drawn():
    seen, code = on_terminal("help", "cheat", COLUMNS="60")
    assert code == 0
    assert "```" not in seen
    assert "\x1b[" in seen
    plain, _ = on_terminal("help", "cheat", NO_COLOR="1")
    assert "\x1b" not in plain


@pytest.mark.parametrize("topic", topics.names())
def test_no_word_of_a_page_is_cut_off_on_a_narrow_terminal(topic):
    text = topics.page(topic)
    drawn = topics.drawn(text, 60, color=False)
    assert drawn.count("…") == text.count("…")
    assert all(len(line) <= 60 for line in drawn.splitlines())


def test_cheat_is_the_page_of_examples():
    assert run_disquectl("cheat").out == run_disquectl("help", "cheat").out
    assert "disquectl addjob" in run_disquectl("cheat").out


def test_help_on_a_command_is_its_own_help():
    assert run_disquectl("help", "addjob").out == run_disquectl("addjob", "--help").out
    assert run_disquectl("help", "config", "get").out == run_disquectl("config", "get", "--help").out


def test_a_wrong_topic_is_guessed_at():
    result = run_disquectl("help", "cheet")
    assert (result.code, result.out) == (2, "")
    assert "did you mean cheat?" in result.err
    assert "did you mean exit-codes?" in run_disquectl("help", "exit").err
    assert "(`disquectl help` lists the topics)" in run_disquectl("help", "nonsense").err
    assert "`disquectl help` lists the topics" in run_disquectl("help", "../README").err


def test_help_works_with_a_broken_config_file(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("nonsense\n")
    assert run_disquectl("help", "cheat", DISQUECTL_CONFIG=str(path)).code == 0


@pytest.mark.parametrize("name", NAMES)
def test_no_help_takes_more_than_a_few_screens(name):
    # Those that select jobs and say what becomes of copies, and two thresholds a figure, are the longest.
    screens = 4 if name in ("move", "load", "check", "jobs") else 3
    assert run_disquectl(name, "--help").out.count("\n") <= screens * 24


def test_describe_has_every_command_and_option():
    result = run_disquectl("describe")
    assert (result.code, result.err) == (0, "")
    described = json.loads(result.out)
    assert [command["name"] for command in described["commands"]] == list(NAMES)
    assert [option["flag"] for option in described["options"]] == [option.flag for option in GLOBAL_OPTIONS]
    by_name = {command["name"]: command for command in described["commands"]}
    for command in all_commands():
        assert [one["flag"] for one in by_name[command.name]["options"]] == [
            one.flag for one in command.grammar.options
        ]
        assert [one["name"] for one in by_name[command.name]["subcommands"]] == [
            one.name for one in command.subcommands
        ]


def test_every_exit_code_is_explained():
    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type)}
    assert codes | {errors.EXIT_OK, errors.EXIT_BUG, errors.EXIT_INTERRUPTED} == {
        code for code, _ in EXIT_CODES
    }


def test_the_man_page_is_up_to_date():
    committed = (ROOT / "disquectl" / "manual" / "disquectl.1").read_text()
    assert committed == man_page(), "run: python -m tests.docs.generate"
    assert run_disquectl("describe", "--man").out == committed


ODD_TEXTS = ["'quoted' first", ".dot first", "\\back", 'a `b` ^c ~d "f"', "two\n.lines\n'here"]


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_no_text_begins_a_request_or_is_shown_otherwise(text):
    for line in man._text(text).split("\n"):
        assert not line.startswith((".", "'"))
        assert not set("'`^~") & set(line)
    if not shutil.which("groff"):
        return
    lines = ["'\\\" no macros: each line is shown", ".nf", man._text(text)]
    done = subprocess.run(
        ["groff", "-Tutf8", "-P-c"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True
    )
    assert done.stdout.rstrip("\n") == text
    assert done.stderr == ""


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_groff_has_nothing_to_complain_about(tmp_path):
    path = tmp_path / "disquectl.1"
    path.write_text(man_page())
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-rLL=100n", "-P-c", str(path)],
        capture_output=True,
        text=True,
        env=dict(os.environ) | {"LC_ALL": "C.UTF-8"},
        check=True,
    )
    assert done.stderr == ""
    # Bold and underlined are a character struck over itself or over a line.
    shown = re.sub(".\b", "", done.stdout)
    for command in all_commands():
        assert f"   {command.name}\n" in shown
