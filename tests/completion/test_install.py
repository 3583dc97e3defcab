"""--install-completion: after it, a new shell of that kind completes."""

import os
import shutil

import pexpect
import pytest

from tests.completion.real_shells import PATIENCE_SECONDS, Shell
from tests.conftest import run_disquectl


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_a_new_shell_completes(kind, tmp_path):
    path = shutil.which(kind)
    if not path:
        pytest.skip(f"{kind} is not installed")
    # The program itself, as the other tests of shells have it on the PATH.
    Shell(kind, tmp_path)
    program = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    home = tmp_path / "home"
    home.mkdir()
    (home / ".bashrc").write_text("PS1='READY>'\n")
    (home / ".zshrc").write_text("PROMPT='READY>'; autoload -Uz compinit; compinit -u")
    (home / ".config" / "fish").mkdir(parents=True)
    (home / ".config" / "fish" / "config.fish").write_text("function fish_prompt; echo -n 'READY>'; end\n")
    for _ in range(2):
        done = run_disquectl("--install-completion", HOME=str(home), SHELL=path)
        assert (done.code, done.err) == (0, "")
        assert f"Open a new {kind}" in done.out
    assert (home / ".bashrc").read_text().count("disquectl") == (2 if kind == "bash" else 0)
    environ = {"HOME": str(home), "PATH": program, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    child = pexpect.spawn(path, ["-i"], env=environ, encoding="utf-8", timeout=PATIENCE_SECONDS)
    child.expect_exact("READY>")
    child.send("disquectl qle\tx --no-h\t\r")
    noted = tmp_path / "words.json"
    while not noted.exists():
        child.expect_exact("READY>")
    assert noted.read_text() == '["qlen", "x", "--no-header"]'
    child.close(force=True)


def test_an_unknown_shell_is_told_of_those_there_are():
    result = run_disquectl("--install-completion", SHELL="/bin/tcsh")
    assert (result.code, result.out) == (2, "")
    assert "no completion for tcsh (choose bash, zsh, fish)" in result.err


def test_a_home_that_cannot_be_written(tmp_path):
    (tmp_path / ".local").write_text("")
    result = run_disquectl("--install-completion", SHELL="/bin/bash", HOME=str(tmp_path))
    assert (result.code, result.out) == (9, "")
    assert "cannot set up completion" in result.err
