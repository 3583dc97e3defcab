"""A user without a home: no HOME, and no entry in the list of users, as in a container with any user ID.

Nothing is written into a folder named `~`, or read from it; what would go into the home ends with 2.
"""

import os
import shutil
import subprocess
import sys

import pytest

from disquectl.completion.install import install
from disquectl.config.file import config_path, load
from disquectl.config.home import expanded, home
from disquectl.config.profiles import from_text
from disquectl.errors import UsageError
from disquectl.shell.history import HistoryFile, history_path
from tests.support.emulated_terminal import CTRL_D, ENTER, Person

UNKNOWN_USER = """\
import pwd, sys
def unknown(uid):
    raise KeyError(uid)
pwd.getpwuid = unknown
sys.argv[0] = "disquectl"
from disquectl.__main__ import main
main()
"""


@pytest.fixture
def homeless(tmp_path, monkeypatch):
    """Run disquectl so, in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()

    def run(*words, **env):
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "HOME"))}
        return subprocess.run(
            [sys.executable, "-c", UNKNOWN_USER, *words],
            cwd=folder,
            env={**environ, **env},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    run.folder = folder
    return run


@pytest.fixture
def nobody(monkeypatch):
    def unknown(uid):
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    monkeypatch.delenv("HOME", raising=False)


@pytest.mark.parametrize(
    "words",
    [["add", "a", "tls=false"], ["set", "a", "tls=true"], ["use", "a"], ["use", "--none"], ["remove", "a"]],
)
def test_what_would_write_into_the_home_says_so(homeless, words):
    done = homeless("profile", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "this user has no home folder, and HOME is not set" in done.stderr
    assert "--config or DISQUECTL_CONFIG" in done.stderr
    assert os.listdir(homeless.folder) == []


def test_a_folder_named_like_the_home_is_not_read(homeless):
    config = homeless.folder / "~" / ".config" / "disquectl" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("nonsense")
    done = homeless("profile", "list")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = homeless("profile", "list", HOME="~")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_file_that_is_named_is_used(homeless, tmp_path):
    for env, words, path in (
        ({"DISQUECTL_CONFIG": "named.toml"}, [], homeless.folder / "named.toml"),
        ({}, ["--config", "option.toml"], homeless.folder / "option.toml"),
        ({"XDG_CONFIG_HOME": str(tmp_path / "xdg")}, [], tmp_path / "xdg" / "disquectl" / "config.toml"),
    ):
        assert homeless(*words, "profile", "add", "a", "tls=false", **env).returncode == 0
        assert path.read_text() == "[profiles.a]\ntls = false\n"
        assert homeless(*words, "profile", "list", **env).stdout.startswith("a\t")


def test_a_relative_folder_for_settings_is_none(homeless):
    done = homeless("profile", "add", "a", "tls=false", XDG_CONFIG_HOME="xdg")
    assert done.returncode == 2
    assert os.listdir(homeless.folder) == []


def test_calls_work(homeless, node):
    assert homeless("qlen", "q", DISQUE_NODES=node).stdout == "0\n"


def test_no_place_for_the_file_and_the_history(nobody):
    assert home({}) is None
    assert home({"HOME": "relative"}) is None
    assert config_path({}) is None
    assert load(None, {}) is None
    assert history_path({}) is None
    assert history_path({"XDG_STATE_HOME": "/s"}) == "/s/disquectl/history"


def test_a_tilde_needs_a_home(nobody, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert expanded("~/x", {"HOME": "/home/ada"}) == "/home/ada/x"
    assert expanded("~", {"HOME": "/home/ada"}) == "/home/ada"
    assert expanded("a~", {}) == "a~"
    with pytest.raises(UsageError, match="~/x cannot be found: this user has no home folder"):
        expanded("~/x", {})
    with pytest.raises(UsageError, match="no home folder"):
        from_text("password-file", "~/x")


def test_without_a_path_the_history_is_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    history = HistoryFile(None, 10)
    history.add("qlen q")
    assert history.load() == []
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("shell", "env"),
    [
        ("bash", {}),
        ("bash", {"XDG_DATA_HOME": "/nowhere/data"}),
        ("bash", {"XDG_DATA_HOME": "data"}),
        ("zsh", {"XDG_DATA_HOME": "/nowhere/data"}),
        ("zsh", {"ZDOTDIR": "/nowhere"}),
        ("fish", {}),
        ("fish", {"XDG_CONFIG_HOME": "settings"}),
    ],
)
def test_completion_has_no_place(nobody, shell, env, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="cannot set up completion: this user has no home folder"):
        install({"SHELL": f"/bin/{shell}", **env})
    assert os.listdir(tmp_path) == []


def test_completion_is_set_up_where_folders_are_named(nobody, tmp_path):
    env = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "ZDOTDIR": str(tmp_path)}
    assert "Wrote" in install({"SHELL": "/bin/fish", **env})
    assert "Wrote" in install({"SHELL": "/bin/zsh", **env})
    assert sorted(os.listdir(tmp_path)) == [".zshrc", "fish", "zsh"]


def test_the_shell_recalls_its_lines(node, tmp_path, monkeypatch):
    """A relative HOME is none either, and can be had without another list of users."""
    monkeypatch.chdir(tmp_path)
    with Person("-n", node, home="~") as person:
        person.until(">")
        person.type(f"qlen first{ENTER}")
        person.until(lambda screen: "0" in (line.strip() for line in screen.splitlines()))
        person.type("\x1b[A")
        person.until(lambda screen: screen.count("qlen first") == 2)
        person.type(f"\x03{CTRL_D}")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can be a user that nobody knows"
)
def test_a_user_that_nobody_knows(tmp_path):
    """The capability lets that user read the interpreter wherever it is."""
    here = tmp_path / "here"
    here.mkdir()
    here.chmod(0o777)
    as_unknown = ["setpriv", "--reuid", "12345", "--clear-groups"]
    as_unknown += ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
    if subprocess.run([*as_unknown, sys.executable, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("no such capability here")
    done = subprocess.run(
        [*as_unknown, "env", "-i", sys.executable, "-m", "disquectl", "profile", "add", "a", "tls=false"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "no home folder" in done.stderr) == (2, True), done.stderr
    assert os.listdir(here) == []
