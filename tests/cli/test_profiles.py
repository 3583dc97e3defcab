"""Profiles as a user has them: made, used, checked; what goes before what; and where passwords go."""

import os
import socket
import stat
import sys

import pytest

from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.terminal import Terminal, on_terminal
from tests.support.tls_proxy import Authority, TlsProxy


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of its own, without any config."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path


@pytest.fixture
def config(home):
    """Write the config file; its path."""
    path = home / ".config" / "disquectl" / "config.toml"

    def write(text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def guarded():
    """A node with the password `s3cret-word`."""
    with SandboxThread(password="s3cret-word") as sandbox:
        yield sandbox.addresses[0]


def test_a_profile_is_made_used_and_forgotten(node, home):
    made = run_disquectl("profile", "add", "work", f"nodes={node}", "output=json")
    assert (made.code, made.out, made.err) == (0, "", "")
    path = home / ".config" / "disquectl" / "config.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert run_disquectl("-P", "work", "qlen", "mail").out == '{"queue":"mail","length":0}\n'
    assert run_disquectl("qlen", "mail", DISQUE_PROFILE="work").code == 0
    assert run_disquectl("qlen", "mail", "-P", "work", "-o", "plain").out == "0\n"
    run_disquectl("profile", "use", "work")
    assert run_disquectl("qlen", "mail").out == '{"queue":"mail","length":0}\n'
    assert run_disquectl("profile", "list").out == f"work\ttrue\t{node}\tfalse\tfalse\n"
    run_disquectl("profile", "set", "work", "output=", "read-only=true")
    assert run_disquectl("profile", "show").out == f"profile\twork\nnodes\t{node}\nread_only\ttrue\n"
    assert run_disquectl("profile", "remove", "work").code == 0
    assert run_disquectl("profile", "list", "-o", "json").out == "[]\n"


def test_no_two_of_a_name_and_none_that_is_not_there():
    run_disquectl("profile", "add", "work", "tls=false")
    assert "profile 'work' already exists" in run_disquectl("profile", "add", "work").err
    for words in (["-P", "wrok", "ping"], ["profile", "set", "wrok", "tls=true"], ["profile", "use", "wrok"]):
        result = run_disquectl(*words)
        assert (result.code, result.out) == (2, "")
        assert "there is no profile 'wrok' (did you mean work?)" in result.err
    assert run_disquectl("profile", "show").err == (
        "disquectl: there is no default profile "
        "(name a profile, or set the default: disquectl profile use NAME)\n"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["colour=x"], "colour: unknown key; did you mean color?"),
        (["tls=yes"], "tls: true or false is expected"),
        (["nodes=a:b"], "nodes: not a port"),
        (["password=x"], "password: passwords are not kept in this file; use password-env, "),
        (["tls"], "not KEY=VALUE: 'tls'"),
        ([b"prompt=\xff"], "the config file must be UTF-8, and this value is not"),
        (["--store-password", "password-env=A"], "--store-password cannot be combined with password-env"),
        (["--store-password"], "--ask-password needs a terminal"),
        ([], "profile 'work' needs settings (such as --node HOST:PORT"),
        (["--node", "a:b"], "nodes: not a port"),
        (["--node", "h", "nodes=h"], "nodes is given twice"),
        (["--node", "h", "--url", "disque://h"], "--node and --url cannot be combined"),
        (["--url", "disque://:pw@h"], "passwords are not kept in the config file (leave it out of --url)"),
        (["--ask-password"], "passwords are not kept in the config file (use --store-password"),
        (["--password-file", ""], "--password-file: the name is empty"),
        (["--node", ""], "nodes: text is expected"),
        (["--insecure"], "insecure: needs tls = true"),
    ],
)
def test_what_cannot_be_set_changes_nothing(words, says, home):
    result = run_disquectl("profile", "add", "work", *words)
    assert result.code == 2
    assert says in result.err
    assert not (home / ".config").exists()


def test_options_make_a_profile(node, home):
    word = home / "word"
    word.write_text("s3cret-word\n")
    made = run_disquectl(
        *("profile", "add", "prod", "--node", "a:7711", "-n", "b", "--password-file", str(word)),
        *("--tls", "--connect-timeout", "2s", "protected=true"),
    )
    assert (made.code, made.out, made.err) == (0, "", "")
    assert run_disquectl("profile", "show", "prod").out.splitlines() == [
        "profile\tprod",
        "nodes\ta:7711,b",
        f"password_file\t{word}",
        "tls\ttrue",
        "connect_timeout\t2000ms",
        "protected\ttrue",
    ]
    assert run_disquectl("--url", f"disque://{node}", "profile", "add", "work").code == 0
    assert run_disquectl("-P", "work", "ping").out == "PONG\n"
    assert run_disquectl("profile", "set", "work", "--node", "c:1").code == 0
    assert run_disquectl("profile", "show", "-P", "work").out == "profile\twork\nnodes\tc:1\n"


@pytest.mark.parametrize(
    ("answers", "lines"),
    [
        (["", "", ""], ["nodes\t127.0.0.1:7711"]),
        (["a:1,b", "y", "env", "WORD"], ["nodes\ta:1,b", "tls\ttrue", "password_env\tWORD"]),
    ],
)
def test_a_profile_without_settings_asks_for_them(answers, lines):
    questions = ["Nodes ", "TLS? ", "Password: ", "Environment variable "]
    with Terminal("profile", "add", "prod") as terminal:
        for question, answer in zip(questions, answers, strict=False):
            terminal.wait_for(question)
            terminal.type(f"{answer}\n")
        assert terminal.end() == 0
    assert run_disquectl("profile", "show", "prod").out.splitlines() == ["profile\tprod", *lines]


def test_a_wrong_answer_changes_nothing(home):
    with Terminal("profile", "add", "prod") as terminal:
        for question, answer in (("Nodes ", "a:b"), ("TLS? ", ""), ("Password: ", "")):
            terminal.wait_for(question)
            terminal.type(f"{answer}\n")
        assert terminal.end() == 2
    assert not (home / ".config").exists()


def test_check_says_what_it_connects_to(config, node):
    config(f"[profiles.a]\nnodes = '{node}'\npassword-env = 'WORD'\n[profiles.b]\n")
    told = run_disquectl("profile", "check", "a", WORD="x")
    assert told.err.startswith(f"profile a: {node}; no TLS; password-env WORD\n")
    assert run_disquectl("profile", "check", "-P", "b").err.startswith(
        "profile b: 127.0.0.1:7711 (the default: the profile names no nodes); no TLS; no password\n"
    )
    assert "profile a" not in run_disquectl("profile", "check", "a", "--quiet", WORD="x").err


def test_a_wrong_file_stops_what_reads_it(config, node):
    path = config("[profiles.a]\n\ntsl = true\n")
    result = run_disquectl("ping", node=node)
    assert (result.code, result.out) == (2, "")
    assert f"{path}:3: profiles.a.tsl: unknown key; did you mean tls?" in result.err
    assert run_disquectl("sandbox", "--port", "0", "--", "true").code == 0


def test_the_config_file_can_be_named(tmp_path, node):
    path = tmp_path / "other.toml"
    path.write_text(f"[profiles.a]\nnodes = '{node}'\n")
    assert run_disquectl("--config", str(path), "-P", "a", "ping").code == 0
    assert run_disquectl("-P", "a", "ping", DISQUECTL_CONFIG=str(path)).code == 0
    assert run_disquectl("profile", "list", "--config", str(path)).out.startswith("a\t")
    assert run_disquectl("--config", str(tmp_path / "none.toml"), "ping", node=node).code == 9


def test_option_then_environment_then_profile(config, node):
    config(f"profile = 'a'\n[profiles.a]\nnodes = '{node}'\noutput = 'json'\nread-only = true\n")
    assert run_disquectl("qlen", "x").out == '{"queue":"x","length":0}\n'
    assert run_disquectl("qlen", "x", DISQUECTL_OUTPUT="csv").out == "queue,length\nx,0\n"
    assert run_disquectl("qlen", "x", "-o", "plain", DISQUECTL_OUTPUT="csv").out == "0\n"
    refused = run_disquectl("addjob", "x", "y")
    assert (refused.code, "read-only" in refused.err) == (2, True)
    assert run_disquectl("addjob", "x", "y", DISQUECTL_READ_ONLY="0").code == 0


def test_timeouts_of_a_profile_hold(config):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config(f"[profiles.a]\nnodes = ':{silent.getsockname()[1]}'\nresponse-timeout = '20ms'\n")
        result = run_disquectl("-P", "a", "qlen", "mail")
    assert (result.code, "no answer within 0.02s" in result.err) == (6, True)


def test_raw_of_a_profile_does_not_reach_a_terminal(config, node):
    config("profile = 'a'\n[profiles.a]\noutput = 'raw'\n")
    run_disquectl("addjob", "mail", "\x1b[31m", node=node)
    seen, code = on_terminal("qpeek", "mail", node=node)
    assert code == 0
    assert "\x1b[31m" not in seen


def test_a_profile_whose_nodes_are_not_used_says_so(config, node):
    config("[profiles.a]\nnodes = '127.0.0.1:1'\n")
    result = run_disquectl("-P", "a", "ping", node=node)
    assert (result.code, result.out) == (0, "PONG\n")
    assert "the nodes of profile a are not used, because other nodes are given" in result.err


@pytest.mark.parametrize(
    "source",
    [
        "password-env = 'THE_WORD'",
        "password-file = '{home}/word'",
        "password-command = ['cat', '{home}/word']",
        "password-command = 'cat {home}/word | head -1'",
    ],
)
def test_where_a_password_comes_from(source, config, guarded, home):
    word = home / "word"
    word.write_text("s3cret-word\nmore\n")
    word.chmod(0o600)
    config(f"[profiles.a]\nnodes = '{guarded}'\n{source.format(home=home)}\n")
    result = run_disquectl("-P", "a", "qlen", "x", THE_WORD="s3cret-word")
    assert (result.code, result.out, result.err) == (0, "0\n", "")
    wrong = run_disquectl("-P", "a", "qlen", "x", DISQUE_PASSWORD="other")
    assert wrong.code == 7
    assert run_disquectl("-P", "a", "qlen", "x", DISQUE_PASSWORD="", THE_WORD="s3cret-word").code == 0


def test_a_password_file_that_others_can_read_is_warned_of(config, guarded, home):
    word = home / "word"
    word.write_text("s3cret-word\n")
    word.chmod(0o644)
    config(f"[profiles.a]\nnodes = '{guarded}'\npassword-file = '{word}'\n")
    result = run_disquectl("-P", "a", "ping")
    assert result.code == 0
    assert f"{word} can be read by other users: chmod 600 {word}" in result.err
    assert run_disquectl("-P", "a", "ping", "--quiet").err == ""


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("password-env = 'NOT_SET'", 2, "$NOT_SET is not set or empty"),
        ("password-file = '/nowhere/word'", 9, "cannot read the password file /nowhere/word"),
        ("password-command = ['false', 'hunter2']", 9, "the password command false failed with exit code 1"),
        ("password-command = ['true']", 9, "the password command true printed no password"),
        ("password-command = ['no-such-program', 'x']", 9, "no-such-program cannot be run"),
    ],
)
def test_a_password_that_cannot_be_had(source, code, says, config, guarded):
    config(f"[profiles.a]\nnodes = '{guarded}'\n{source}\n")
    result = run_disquectl("-P", "a", "ping")
    assert (result.code, result.out) == (code, "")
    assert says in result.err
    assert "hunter2" not in result.err


def test_the_password_goes_to_the_nodes_of_its_profile_alone(config, node, guarded):
    path = config(f"[profiles.a]\nnodes = '{guarded}'\npassword-command = 'touch ran; echo s3cret-word'\n")
    elsewhere = run_disquectl("-P", "a", "-n", node, "ping", "--echo")
    assert elsewhere.code == 0
    assert "AUTH" not in elsewhere.err
    assert not (path.parent / "ran").exists()
    assert not os.path.exists("ran")
    refused = run_disquectl("-P", "a", "qlen", "x", "-n", guarded)
    assert refused.code == 7


def test_the_tls_of_a_profile_goes_with_its_nodes(config, node, tmp_path):
    authority = Authority(tmp_path)
    with TlsProxy(node, authority.issue("localhost")) as proxy:
        config(f"[profiles.a]\nnodes = '{proxy.address}'\ntls = true\ncacert = '{authority.ca}'\n")
        assert run_disquectl("-P", "a", "ping").out == "PONG\n"
        assert run_disquectl("-P", "a", "-n", node, "ping").out == "PONG\n"
        assert run_disquectl("profile", "check", "a", "-o", "json").code == 0
        config(f"[profiles.a]\nnodes = '{proxy.address}'\ntls = true\ninsecure = true\n")
        done = run_disquectl("-P", "a", "ping")
        assert (done.code, done.out, "warning: --insecure" in done.err) == (0, "PONG\n", True)


def test_tls_by_options_and_by_url(node, tmp_path):
    authority = Authority(tmp_path)
    with TlsProxy(node, authority.issue("localhost")) as proxy:
        ca = ["--cacert", authority.ca]
        assert run_disquectl("--tls", *ca, "-n", proxy.address, "ping").out == "PONG\n"
        assert run_disquectl("-u", f"disques://{proxy.address}", *ca, "ping").out == "PONG\n"
        assert run_disquectl(*ca, "ping", DISQUE_URL=f"disques://{proxy.address}").out == "PONG\n"
        refused = run_disquectl("--tls", "-n", proxy.address, "ping")
        assert (refused.code, refused.out) == (5, "")
        assert "authority that is not trusted (--cacert names one)" in refused.err
        anybody = run_disquectl("--tls", "--insecure", "-n", proxy.address, "ping")
        assert (anybody.code, "warning: --insecure" in anybody.err) == (0, True)
    for words, says in (
        (["--cacert", "x"], "--cacert needs TLS"),
        (["--tls", "--key", "x"], "--key needs a --cert"),
    ):
        result = run_disquectl(*words, "ping", node=node)
        assert (result.code, says in result.err) == (2, True)


def test_show_hides_what_may_be_secret(config):
    config("[profiles.a]\npassword-command = ['echo', 'hunter2']\n")
    assert run_disquectl("profile", "show", "a").out == "profile\ta\npassword_command\techo ***\n"
    shown = run_disquectl("profile", "show", "a", "--show-secrets", "-o", "json")
    assert shown.out == '{"profile":"a","password_command":["echo","hunter2"]}\n'


def test_check_says_who_answers(config, node, guarded):
    config(f"[profiles.a]\nnodes = ['{node}', '127.0.0.1:1']\n[profiles.b]\nnodes = '{guarded}'\n")
    result = run_disquectl("profile", "check", "a", "-o", "csv", "--columns", "node,ok,problem")
    assert result.out == f"node,ok,problem\n{node},true,\n127.0.0.1:1,false,127.0.0.1:1: connection refused\n"
    assert result.code == 3
    assert run_disquectl("profile", "check", "b").code == 7


def test_a_protected_profile_wants_its_name_typed(config, guarded):
    config(
        f"profile = 'prod'\n[profiles.prod]\nprotected = true\nnodes = '{guarded}'\npassword-env = 'WORD'\n"
        "[profiles.other]\n"
    )
    for words in (["--yes"], []):
        result = run_disquectl("debug", "flushall", *words, WORD="s3cret-word")
        assert (result.code, result.out) == (2, "")
        assert "pass --yes-really prod" in result.err
    mismatch = run_disquectl("debug", "flushall", "--yes-really", "other", WORD="s3cret-word")
    assert (mismatch.code, "the profile in use is prod" in mismatch.err) == (2, True)
    really = run_disquectl("debug", "flushall", "--yes-really", "prod", WORD="s3cret-word")
    assert (really.code, really.out) == (0, "OK\n")
    assert run_disquectl("addjob", "x", "y", WORD="s3cret-word").code == 0
    for typed, code in (("yes", 130), ("prod", 0)):
        with Terminal("debug", "flushall", "--yes", WORD="s3cret-word") as terminal:
            terminal.wait_for("Type prod to go on: ")
            terminal.type(typed + "\n")
            assert terminal.end() == code


KEYRING = """\
import json, os
import keyring.backend, keyring.errors

class Keyring(keyring.backend.KeyringBackend):
    priority = 1
    path = os.path.join(os.environ["HOME"], "kept.json")

    def _all(self):
        return json.load(open(self.path)) if os.path.exists(self.path) else {}

    def get_password(self, service, name):
        return self._all().get(f"{service} {name}")

    def set_password(self, service, name, password):
        kept = self._all() | {f"{service} {name}": password}
        json.dump(kept, open(self.path, "w"))

    def delete_password(self, service, name):
        kept = self._all()
        del kept[f"{service} {name}"]
        json.dump(kept, open(self.path, "w"))
"""


def test_a_password_in_the_keyring(config, guarded, home):
    (home / "test_keyring.py").write_text(KEYRING)
    env = {
        "PYTHONPATH": os.pathsep.join([str(home), *sys.path[:1]]),
        "PYTHON_KEYRING_BACKEND": "test_keyring.Keyring",
        "PYTHONWARNINGS": "default",
    }
    config(f"[profiles.a]\nnodes = '{guarded}'\npassword-keyring = true\n")
    missing = run_disquectl("-P", "a", "ping", **env)
    assert (missing.code, "the keyring has no password for a" in missing.err) == (9, True)
    nobody = run_disquectl("profile", "set", "a", "--store-password", **env)
    assert (nobody.code, "--ask-password needs a terminal" in nobody.err) == (2, True)
    with Terminal("profile", "set", "a", "--store-password", **env) as terminal:
        terminal.wait_for("Password: ")
        terminal.type("s3cret-word\n")
        assert terminal.end() == 0
        assert "s3cret-word" not in terminal.seen
    assert run_disquectl("-P", "a", "qlen", "x", **env).out == "0\n"
    assert run_disquectl("profile", "remove", "a", **env).code == 0
    assert "s3cret-word" not in (home / "kept.json").read_text()


def test_store_password_implies_the_keyring(guarded, home):
    (home / "test_keyring.py").write_text(KEYRING)
    env = {
        "PYTHONPATH": os.pathsep.join([str(home), *sys.path[:1]]),
        "PYTHON_KEYRING_BACKEND": "test_keyring.Keyring",
    }
    with Terminal("profile", "add", "a", "--node", guarded, "--store-password", **env) as terminal:
        terminal.wait_for("Password: ")
        terminal.type("s3cret-word\n")
        assert terminal.end() == 0
    assert run_disquectl("profile", "show", "a").out.endswith("password_keyring\ttrue\n")
    assert run_disquectl("-P", "a", "qlen", "x", **env).out == "0\n"


def test_without_the_package_the_keyring_is_explained(config, guarded, home):
    (home / "keyring.py").write_text("raise ImportError\n")
    config(f"[profiles.a]\nnodes = '{guarded}'\npassword-keyring = true\n")
    result = run_disquectl("-P", "a", "ping", PYTHONPATH=str(home))
    assert result.code == 2
    assert "pip install 'disquectl[keyring]'" in result.err
