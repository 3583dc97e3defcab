"""The scripts of the shells: kept up to date, printed, installed; and how much a press of TAB loads."""

import subprocess
import sys
from pathlib import Path

import pytest

from disquectl.completion.scripts import FILE_NAMES, SHELLS, script
from tests.conftest import run_disquectl

ROOT = Path(__file__).parents[2]
HEAVY = {
    "typer",
    "rich",
    "prompt_toolkit",
    "asyncio",
    "socket",
    "ssl",
    "json",
    "dataclasses",
    "tomllib",
    "re",
}
STATIC = [["qlen", "--"], ["-o", ""], ["config", "re"], ["profile", "use", ""], ["qlen", "q", "-"], ["q"]]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_in_the_repository_is_the_one_that_is_printed(shell):
    committed = (ROOT / "completions" / FILE_NAMES[shell]).read_text()
    assert committed == script(shell), "run: python -m tests.docs.generate"
    printed = run_disquectl("completion", shell)
    assert (printed.code, printed.out, printed.err) == (0, committed, "")


def test_another_shell_is_a_usage_error():
    result = run_disquectl("completion", "tcsh")
    assert (result.code, result.out) == (2, "")
    assert "bash" in result.err


@pytest.mark.parametrize("words", STATIC, ids=" ".join)
def test_static_words_load_nothing_heavy(words):
    code = (
        "import sys; from disquectl.completion.answer import answer; "
        f"answer({['zsh', *words]!r}); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stderr.split()) == set()


def test_errors_are_never_shown():
    for words in ([], ["bash"], ["fish"], ["tcsh", "x"], ["bash", "disquectl qlen ", "too long to be"]):
        result = run_disquectl("__complete", *words)
        assert (result.code, result.err) == (0, "")
