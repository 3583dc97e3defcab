"""disquectl where the system's resolver hangs: in a C call that no signal interrupts, as getaddrinfo does."""

from __future__ import annotations

import contextlib
import subprocess
import sys

from tests.support.processes import environment
from tests.support.waiting import PATIENCE_SECONDS

# A mutex that the same thread locks twice waits for ever.
SCRIPT = """
import _socket, ctypes, os, sys
mutex = ctypes.create_string_buffer(64)
lock = ctypes.CDLL(None).pthread_mutex_lock
lock(mutex)
look_up = _socket.getaddrinfo
def hang(*words, **more):
    try:
        return look_up(*words, **more | {"flags": _socket.AI_NUMERICHOST})
    except _socket.gaierror:
        os.write(2, b"looking up\\n")  # not `print`, whose lock would abort a process that ends
    lock(mutex)
_socket.getaddrinfo = hang
from disquectl.cli.main import run_command_line
sys.exit(run_command_line(sys.argv[1:]))
"""


@contextlib.contextmanager
def running_without_names(*args, node):
    """A run that goes on while the block does; its streams are pipes of text."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(node),
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)


def run_without_names(*args, node):
    """The exit code, stdout and stderr of a run."""
    with running_without_names(*args, node=node) as process:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        return process.returncode, out, err
