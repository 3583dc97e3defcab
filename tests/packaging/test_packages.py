"""What the packages hold, and that the same sources give the same bytes."""

import hashlib
import os
import subprocess
import sys
import tarfile
import time
import zipfile
from email.parser import Parser
from pathlib import Path

from disquectl import __version__
from tests.packaging.conftest import build

ROOT = Path(__file__).parents[2]


def digests(paths):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_the_same_sources_give_the_same_packages(sources, packages, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = os.umask(0o077)
    try:
        again = build(sources, tmp_path)
    finally:
        os.umask(before)
    assert digests(again) == digests(packages)


def test_nothing_in_them_is_younger_than_the_sources_say(packages):
    with zipfile.ZipFile(packages[1]) as wheel:
        assert {time.strftime("%Y", (*one.date_time, 0, 0, 0)) for one in wheel.infolist()} == {"2020"}


def test_the_wheel_is_whole(sources, packages):
    with zipfile.ZipFile(packages[1]) as wheel:
        names = set(wheel.namelist())
        metadata = Parser().parsestr(wheel.read(f"disquectl-{__version__}.dist-info/METADATA").decode())
    ours = {
        str(path.relative_to(sources))
        for path in (sources / "disquectl").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert ours <= names
    assert "disquectl/py.typed" in names
    assert "disquectl/help/cheat.md" in names
    shared = f"disquectl-{__version__}.data/data/share/"
    assert {name.removeprefix(shared) for name in names if name.startswith(shared)} == {
        "man/man1/disquectl.1",
        "bash-completion/completions/disquectl",
        "zsh/site-functions/_disquectl",
        "fish/vendor_completions.d/disquectl.fish",
    }
    assert not [name for name in names if name.startswith(("tests/", "scripts/"))]
    assert metadata["Version"] == __version__
    for field in ("Summary", "License-Expression", "Requires-Python", "Keywords"):
        assert metadata[field], field
    assert metadata.get_payload().startswith("# disquectl")
    assert {"keyring", "dev"} <= set(metadata.get_all("Provides-Extra"))


def test_the_wheel_brings_the_script_that_installers_adapt(packages):
    with zipfile.ZipFile(packages[1]) as wheel:
        names = [name for name in wheel.namelist() if ".data/scripts/" in name or "entry_points" in name]
        assert names == [f"disquectl-{__version__}.data/scripts/disquectl"]
        # pip, uv and pipx replace this first line by the path of their Python, and no other.
        assert wheel.read(names[0]).startswith(b"#!python\n")
        assert wheel.getinfo(names[0]).external_attr >> 16 & 0o777 == 0o755


def test_the_sdist_has_what_it_takes_to_test(packages):
    with tarfile.open(packages[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    needed = {
        "pyproject.toml",
        "scripts/disquectl",
        "tests/conftest.py",
        "completions/_disquectl",
        "disquectl/manual/disquectl.1",
    }
    assert needed <= names


def test_help_is_found_in_a_zip(tmp_path):
    archive = tmp_path / "disquectl.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in [*(ROOT / "disquectl").rglob("*.py"), *(ROOT / "disquectl" / "help").glob("*.md")]:
            packed.write(path, path.relative_to(ROOT))

    def run(*words):
        return subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(archive)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert str(archive) in run("-c", "import disquectl; print(disquectl.__file__)").stdout
    for words in (["help"], ["help", "delivery"], ["help", "qlen"], ["cheat"]):
        unpacked = subprocess.run(
            [sys.executable, "-m", "disquectl", *words], capture_output=True, text=True, check=True
        )
        packed = run("-m", "disquectl", *words)
        assert (packed.returncode, packed.stderr) == (0, "")
        assert packed.stdout == unpacked.stdout
