"""A password is in no stream and no file of a full run, whichever way it came and whatever went wrong."""

import json

import pytest

from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.terminal import Terminal

SECRET = "hunter2-s3cret"
LINES = f"AUTH {SECRET}\nCONFIG SET requirepass {SECRET}\nCONFIG GET requirepass\nAUTH\nNONSENSE\n"


@pytest.fixture
def guarded():
    with SandboxThread(password=SECRET) as sandbox:
        yield sandbox.addresses[0]


@pytest.fixture
def ways(tmp_path, guarded):
    """Each way to give the password: the words of the line, the environment, and what stdin holds."""
    kept = tmp_path / "word"
    kept.write_text(SECRET + "\n")
    kept.chmod(0o600)
    config = tmp_path / "config.toml"
    config.write_text(
        f"[profiles.env]\nnodes = '{guarded}'\npassword-env = 'WORD'\n"
        f"[profiles.file]\nnodes = '{guarded}'\npassword-file = '{kept}'\n"
        f"[profiles.command]\nnodes = '{guarded}'\npassword-command = ['cat', '{kept}']\n"
    )
    node = {"DISQUE_NODES": guarded}
    return [
        ([], node | {"DISQUE_PASSWORD": SECRET}),
        ([], {"DISQUE_URL": f"disque://:{SECRET}@{guarded}"}),
        (["-u", f"disque://:{SECRET}@{guarded}"], {}),
        (["--password-file", str(kept)], node),
        *([["--config", str(config), "-P", name], {"WORD": SECRET}] for name in ("env", "file", "command")),
    ]


COMMANDS = [
    (["ping"], 0),
    (["config", "get", "requirepass"], 0),
    (["config", "set", "requirepass", SECRET, "--yes"], 0),
    (["exec", "CONFIG", "GET", "requirepass"], 0),
    (["exec", "AUTH", SECRET], 0),
    (["slowlog", "get"], 0),
    (["client", "list"], 0),
    (["info"], 0),
    (["exec", "--yes", "-"], 3),
    (["qlen"], 2),
    (["show", "x"], 1),
    (["--columns", "nothing", "hello"], 2),
    (["shell"], None),
]


@pytest.mark.parametrize(
    "command", COMMANDS, ids=lambda command: " ".join(command[0]).replace(SECRET, "WORD")
)
def test_no_stream_and_no_file_has_it(command, ways, tmp_path):
    words, code = command
    echo = tmp_path / "echo"
    for options, env in ways:
        for more in ([], ["-o", "json", "--echo", "--echo-to", str(echo)]):
            result = run_disquectl(
                *options,
                *more,
                *words,
                stdin=LINES.encode(),
                DISQUECTL_DEBUG="1",
                HOME=str(tmp_path),
                **env,
            )
            assert code is None or result.code == code, result
            assert SECRET not in result.out + result.err
    if echo.exists():
        assert "***" in echo.read_text()
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.name != "word":
            assert SECRET.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("wrong", ["host with blanks", "host:99999999", "a/b", "[::1"])
def test_a_wrong_url_is_not_repeated(wrong):
    for words, env in (
        (["-u", f"disque://:{SECRET}@{wrong}"], {}),
        ([], {"DISQUE_URL": f"disque://x:{SECRET}@{wrong}"}),
    ):
        result = run_disquectl(*words, "ping", DISQUECTL_DEBUG="1", **env)
        assert result.code == 2
        assert SECRET not in result.out + result.err


def test_a_wrong_password_is_not_repeated(guarded):
    result = run_disquectl("qlen", "x", "--echo", node=guarded, DISQUE_PASSWORD="other-" + SECRET)
    assert result.code == 7
    assert SECRET not in result.out + result.err


def test_asked_for_it_is_not_shown(guarded):
    with Terminal("--ask-password", "--echo", "config", "get", "requirepass", node=guarded) as terminal:
        terminal.wait_for("Password: ")
        terminal.type(SECRET + "\n")
        assert terminal.end() == 0
        assert "***" in terminal.seen
        assert SECRET not in terminal.seen
    nobody = run_disquectl("--ask-password", "ping", node=guarded)
    assert (nobody.code, "--ask-password needs a terminal" in nobody.err) == (2, True)


def test_only_show_secrets_shows_it(guarded):
    result = run_disquectl(
        "config", "get", "requirepass", "--show-secrets", "-o", "json", node=guarded, DISQUE_PASSWORD=SECRET
    )
    assert json.loads(result.out)[0]["value"] == SECRET


def test_completion_does_not_offer_it(guarded):
    for words in (["config", "get", ""], ["config", "set", "requirepass", ""], ["client", "list", ""]):
        result = run_disquectl("__complete", "zsh", *words, node=guarded, DISQUE_PASSWORD=SECRET)
        assert SECRET not in result.out
