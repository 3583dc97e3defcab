"""What happens when the result has nowhere to go: a full disk, a closed stdout, a reader that has gone."""

from __future__ import annotations

import pytest

from disquectl import Client
from disquectl.render.output import FORMATS
from tests.conftest import run_disquectl
from tests.support.processes import run_in_shell, run_into_a_closed_pipe


def test_a_full_disk_is_9_in_every_format(node):
    with Client(node) as client:
        client.addjob("q", "body")
    loop = 'for f in table plain json jsonl csv tsv raw; do "$@" -o $f >/dev/full; echo $f $?; done'
    done = run_in_shell(loop, "qpeek", "q", node=node)
    assert done.stdout == "".join(f"{name} 9\n" for name in FORMATS)
    lines = done.stderr.splitlines()
    assert lines == ["disquectl: the result could not be written: No space left on device"] * 7


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["qlen", "--help"]])
def test_the_help_too_says_that_it_could_not_be_written(args):
    done = run_in_shell('"$@" >/dev/full', *args)
    assert done.returncode == 9
    assert done.stderr == "disquectl: the help could not be written: No space left on device\n"
    done = run_in_shell('"$@" >&-', *args)
    assert done.returncode == 9
    assert done.stderr == "disquectl: the help could not be written: Bad file descriptor\n"


def test_a_closed_stdout_is_9_and_the_other_streams_are_not_needed(node):
    done = run_in_shell('"$@" >&-', "qlen", "q", node=node)
    assert done.returncode == 9
    assert done.stderr == "disquectl: the result could not be written: Bad file descriptor\n"
    done = run_in_shell('"$@" <&- 2>&-', "qlen", "q", node=node)
    assert (done.returncode, done.stdout) == (0, "0\n")
    for args in (["addjob", "q", "-"], ["addjob", "q", "--lines"], ["ack", "-"], ["exec", "-"], ["shell"]):
        done = run_in_shell('"$@" <&-', *args, node=node)
        assert (done.returncode, done.stdout) == (9, "")
        assert done.stderr == "disquectl: cannot read stdin: Bad file descriptor\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "args", [["--help"], ["--version"], ["qpeek", "q"], ["-o", "json", "info"], ["qscan"], ["jscan"]]
)
def test_a_reader_that_has_gone_ends_a_reading_command_silently(args, unbuffered, node):
    with Client(node) as client:
        client.addjob("q", "body")
    done = run_into_a_closed_pipe(*args, node=node, PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_script_whose_reader_has_gone_says_how_far_its_writes_were_sent(node):
    done = run_into_a_closed_pipe("exec", "-", node=node, stdin=b"QLEN q\n" * 3)
    assert (done.returncode, done.stderr) == (0, b"")
    done = run_into_a_closed_pipe("exec", "-", node=node, stdin=b"QLEN q\nADDJOB q body 0\n")
    assert (done.returncode, done.stderr) == (
        3,
        b"disquectl: the reader of the replies has gone: the lines up to 2 were sent, none behind it\n",
    )


def test_head_takes_a_few_lines_of_many(node):
    with Client(node) as client:
        for _ in range(3):
            client.addjob("q", b"x" * 200_000)
    done = run_in_shell('("$@"; echo "code $?" >&2) | head -c 4', "qpeek", "q", node=node)
    assert (done.stdout, done.stderr) == ("q\tD-", "code 0\n")


def test_what_getjob_could_not_write_is_not_acknowledged(node):
    with Client(node) as client:
        client.addjob("q", "body", retry=1)
        done = run_in_shell('"$@" >/dev/full', "getjob", "q", "--ack", node=node)
        assert done.returncode == 9
        assert [job["body"] for job in client.getjob("q", timeout_ms=20_000)] == [b"body"]
        client.addjob("r", "body", retry=1)
        assert run_into_a_closed_pipe("getjob", "r", "--ack", node=node).stderr == b""
        assert [job["body"] for job in client.getjob("r", timeout_ms=20_000)] == [b"body"]


def test_an_echo_that_cannot_be_written_sends_nothing(node):
    done = run_disquectl("addjob", "q", "body", "--echo-to", "/dev/full", node=node)
    assert (done.code, done.out) == (9, "")
    assert done.err == "disquectl: the echo could not be written: No space left on device\n"
    with Client(node) as client:
        assert client.qlen("q") == 0
    done = run_disquectl("qlen", "q", "--echo-to", "/nowhere/at/all", node=node)
    assert done.code == 9
    assert done.err == "disquectl: cannot write the echo to /nowhere/at/all: No such file or directory\n"
