"""Names that are meant to harm whoever presses TAB: each line that a shell completes is run in that shell.

What arrives is the name, byte for byte, or the shell left the line as it was typed. No name ever runs
anything: those here would make a file.
"""

import shutil

import pytest

from disquectl import Client
from disquectl.completion import bash, fish, zsh
from disquectl.sandbox.thread import SandboxThread
from tests.completion.real_shells import Shell

SHELLS = [
    pytest.param(kind, marks=pytest.mark.skipif(not shutil.which(kind), reason=f"{kind} is not installed"))
    for kind in ("bash", "zsh", "fish")
]
QUOTES = ["", "'", '"']

# What is typed, and the only name that begins so.
NAMES = {
    "a1": "a1-\x01;touch MADE;",
    "a2": "a2';touch MADE;'",
    "a3": 'a3";touch MADE;"',
    "a4": "a4$(touch MADE)",
    "a5": "a5`touch MADE`",
    "a6": "a6!touch MADE",
    "a7": "a7\\';touch MADE;",
    "a8": "a8\\",
    "a9": "a9\n;touch MADE",
    "b1": "b1\udcff;touch MADE",
    "b2": "b2\u202e;touch MADE",
    "b3": "b3\u200b;touch MADE",
    "b4": "b4\U000e0041",
    "b5": "b5\x7f",
    "b6": "b6\u0085",
    "b7": "b7\t;x",
    "b8": "b8$'x'",
    "b9": "b9 ~ {a,b} * ? [a] #x =y",
    "c1": "c1\x1b[31m;touch MADE;",
    "c2": "c2'",
    "c3": 'c3"',
    "c4": "c4\r;touch MADE",
    "c5": "c5!!",
    "c6": "c6\\x41\\n",
    "c7": "c7:d=e'\"",
    "c8": 'c8!"x',
    "c9": "c9é\udc80é",
}
# Those that some quote leaves whole, and that must come.
PLAIN = {"'": ["a4", "a5", "a6", "a8", "b9", "c5", "c6"], '"': ["a4", "a5", "a8", "b9", "c6"]}
# Those that fish and zsh would draw as they are.
DRAWN = {"b2", "b3", "b4", "b6"}
CONTROLS = {"a1", "a9", "b5", "b7", "c1", "c4"}
NOT_OFFERED = {"bash": set(), "zsh": DRAWN, "fish": DRAWN | CONTROLS}


def add_queues(address, names):
    with Client(address) as client:
        for name in names:
            client.addjob(name.encode("utf-8", "surrogateescape"), "x")


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("kind", SHELLS)
def test_what_is_offered_arrives_as_it_is_and_runs_nothing(kind, quote, tmp_path):
    with SandboxThread() as sandbox:
        add_queues(sandbox.addresses[0], NAMES.values())
        with Shell(kind, tmp_path, DISQUE_NODES=sandbox.addresses[0]) as shell:
            offered = set()
            for typed, name in NAMES.items():
                words = shell.complete_if_offered(f"disquectl qlen {quote}{typed}")
                assert words in (None, ["qlen", name]), name
                offered |= {typed} if words else set()
    assert not list(tmp_path.glob("**/MADE"))
    if quote:
        assert offered >= set(PLAIN[quote])
    else:
        assert offered == set(NAMES) - NOT_OFFERED[kind]


@pytest.mark.parametrize("kind", SHELLS)
def test_a_list_of_names_draws_none_that_is_live(kind, tmp_path):
    """fish 3.6 ends where it has to list two names with control characters."""
    names = [f"q{number}{char}" for number in (1, 2) for char in "\x1b\x01\u0085\u202e\u200b\U000e0041z"]
    with SandboxThread() as sandbox:
        add_queues(sandbox.addresses[0], names)
        with Shell(kind, tmp_path, DISQUE_NODES=sandbox.addresses[0]) as shell:
            shell.press_tab("disquectl qlen q", ["q1z", "q2z"], tabs=2 if kind == "bash" else 1)
            assert not {"\x01", "\u0085", "\u202e", "\u200b", "\U000e0041"} & set(shell.seen)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_what_names_have_in_common_can_be_completed_further(tmp_path):
    """It may end within an escape: `$'a\\x0`."""
    with SandboxThread() as sandbox:
        add_queues(sandbox.addresses[0], ["a\x01'one", "a\x02'two"])
        with Shell("bash", tmp_path, DISQUE_NODES=sandbox.addresses[0]) as shell:
            assert shell.line_behind_tab("disquectl qlen a") == "disquectl qlen $'a\\x0"
            assert shell.line_behind_tab("2") == "disquectl qlen $'a\\x02\\x27two' "
            shell.clear()
            assert shell.line_behind_tab("disquectl qlen a") == "disquectl qlen $'a\\x0"
            shell.press_tab("", ["\\x01", "\\x02"], tabs=2)


def shown(shell, sent, *names):
    return shell.parse_line(sent)[2]([(name, "") for name in names])


@pytest.mark.parametrize(
    ("typed", "name", "fits"),
    [
        ("'a", 'a b$`"!\\', True),
        ("'a", "a'", False),
        ("'a", "a\x01", False),
        ("'a", "a\udcff", False),
        ('"a', "a b'\\", True),
        ('"a', 'a"', False),
        ('"a', "a!", False),
        ('"a', "a\n", False),
        ("$'a", "a'\x01\udcff!", True),
    ],
)
def test_bash_is_offered_what_needs_no_end_of_the_quote(typed, name, fits):
    assert bool(shown(bash, [f"disquectl qlen {typed}", "a"], name)) is fits


def test_fish_and_zsh_are_not_offered_what_they_would_draw():
    assert shown(
        fish, ["disquectl qlen a"], "a\x01", "a\n", "a\t", "a\u202e", "a\u00ad", "ab", "a\udcff"
    ) == (b"ab\0a\xff\0")
    assert shown(zsh, ["qlen", "a"], "a\u202e", "a\u0085", "a\x01", "ab") == b"a\x01\0\0ab\0\0"
