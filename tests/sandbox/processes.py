"""The sandbox as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

RUN = """
import sys
from disquectl.sandbox.run import run
nodes, password, demo, *command = sys.argv[1:]
out, err = sys.stdout.buffer, sys.stderr.buffer
sys.exit(run("127.0.0.1", 0, int(nodes), password or None, demo == "demo", command, out, err))
"""


def start(*words: str, **environment: str) -> subprocess.Popen[str]:
    """Start it with a number of nodes, a password, `demo` or nothing, and a command."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for its end: exit code, stdout, stderr."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err
