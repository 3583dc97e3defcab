"""What people who script job queues asked their tools for: codes, streams, stdin, no surprises."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.processes import COMMAND, PATIENCE_SECONDS, environment, run_in_shell, running
from tests.support.scripted_node import ScriptedNode, silent
from tests.support.terminal import Terminal

UNKNOWN = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


def test_an_error_of_the_server_fails_the_script(disquectl):
    """`set -e` and `&&` must notice that the server refused."""
    for args in (
        ["show", "nonsense"],
        ["exec", "frobnicate"],
        ["addjob", "q", "b", "--retry", "0", "--ttl", "1"],
    ):
        done = disquectl(*args, "--delay", "5") if args[0] == "addjob" else disquectl(*args)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("disquectl: ")


def test_every_kind_of_failure_has_its_own_stable_code(node):
    """A script tells "refused" from "not there" from "unreachable" by the number, never 255 or 1 for all."""
    with ScriptedNode([silent], [silent]) as mute:
        soon = ("--response-timeout", "50ms")
        codes = [
            run_disquectl("qlen", "q", node=node).code,
            run_disquectl("show", "nonsense", node=node).code,
            run_disquectl("qlen", node=node).code,
            run_disquectl("exec", "-", node=node, stdin=b"qlen q\nfrob\n").code,
            run_disquectl("getjob", "q", "--nohang", node=node).code,
            run_disquectl("qlen", "q", node="127.0.0.1:1").code,
            run_disquectl("qlen", "q", *soon, node=mute.address).code,
            run_disquectl("deljob", UNKNOWN, *soon, node=mute.address).code,
            run_disquectl("addjob", "q", "--file", "/no/such", node=node).code,
        ]
    assert codes == [0, 1, 2, 3, 4, 5, 6, 8, 9]


def test_no_job_is_not_the_same_as_success(disquectl):
    """A worker loop in shell stops when there is nothing to do."""
    done = disquectl("getjob", "q", "--timeout", "20ms")
    assert (done.code, done.out, done.err) == (4, "", "disquectl: no job\n")
    disquectl("addjob", "q", "")
    done = disquectl("getjob", "q", "--nohang", "--ack", "-o", "raw")
    assert (done.code, done.out) == (0, "")


def test_a_body_that_was_given_leaves_stdin_alone(node):
    """`while read line; do addjob q "$line"; done < file` adds every line."""
    loop = 'printf "a\\nb\\nc\\n" | while read -r line; do "$@" "$line" >/dev/null || exit 1; done'
    assert run_in_shell(loop, "addjob", "q", node=node).returncode == 0
    with Client(node) as client:
        assert [job["body"] for job in client.qpeek("q")] == [b"a", b"b", b"c"]


def test_a_command_runs_with_stdin_from_dev_null(node):
    """As under cron."""
    done = run_in_shell('"$@" < /dev/null', "ping", node=node)
    assert (done.returncode, done.stdout) == (0, "PONG\n")


def test_a_body_comes_from_stdin_without_any_terminal(node):
    """As in the entry point of a container."""
    done = subprocess.run(
        [*COMMAND, "addjob", "q", "-"],
        input=b"from a pipe\n",
        capture_output=True,
        start_new_session=True,
        timeout=PATIENCE_SECONDS,
        env=environment(node, TERM=""),
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert run_disquectl("getjob", "q", "-o", "raw", node=node).raw == b"from a pipe\n"


def test_a_payload_comes_from_a_file_and_ids_one_a_line_from_stdin(node, tmp_path):
    """What is too large or too odd for a command line."""
    (tmp_path / "body").write_bytes(b"\x00\xff\n")
    added = [run_disquectl("addjob", "q", "--file", str(tmp_path / "body"), node=node).out for _ in range(3)]
    assert run_disquectl("qpeek", "q", "1", "-o", "raw", node=node).raw == b"\x00\xff\n"
    # A list from Windows, too, and one whose last line has no end.
    ids = "".join(added).replace("\n", "\r\n", 2).strip()
    done = run_disquectl("ack", "-", stdin=ids.encode(), node=node)
    assert (done.code, done.out, done.err) == (0, "3\n", "")


def test_nothing_prompts_without_a_terminal_and_the_error_names_the_option():
    """A job in CI must not hang on a question."""
    with ScriptedNode([silent]) as server:
        done = run_disquectl("shutdown", node=server.address)
        assert (done.code, done.out) == (2, "")
        assert "pass --yes" in done.err
        done = run_disquectl("qlen", "q", "--ask-password", node=server.address)
        assert (done.code, done.out) == (2, "")
        assert "--password-file" in done.err
        assert server.accepted == 0


def test_deleting_what_is_not_there_asks_nothing_and_succeeds(disquectl):
    """Doing it again is no failure, and opens no picker."""
    assert disquectl("deljob", UNKNOWN).out == "0\n"
    assert disquectl("deljob", UNKNOWN, "--yes").code == 0


def test_a_prompt_goes_to_stderr_so_that_stdout_stays_clean(node, tmp_path):
    """The output is redirected, the question is still seen."""
    with (
        (tmp_path / "out").open("wb") as out,
        Terminal("config", "set", "hz", "10", node=node, stdout=out) as terminal,
    ):
        terminal.wait_for("[y/N]")
        terminal.type("y\n")
        assert terminal.end() == 0
    assert (tmp_path / "out").read_bytes() == b"OK\n"


def test_head_gives_no_traceback(node):
    """The reader has what it wanted, and goes."""
    with Client(node) as client:
        for _ in range(4):
            client.addjob("q", "x" * 100_000)
    done = run_in_shell('("$@"; echo "$?" >&2) | head -c 10 > /dev/null', "qpeek", "q", node=node)
    assert done.stderr == "0\n"


def test_no_status_line_pollutes_what_a_program_reads(node):
    """Warnings, cursors and counts go to stderr, and an empty list is an empty list."""
    env = {"DISQUE_PASSWORD": "not needed"}
    done = run_disquectl("qscan", "--cursor", "0", "-o", "json", node=node, **env)
    assert (done.code, done.out) == (0, "[]\n")
    assert "next cursor: 0" in done.err
    assert "warning" in done.err
    long = "x" * 500
    run_disquectl("addjob", "q", long, node=node)
    for output in ("json", "jsonl", "csv", "plain"):
        done = run_disquectl("qpeek", "q", "-o", output, node=node, COLUMNS="20")
        assert long in done.out  # and no line is broken softly
        assert json.loads(done.out) if output.startswith("json") else done.out


def test_bulk_input_is_streamed_and_answered_as_it_comes(node):
    """What was piped in is worked on before the pipe ends."""
    with running("exec", "-", node=node, stdin=subprocess.PIPE) as process:
        for number in range(3):
            process.stdin.write(b"ping %d\n" % number)
            process.stdin.flush()
            assert process.stdout.readline() == b"%d\n" % number
        process.stdin.close()
        assert process.wait(PATIENCE_SECONDS) == 0
        process.stdin = None


def test_mass_input_does_not_hang_on_bad_lines_and_is_not_cut_at_borders(node):
    """Lines longer than any buffer, and wrong ones between them."""
    bodies = [os.urandom(n).hex() for n in (10, 40_000, 70_000, 140_000, 3)]
    lines = "".join(f'addjob q "{body}" 0\nbroken "\n' for body in bodies)
    done = run_disquectl("exec", "-", stdin=lines.encode(), node=node)
    assert done.code == 3
    assert done.err.count('ERR a " is not closed') == len(bodies)
    with Client(node) as client:
        assert [job["body"].decode() for job in client.qpeek("q")] == bodies


@pytest.mark.parametrize("bad", [b"\xff\xfe\n", b"\x00\n", b"*1\r\n$4\r\nPING\r\n", b"'\n"])
def test_mass_input_of_any_bytes_ends(bad, disquectl):
    done = disquectl("exec", "-", stdin=bad * 3)
    assert done.code in (0, 1, 3)
    assert "bug" not in done.err
