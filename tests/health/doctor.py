"""Running `doctor`, and the commands that it advises."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.conftest import run_disquectl

INTERVAL = "200ms"
# What a cluster of three nodes without an append-only file has anyway.
ALWAYS = {"aof-off"}


def doctor(node, *words, **env):
    """What it finds, without what is always there: rule -> the findings."""
    result = run_disquectl("doctor", "--interval", INTERVAL, "-o", "json", *words, node=node, **env)
    assert result.code in (0, 3), result
    found = {}
    for record in json.loads(result.raw):
        if record["rule"] not in ALWAYS:
            found.setdefault(record["rule"], []).append(record)
    return found


def one(found, rule):
    """The only finding of this rule."""
    (finding,) = found[rule]
    return finding


def follow(finding, node):
    """Type the advised command; it succeeds. A question is answered with yes."""
    script = f'disquectl() {{ "{sys.executable}" -m disquectl --yes "$@"; }}; {finding["command"]}'
    environment = {**os.environ, "DISQUE_NODES": node}
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, (finding["command"], done.stdout, done.stderr)
    return done.stdout
