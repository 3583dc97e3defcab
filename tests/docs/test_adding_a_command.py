"""The steps of help/adding-a-command.md, followed as printed in a copy of the project, add a command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.docs.pages import HELP, ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = HELP / "adding-a-command.md"
NAME = "blocked"
COPIED = (
    ".ci",
    "disquectl",
    "tests",
    "completions",
    "docs",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "pyproject.toml",
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".hypothesis")
GENERATED = {
    "README.md",
    "completions/_disquectl",
    "completions/disquectl.fish",
    "disquectl/help/reference.md",
    "disquectl/manual/disquectl.1",
}

_STEP = re.compile(r"^\d+\. (.*?)(?=^\d+\. |^\S|\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^   ```(\w+)\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`((?:disquectl|tests)/\S+\.py)`")


class Block(NamedTuple):
    """A code block of a step: its kind, and the file that the step names, if any."""

    kind: str
    text: str
    file: str | None


def blocks() -> list[Block]:
    """The code blocks of the numbered steps, in order, without the indent of the list."""
    found = []
    for step in _STEP.findall(PAGE.read_text()):
        named = _FILE.search(step)
        for kind, text in _BLOCK.findall(step):
            plain = re.sub(r"^   ", "", text, flags=re.MULTILINE)
            found.append(Block(kind, plain, named and named[1]))
    return found


class Project:
    """A copy of the project, in which programs run as in a fresh clone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
            else:
                shutil.copy(ROOT / name, folder / name)

    def follow(self, block: Block) -> None:
        """Do what a block of the page says: write a file, put lines into a list, or run commands."""
        if block.kind == "sh":
            done = self.run("sh", "-e", "-c", block.text)
            assert done.returncode == 0, done.stdout + done.stderr
            return
        assert block.file
        path = self.folder / block.file
        if block.kind == "python":
            assert not path.exists()
            path.write_text(block.text)
            return
        first, *added, last = block.text.splitlines(keepends=True)
        before, between, after = path.read_text().partition(first + last)
        assert between, f"{block.file} does not have these lines together: {first}{last}"
        path.write_text(before + first + "".join(added) + last + after)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One program in the copy, with its package and `python` in front of any other."""
        path = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
        env = dict(os.environ) | {
            "PATH": path,
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return subprocess.run(
            words, cwd=self.folder, env=env, capture_output=True, text=True, timeout=250, check=False
        )

    def disquectl(self, *words: str) -> str:
        """What disquectl prints; it must end with 0 and without a message."""
        done = self.run(sys.executable, "-m", "disquectl", *words)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def files(self) -> dict[str, bytes]:
        """The contents of all files but those of caches."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(self.folder).parts)
        }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.mark.timeout(300)
def test_the_steps_of_the_page_add_a_command_and_change_nothing_else(
    project: Project, node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = project.files()
    steps = blocks()
    assert {block.kind for block in steps} == {"python", "text", "sh"}
    for block in steps:
        project.follow(block)

    monkeypatch.setenv("DISQUE_NODES", node)
    project.disquectl("addjob", "mail", "hello")
    assert project.disquectl(NAME, "mail") == "0\n"
    assert f"disquectl {NAME}" in project.disquectl(NAME, "--help")
    assert NAME in project.disquectl("--help")
    assert NAME in project.disquectl("__complete", "zsh", NAME[:3])
    assert f"disquectl {NAME}" in project.disquectl("describe")
    line = project.run("sh", "-c", f"echo {NAME} mail | python -m disquectl shell")
    assert (line.returncode, line.stdout) == (0, "0\n")
    reference = (project.folder / "disquectl" / "help" / "reference.md").read_text()
    assert f"\n### {NAME}\n" in reference

    after = project.files()
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed == {*(block.file for block in steps if block.kind != "sh"), *GENERATED}
