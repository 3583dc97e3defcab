"""TAB in bash, zsh and fish as they are installed: what is inserted, what is shown, and no hanging."""

import shutil
import socket

import pytest

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.completion.real_shells import Shell

SHELLS = [
    pytest.param(kind, marks=pytest.mark.skipif(not shutil.which(kind), reason=f"{kind} is not installed"))
    for kind in ("bash", "zsh", "fish")
]
pytestmark = pytest.mark.parametrize("kind", SHELLS)

# What is typed bare, and the only queue that begins so.
ODD_NAMES = {
    "pl": "plain",
    "tw": "two words",
    "sp": "sp  ace ",
    "qu": 'quo"te',
    "ap": "apo'strophe",
    "do": "dol$lar $HOME",
    "st": "st*r",
    "ba": "back\\slash",
    "ti": "tick`ed`",
    "hi": "hi!story",
    "um": "umläut",
    "se": "semi;colon&and|pipe",
    "co": "co:lon:s",
    "eq": "eq=uals",
    "br": "brackets(){}[]<>",
    "ra": "raw\udcff",
}


@pytest.fixture
def queues():
    """A node that has the queues of ODD_NAMES."""
    with SandboxThread() as sandbox:
        with Client(sandbox.addresses[0]) as client:
            for name in ODD_NAMES.values():
                client.addjob(name.encode("utf-8", "surrogateescape"), "x")
        yield sandbox.addresses[0]


@pytest.fixture
def shell(kind, tmp_path, request):
    """The shell, with `queues` as its node where the test has it."""
    env = {"DISQUE_NODES": request.getfixturevalue("queues")} if "queues" in request.fixturenames else {}
    with Shell(kind, tmp_path, **env) as shell:
        yield shell


def test_names_of_all_kinds_arrive_as_they_are(queues, shell):
    for typed, name in ODD_NAMES.items():
        assert shell.complete(f"disquectl qlen {typed}") == ["qlen", name], name


def test_after_an_open_quote(queues, shell):
    for quote in "\"'":
        for typed, name in (("two w", "two words"), ("um", "umläut"), ("do", "dol$lar $HOME")):
            assert shell.complete(f"disquectl qpeek {quote}{typed}") == ["qpeek", name], (quote, name)


def test_after_quoted_words(queues, shell):
    assert shell.complete("disquectl qlen 'two words' pl") == ["qlen", "two words", "plain"]
    assert shell.complete("disquectl qlen two\\ words do") == ["qlen", "two words", "dol$lar $HOME"]


def test_commands_options_and_choices(shell):
    assert shell.complete("disquectl fast") == ["fastack"]
    assert shell.complete("disquectl conf", "get x") == ["config", "get", "x"]
    assert shell.complete("disquectl config rese") == ["config", "resetstat"]
    assert shell.complete("disquectl -n h:1 pin") == ["-n", "h:1", "ping"]
    assert shell.complete("disquectl addjob q b --repl", "2") == ["addjob", "q", "b", "--replicate", "2"]
    assert shell.complete("disquectl qlen -o jsonl q --no-h") == ["qlen", "-o", "jsonl", "q", "--no-header"]
    assert shell.complete("disquectl qlen q --output=tab") == ["qlen", "q", "--output=table"]
    assert shell.complete("disquectl pause q sta") == ["pause", "q", "state"]
    assert shell.complete("disquectl help chea") == ["help", "cheat"]


def test_candidates_are_listed(kind, shell):
    # readline rings first and shows the list at the second TAB.
    shell.press_tab("disquectl q", ["qlen", "qpeek", "qscan", "qstat"], tabs=2 if kind == "bash" else 1)
    shell.press_tab("disquectl getjob --", ["--ack", "--nohang"], tabs=2 if kind == "bash" else 1)
    if kind != "bash":
        shell.press_tab("disquectl q", "Print how many jobs are queued.")
        shell.press_tab("disquectl -o ", "for people")


def test_live_values_of_other_kinds(queues, shell, tmp_path):
    with Client(queues) as client:
        job = client.addjob("the queue", "x")
    config = tmp_path / ".config" / "disquectl" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.'my prod']\n[profiles.test]\n")
    port = queues.rpartition(":")[2]
    assert shell.complete("disquectl -P my") == ["-P", "my prod"]
    assert shell.complete("disquectl profile use te") == ["profile", "use", "test"]
    assert shell.complete(f"disquectl -n 127.0.0.1:{port[:2]}", "ping") == ["-n", queues, "ping"]
    assert shell.complete("disquectl jscan --queue 'the q") == ["jscan", "--queue", "the queue"]
    assert shell.complete(f"disquectl show {job[:20]}") == ["show", job]
    assert shell.complete("disquectl config get maxmemory-p") == ["config", "get", "maxmemory-policy"]


def test_connection_options_in_the_line_are_used(queues, kind, tmp_path):
    with Shell(kind, tmp_path) as shell:
        assert shell.complete(f"disquectl -n {queues} qlen pl") == ["-n", queues, "qlen", "plain"]


def test_files_where_a_file_is_meant(shell, tmp_path):
    (tmp_path / "my body.txt").write_text("x")
    assert shell.complete("disquectl addjob q --file my") == ["addjob", "q", "--file", "my body.txt"]


def test_no_server_is_silent(kind, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as gone:
        nowhere = f"127.0.0.1:{gone.getsockname()[1]}"
        gone.close()
        for number, node in enumerate(
            (nowhere, f"127.0.0.1:{silent.getsockname()[1]}", "no-such-host.invalid")
        ):
            folder = tmp_path / str(number)
            folder.mkdir()
            with Shell(kind, folder, DISQUE_NODES=node) as shell:
                assert shell.complete("disquectl qlen ma") == ["qlen", "ma"]
                assert "rror" not in shell.seen


def test_a_broken_config_is_silent(kind, tmp_path):
    config = tmp_path / ".config" / "disquectl" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("nonsense\n")
    with Shell(kind, tmp_path) as shell:
        assert shell.complete("disquectl qlen ma") == ["qlen", "ma"]
        assert shell.complete("disquectl -P ma") == ["-P", "ma"]
        assert "nonsense" not in shell.seen
