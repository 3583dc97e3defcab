"""Changes to a config file: what it says, its comments, and that no two changes lose each other."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disquectl.config.edit import with_profile, with_use, without_profile
from disquectl.config.file import parse
from disquectl.config.toml_text import Scan
from disquectl.config.write import locked, save
from disquectl.errors import DataError
from disquectl.programs.profile_changes import _write

COMMENTED = """\
# the file
profile = "work"  # in use

# about work
[profiles.work]  # the header
nodes = ["a:7711"]  # the nodes
# within
tls = true  # the switch

# about the shell
[shell]
vi = true

# about the other
[profiles.other]
password-command = [
    "pass",  # a program
    "show",
]
# the end
"""


def profiles(text):
    return {name: profile.table for name, profile in parse(text, "c").profiles.items()}


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (lambda text: with_profile(text, "work", {"nodes": ["z"], "prompt": "x"}), []),
        (lambda text: with_profile(text, "work", {"tls": None}), []),
        (lambda text: with_profile(text, "other", {"password-command": "x"}), []),
        (lambda text: with_profile(text, "new", {"tls": True}), []),
        (lambda text: with_use(text, "other"), []),
        (lambda text: with_use(text, None), []),
        (
            lambda text: without_profile(text, "work"),
            ["# the header", "# the nodes", "# within", "# the switch"],
        ),
        (lambda text: without_profile(text, "other"), ["# a program"]),
    ],
)
def test_comments_stay(change, gone):
    kept = Scan(change(COMMENTED)).comments
    assert sorted(kept) == sorted(set(Scan(COMMENTED).comments) - set(gone))


def test_a_change_is_where_a_person_would_make_it():
    changed = with_profile(COMMENTED, "work", {"nodes": ["z"], "tls": None, "prompt": "x"})
    assert changed.split("[profiles.work]")[1].split("[shell]")[0] == (
        '  # the header\nnodes = ["z"]  # the nodes\nprompt = "x"\n# within\n# the switch\n'
        "\n# about the shell\n"
    )
    assert without_profile(COMMENTED, "work").startswith(
        "# the file\n# in use\n\n# about work\n\n# about the shell"
    )
    assert with_use("# mine\n\n[profiles.a]\n", "a") == 'profile = "a"\n\n# mine\n\n[profiles.a]\n'


def test_a_text_that_looks_like_a_table_is_none():
    text = """\
[profiles.first]
prompt = '''
[profiles.prod]
protected = false
profile = "prod"
'''

[profiles.prod]
nodes = "x:1"
"""
    changed = with_profile(text, "prod", {"protected": True})
    assert profiles(changed)["prod"] == {"nodes": "x:1", "protected": True}
    assert profiles(changed)["first"] == profiles(text)["first"]
    assert profiles(without_profile(text, "prod")) == {"first": profiles(text)["first"]}
    assert parse(with_use(text, "prod"), "c").in_use == "prod"


def test_the_last_profile_can_be_taken_out():
    for text in ("[profiles.a]\ntls = true\n", "[profiles]\n[profiles.a]\n", "profiles.a.tls = true\n"):
        assert profiles(without_profile(text, "a")) == {}


def test_lines_end_as_they_ended():
    text = "[profiles.a]\r\ntls = true # x\r\n\r\n# y\r\n[profiles.b]\r\n"
    assert with_profile(text, "a", {"tls": False}) == text.replace("true", "false")


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
VALUES = st.one_of(st.booleans(), NAMES, st.lists(NAMES, min_size=1, max_size=3))
ASSIGNED = st.dictionaries(
    st.sampled_from(["tls", "nodes", "prompt", "output"]), st.one_of(st.none(), VALUES)
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["work", "other", "a.b", "#'\"[x]"]), ASSIGNED), max_size=4))
def test_any_changes_one_after_the_other(changes):
    text = COMMENTED
    expected = profiles_as_data(text)
    for name, values in changes:
        text = with_profile(text, name, values)
        table = expected.setdefault(name, {})
        table.update(values)
        expected[name] = {key: value for key, value in table.items() if value is not None}
        assert profiles_as_data(text) == expected
        assert sorted(Scan(text).comments) == sorted(Scan(COMMENTED).comments)


def profiles_as_data(text):
    from tomllib import loads

    return loads(text)["profiles"]


@pytest.mark.parametrize(
    ("text", "comments", "within"),
    [
        ("a = 1 # x\n#y\r\n", ["# x", "#y"], set()),
        ("a = '# no' # yes", ["# yes"], set()),
        ('a = "\\"# no" # yes', ["# yes"], set()),
        ('a = "\\"" # yes', ["# yes"], set()),
        ('a = """x"""" # yes', ["# yes"], set()),
        ("a = '\\' # yes", ["# yes"], set()),
        ('a = """\n# no\n""""" # yes\nb = 1 # two', ["# yes", "# two"], {2, 3}),
        ("a = '''\n''# no\n''' # yes", ["# yes"], {2, 3}),
        ("a = [\n1, # yes\n]\n[b]\n", ["# yes"], {2, 3}),
        ('a = "no end\n# yes', ["# yes"], set()),
        ("a = ''' no end\n# no", [], {2}),
    ],
)
def test_comments_and_lines_within_values_are_found(text, comments, within):
    scan = Scan(text)
    assert (scan.comments, scan.within) == (comments, within)


def test_many_at_once_lose_nothing(tmp_path):
    path = tmp_path / "new" / "config.toml"
    names = [f"p{number}" for number in range(12)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "disquectl", "--config", str(path), "profile", "add", name, "tls=false"]
        )
        for name in names
    ]
    assert [process.wait(60) for process in running] == [0] * len(names)
    assert sorted(profiles(path.read_text())) == sorted(names)
    assert os.listdir(path.parent) == ["config.toml"]


def test_what_was_written_meanwhile_stays(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[profiles.a]\n")
    seen = []

    def changed(config):
        seen.append(config.text)
        path.write_text("# written meanwhile\n[profiles.a]\n")
        return with_profile(config.text, "a", {"tls": True})

    _write(SimpleNamespace(settings=SimpleNamespace(config_path=str(path))), changed)
    assert seen == ["[profiles.a]\n", "# written meanwhile\n[profiles.a]\n"]
    assert path.read_text() == "# written meanwhile\n[profiles.a]\ntls = true\n"


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    path.write_text("[shell]\n")
    (tmp_path / "config.toml.disquectl.tmp").write_text("what a killed process left")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with locked(str(path)), pytest.raises(DataError, match="No space left"):
        save(str(path), "")
    assert os.listdir(tmp_path) == ["config.toml"]
    assert path.read_text() == "[shell]\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have the files of others")
def test_the_file_stays_its_owners(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("")
    os.chown(path, 12345, 12345)
    path.chmod(0o600)
    with locked(str(path)):
        save(str(path), "[shell]\n")
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (12345, 12345, 0o600)


def test_only_what_changes_the_file_loads_the_library_for_it(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[profiles.a]\n")
    for words, loaded in ((["list"], False), (["show", "a"], False), (["use", "a"], True)):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "disquectl", "--config", str(path), "profile", *words],
            capture_output=True,
            text=True,
            check=True,
        )
        assert ("tomlkit" in done.stderr) is loaded, words
