"""The pager of the command line: what is longer than the screen goes through it."""

import io
import os

import pytest

from disquectl.commands import find
from disquectl.execution import pager
from disquectl.execution.pager import PagedOut, may_page
from tests.support.terminal import Terminal, on_terminal

PAGED = "sed s/queue-/paged-/"


@pytest.fixture
def full(node, client):
    """A node with 40 queues."""
    for number in range(40):
        client.addjob(f"queue-{number:02}", "body")
    return node


def test_what_is_longer_than_the_screen_goes_to_the_pager(full):
    seen, code = on_terminal("queues", node=full, TERM="xterm", PAGER=PAGED)
    assert code == 0
    assert "paged-00" in seen
    assert "queue-39" not in seen


@pytest.mark.parametrize(
    ("words", "env"),
    [
        (("queues", "--limit", "3"), {}),
        (("queues", "--no-pager"), {}),
        (("queues",), {"TERM": "dumb"}),
        (("queues",), {"PAGER": ""}),
        (("getjob", *(f"queue-{number:02}" for number in range(40)), "--count", "40", "--ack"), {}),
    ],
)
def test_what_does_not_go_to_the_pager(full, words, env):
    seen, code = on_terminal(*words, node=full, **{"TERM": "xterm", "PAGER": PAGED, **env})
    assert code == 0
    assert "queue-00" in seen
    assert "paged-" not in seen


def test_long_lines_count_by_the_lines_of_the_screen(node, client):
    client.addjob("q", "queue-" * 400)
    seen, _ = on_terminal("qpeek", "q", "-o", "plain", node=node, TERM="xterm", PAGER="sed s/queue-/paged-/g")
    assert "paged-" in seen


def test_a_pager_that_cannot_start_is_an_error(full, tmp_path):
    broken = tmp_path / "pager"
    broken.write_text("#!/does/not/exist\n")
    broken.chmod(0o755)
    seen, code = on_terminal("queues", node=full, TERM="xterm", PAGER=str(broken))
    assert code == 9
    assert f"the pager {broken} ended with 12" in seen.replace("\n", " ")
    assert "--no-pager" in seen


def test_leaving_the_pager_early_is_no_failure(full):
    seen, code = on_terminal("queues", node=full, TERM="xterm", PAGER="head -n 1")
    assert code == 0
    assert "disquectl:" not in seen


def test_a_slow_command_uses_the_pager_unless_it_has_shown_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(pager, "SLOW_SECONDS", 0)
    screen = io.BytesIO()
    shown = tmp_path / "shown"
    out = PagedOut(screen, f"cat >{shown}", os.environ, "")
    out.flush()
    out.write(b"line\n" * 100)
    out.flush()
    out.close()
    assert shown.read_bytes() == b"line\n" * 100
    assert screen.getvalue() == b""
    out = PagedOut(screen, f"cat >{shown}", os.environ, "")
    out.write(b"first\n")
    out.flush()
    assert screen.getvalue() == b"first\n"
    out.write(b"line\n" * 100)
    out.close()
    assert screen.getvalue() == b"first\n" + b"line\n" * 100


def test_less_takes_the_screen_until_q(full):
    with Terminal("queues", node=full, TERM="xterm", PAGER="less -FRX") as terminal:
        terminal.wait_for("queue-05")
        terminal.type("q")
        assert terminal.end() == 0
        assert "queue-39" not in terminal.seen


def test_notices_follow_the_pager(full):
    """A node that does not answer is named after the pager has left the screen."""
    seen, code = on_terminal(
        "queues", node=f"{full},127.0.0.1:1", TERM="xterm", PAGER="sh -c 'cat; echo left'"
    )
    assert code == 3
    assert seen.index("left") < seen.index("127.0.0.1:1")


def test_the_pager_gets_no_password(full):
    seen, _ = on_terminal(
        "queues", node=full, TERM="xterm", PAGER="env | grep DISQUE_", DISQUE_PASSWORD="s3cret"
    )
    assert "DISQUE_NODES" in seen
    assert "s3cret" not in seen


@pytest.mark.parametrize(
    ("line", "pages"),
    [
        ("queues", True),
        ("help", True),
        ("cheat", True),
        ("getjob", True),
        ("monitor", False),
        ("sandbox", False),
        ("shell", False),
        ("work", False),
        ("addjob", False),
    ],
)
def test_which_commands_may_use_the_pager(line, pages):
    assert may_page(find(line), {}) is pages


@pytest.mark.parametrize("option", ["ack", "follow", "every"])
def test_what_goes_on_or_acknowledges_never_uses_the_pager(option):
    assert not may_page(find("getjob"), {option: True})
