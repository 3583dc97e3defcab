"""The packages, built once for all tests here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("disquectl", "scripts", "tests", "completions", "docs")
FILES = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore")


def copy_sources(folder):
    """What a checkout holds, without what tools left there."""
    folder.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        if (ROOT / name).exists():
            shutil.copyfile(ROOT / name, folder / name)


def build(source, folder):
    """Build the packages from a copy of `source`; the sdist and the wheel."""
    shutil.copytree(source, folder / "source")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder / "dist")],
        cwd=folder / "source",
        capture_output=True,
        check=True,
    )
    return sorted((folder / "dist").iterdir(), key=lambda path: path.suffix)


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    """A copy of the sources."""
    folder = tmp_path_factory.mktemp("sources") / "disquectl"
    copy_sources(folder)
    return folder


@pytest.fixture(scope="session")
def packages(sources, tmp_path_factory):
    """The sdist and the wheel."""
    return build(sources, tmp_path_factory.mktemp("build"))
