"""The config file: what it says, what is wrong with it and where, and changes that leave the rest alone."""

import os
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disquectl.config.edit import with_profile, with_use, without_profile
from disquectl.config.file import LARGEST_BYTES, config_path, load, parse
from disquectl.config.write import locked, save
from disquectl.errors import DataError, UsageError

FULL = """\
# mine
profile = "work"

[profiles.work]
nodes = ["a:7711", "b:7712"]  # two
password-env = "WORK"
tls = true
cacert = "~/ca.pem"
connect-timeout = "500ms"
response-timeout = 60
output = "json"
color = "never"
read-only = true
protected = true
prompt = "work> "

# the other one
[profiles."a b"]
nodes = "c"
password-command = [
    "pass",
    "show",
]

[shell]
vi = true
"""


def test_a_full_file():
    config = parse(FULL, "c.toml")
    assert config.in_use == "work"
    assert list(config.profiles) == ["work", "a b"]
    assert config.shell == {"vi": True}
    assert config.profiles["work"].values == {
        "nodes": ["a:7711", "b:7712"],
        "password_env": "WORK",
        "tls": True,
        "cacert": os.path.expanduser("~/ca.pem"),
        "connect_timeout": 500,
        "response_timeout": 60_000,
        "output": "json",
        "color": "never",
        "read_only": True,
        "protected": True,
        "prompt": "work> ",
    }
    assert config.profiles["a b"].values["password_command"] == ["pass", "show"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\n", "c.toml:1: x: unknown key; choose profile, profiles, shell"),
        ("\n\n[profiles.a]\nnode = 'x'\n", "c.toml:4: profiles.a.node: unknown key; did you mean nodes?"),
        ("[profiles.a]\n\n tls = 'yes'\n", "c.toml:3: profiles.a.tls: true or false is expected"),
        ("[profiles.a]\nnodes = 5\n", "c.toml:2: profiles.a.nodes: text or a list of strings is expected"),
        ("[profiles.a]\nnodes = ['b:x']\n", "c.toml:2: profiles.a.nodes: not a port in 'b:x'"),
        ("[profiles.a]\nconnect-timeout = true\n", "c.toml:2: profiles.a.connect-timeout: text is expected"),
        ("[profiles.a]\nconnect-timeout = '0'\n", "c.toml:2: profiles.a.connect-timeout: must be more"),
        ("[profiles.a]\noutput = 'xml'\n", "c.toml:2: profiles.a.output: unknown format 'xml'"),
        (
            "[profiles.a]\npassword = 'hunter2'\n",
            "c.toml:2: profiles.a.password: passwords are not kept in this file; use password-env, ",
        ),
        (
            "[profiles.a]\npassword-env = 'A'\npassword-file = 'b'\n",
            "c.toml:3: profiles.a.password-file: cannot be combined with password-env",
        ),
        ("[profiles.a]\ncert = 'x'\n", "c.toml:2: profiles.a.cert: needs tls = true"),
        ("[profiles.a]\ntls = true\nkey = 'x'\n", "c.toml:3: profiles.a.key: needs a cert"),
        ("x = " + "1" * 5000, "c.toml: a number is too long"),
        ("x = " + "[" * 20_000, "c.toml: a number is too long, or tables are nested too deep"),
        (
            '[profiles.a]\npassword-file = "a\\u0000b"\n',
            "c.toml:2: profiles.a.password-file: a NUL is not allowed",
        ),
        ('[profiles.a]\npassword-command = "a\\u0000b"\n', "c.toml:2: profiles.a.password-command: a NUL"),
        ("profiles = 1\n", "c.toml:1: profiles: a table is expected"),
        ("[profiles]\na = 1\n", "c.toml:2: profiles.a: a table is expected"),
        ("\nprofile = 'b'\n[profiles.a]\n", "c.toml:2: profile: there is no profile 'b'"),
        ("[profiles.a]\nnodes = [\n", "c.toml:3: "),
        ("[profiles.a]\nnodes = \n", "c.toml:2: invalid value"),
        ("[profiles]\na.tls = 1\n", "c.toml:2: profiles.a.tls: true or false is expected"),
        ("[profiles]\na = { tls = 1 }\n", "c.toml:2: profiles.a.tls: true or false is expected"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_key(text, says):
    with pytest.raises(UsageError) as caught:
        parse(text, "c.toml")
    assert caught.value.message.startswith(says)
    assert "hunter2" not in caught.value.message


def test_no_file_is_no_config(tmp_path):
    assert load(None, {"HOME": str(tmp_path)}) is None
    with pytest.raises(DataError, match="no config file"):
        load(str(tmp_path / "c.toml"), {})
    with pytest.raises(DataError, match="no config file"):
        load(None, {"DISQUECTL_CONFIG": str(tmp_path / "c.toml")})


def test_a_file_that_is_not_utf_8(tmp_path):
    path = tmp_path / "c.toml"
    path.write_bytes(b"\n\nprofile = '\xff'\n")
    with pytest.raises(UsageError, match=r"c\.toml:3: not UTF-8"):
        load(str(path), {})


def test_a_byte_order_mark_is_none_of_the_text(tmp_path):
    path = tmp_path / "c.toml"
    path.write_bytes(b"\xef\xbb\xbfprofile = 'a'\n[profiles.a]\n")
    config = load(str(path), {})
    assert config is not None
    assert config.in_use == "a"


def test_a_file_without_an_end_is_not_read_to_it(tmp_path):
    with pytest.raises(UsageError, match="/dev/zero: too long for a config file: the limit is 1 MiB"):
        load("/dev/zero", {})
    path = tmp_path / "c.toml"
    path.write_text("[shell]\n" + "#" * (LARGEST_BYTES - 8))
    assert load(str(path), {}) is not None
    path.write_text("[shell]\n" + "#" * (LARGEST_BYTES - 7))
    with pytest.raises(UsageError, match="too long for a config file"):
        load(str(path), {})


def test_the_line_of_an_error_is_not_one_within_a_value():
    text = 'profile = "a"\n[profiles.a]\nprompt = """\n[profiles.b]\ntls = 1\n"""\n[profiles.b]\ntls = 1\n'
    with pytest.raises(UsageError, match=r"^c:8: profiles\.b\.tls: true or false"):
        parse(text, "c")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs itself is asked")
@pytest.mark.parametrize("folder", ["settings", "./settings"])
def test_a_folder_for_settings_that_is_relative_is_none(folder):
    path = config_path({"HOME": "/home/ada", "XDG_CONFIG_HOME": folder})
    assert path == "/home/ada/.config/disquectl/config.toml"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs itself is asked")
@pytest.mark.parametrize("folder", [None, "", " ", "/somewhere"])
def test_the_path_is_that_of_platformdirs(folder, monkeypatch, tmp_path):
    from platformdirs import user_config_dir

    monkeypatch.setenv("HOME", str(tmp_path))
    if folder is None:
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CONFIG_HOME", folder)
    assert config_path(os.environ) == os.path.join(user_config_dir("disquectl"), "config.toml")


def test_changes_leave_the_rest_as_it_is():
    changed = with_profile(FULL, "work", {"output": "csv", "nodes": ["z"], "tls": None, "prompt": 'a"\\\n'})
    kept = [
        line for line in FULL.splitlines() if not line.startswith(("output", "nodes = [", "tls", "prompt"))
    ]
    assert [line for line in changed.splitlines() if line in kept] == kept
    values = parse(changed.replace('cacert = "~/ca.pem"\n', ""), "c").profiles["work"].values
    assert (values["output"], values["nodes"], values["prompt"]) == ("csv", ["z"], 'a"\\\n')
    assert "tls" not in values


def test_a_value_over_several_lines_is_replaced_whole():
    changed = with_profile(FULL, "a b", {"password-command": "secret-tool lookup x y"})
    assert parse(changed, "c").profiles["a b"].values["password_command"] == ["secret-tool lookup x y"]
    assert '"pass",' not in changed


def test_a_profile_is_made_and_forgotten():
    text = with_profile("", "new one", {"nodes": ["a"]})
    assert text == '[profiles."new one"]\nnodes = ["a"]\n'
    text = with_use(text, "new one")
    assert parse(text, "c").in_use == "new one"
    assert parse(with_use(text, None), "c").in_use is None
    assert parse(without_profile(text, "new one"), "c").profiles == {}


@pytest.mark.parametrize(
    "text", ["profiles = { a = { tls = true } }\n", "[profiles]\na.tls = true\n", "profiles.a.tls=true # x\n"]
)
def test_tables_written_in_another_way_are_changed_or_left_alone(text):
    changed = with_profile(text, "a", {"tls": False})
    assert parse(changed, "c").profiles["a"].values == {"tls": False}
    assert "# x" in changed or "#" not in text
    with pytest.raises(UsageError, match="is written in a way that disquectl cannot change"):
        with_profile(text, "a", {"tls": None}) if "{" not in text else with_profile(text, "b", {"tls": True})


@settings(deadline=None)
@given(st.text(min_size=1), st.text(min_size=1))
def test_any_name_and_any_text_can_be_written(name, prompt):
    if any("\ud800" <= char <= "\udfff" for char in name + prompt):
        return
    text = with_profile(FULL, name, {"prompt": prompt})
    assert parse(text, "c").profiles[name].values["prompt"] == prompt
    assert list(parse(without_profile(text, name), "c").profiles) == [n for n in ["work", "a b"] if n != name]


def test_the_file_is_its_owners_alone_and_keeps_the_mode_it_has(tmp_path):
    path = tmp_path / "new" / "c.toml"
    with locked(str(path)):
        save(str(path), "[shell]\n")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    save(str(path), "")
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(path.parent) == ["c.toml"]


def test_a_link_stays_a_link(tmp_path):
    real, link = tmp_path / "real.toml", tmp_path / "c.toml"
    real.write_text("")
    link.symlink_to(real)
    save(str(link), "[shell]\n")
    assert link.is_symlink()
    assert real.read_text() == "[shell]\n"
