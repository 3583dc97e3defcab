"""The wheel in a clean environment, without the dev extra: it runs, and brings what it should.

Needs a package registry for the dependencies, so it runs where CI is set, or DISQUECTL_TEST_INSTALL.
"""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    not (os.environ.get("CI") or os.environ.get("DISQUECTL_TEST_INSTALL")),
    reason="needs a package registry: set DISQUECTL_TEST_INSTALL=1",
)

DEV_ONLY = ("pytest", "hypothesis", "redis", "keyring", "trustme")


@pytest.fixture
def environ(tmp_path, monkeypatch):
    """An empty home, and nothing of this Python's."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    tools = {
        "PIPX_HOME": str(home / "pipx"),
        "PIPX_BIN_DIR": str(home / "bin"),
        "PIPX_MAN_DIR": str(home / "man"),
        "UV_TOOL_DIR": str(home / "uv"),
        "UV_TOOL_BIN_DIR": str(home / "bin"),
    }
    return kept | tools | {"HOME": str(home), "XDG_DATA_HOME": str(home / "data")}


def installed(how, wheel, tmp_path, environ):
    """Install the wheel; the folder of the program."""
    python = sys.executable
    if how == "pipx":
        commands = [[python, "-m", "pipx", "install", "--python", python, wheel]]
        folder = tmp_path / "home" / "bin"
    elif how == "uv tool":
        commands = [[python, "-m", "uv", "tool", "install", "-q", "--python", python, wheel]]
        folder = tmp_path / "home" / "bin"
    elif how == "uv":
        commands = [[python, "-m", "uv", "venv", "-q", "--python", python, tmp_path / "env"]]
        commands += [[python, "-m", "uv", "pip", "install", "-q", "--python", tmp_path / "env", wheel]]
        folder = tmp_path / "env" / "bin"
    else:
        commands = [
            [python, "-m", "venv", tmp_path / "env"],
            [tmp_path / "env/bin/pip", "install", "-q", wheel],
        ]
        folder = tmp_path / "env" / "bin"
    for command in commands:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("how", ["pip", "pipx", "uv", "uv tool"])
@pytest.mark.timeout(300)
def test_it_installs_and_runs(how, packages, tmp_path, environ):
    folder = installed(how, packages[1], tmp_path, environ)
    environ = environ | {"PATH": f"{folder}{os.pathsep}{environ['PATH']}"}
    script = "disquectl addjob mail hello >&2 && disquectl qlen mail && disquectl help cheat | head -1"
    done = subprocess.run(
        ["disquectl", "sandbox", "--port", "0", "--", "sh", "-c", script],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "1\n# Examples by task\n"), done.stderr
    shown = subprocess.run(["disquectl", "--help"], env=environ, capture_output=True, text=True, check=True)
    assert "addjob" in shown.stdout
    prefix = os.path.dirname(os.path.dirname(os.path.realpath(folder / "disquectl")))
    assert os.path.exists(os.path.join(prefix, "share", "man", "man1", "disquectl.1"))
    python = os.path.join(prefix, "bin", "python")
    code = f"import importlib.util as u; print([n for n in {DEV_ONLY!r} if u.find_spec(n)])"
    assert subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.timeout(300)
def test_an_editable_install_has_the_command(sources, tmp_path, environ):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], env=environ, check=True)
    done = subprocess.run(
        [tmp_path / "env/bin/pip", "install", "-q", "-e", sources],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        [tmp_path / "env/bin/disquectl", "--version"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith("disquectl ")
