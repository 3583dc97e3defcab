"""disquectl as a process that is still running, or whose stdout is something special."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

from tests.support.waiting import PATIENCE_SECONDS

COMMAND = [sys.executable, "-m", "disquectl"]


def environment(node=None, **env):
    return dict(os.environ) | env | ({} if node is None else {"DISQUE_NODES": node})


@contextlib.contextmanager
def running(*args, node=None, stdin=subprocess.DEVNULL, **env):
    """A run that goes on while the block does; its streams are pipes."""
    process = subprocess.Popen(
        [*COMMAND, *args],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(node, **env),
        # Where the tests run without a terminal, Ctrl-Z could not stop a process of their own group.
        process_group=0,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)


def run_in_shell(script, *args, node=None, **env):
    """A shell script in which `"$@"` is disquectl with these words; the finished process."""
    return subprocess.run(
        ["sh", "-c", script, "sh", *COMMAND, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        env=environment(node, **env),
        check=False,
    )


def run_python(script, **env):
    """A Python program with the package at hand; the finished process."""
    return subprocess.run(
        [sys.executable, "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        env=environment(**env),
        check=False,
    )


def run_into_a_closed_pipe(*args, node=None, stdin=b"", **env):
    """A run whose reader has gone before it began."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [*COMMAND, *args],
            input=stdin,
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_SECONDS,
            env=environment(node, **env),
            check=False,
        )
    finally:
        os.close(writing)


def children_of(pid):
    """The IDs of the processes that this one started, as text."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


def state_of(pid):
    """The letter of its state, such as `Z` for a process that has ended."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]
