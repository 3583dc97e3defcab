"""Workers as processes: run to their end, or running while a test looks on."""

from __future__ import annotations

import json

from tests.conftest import run_disquectl
from tests.support.processes import running

# Options that make failures come soon.
SOON = ("--backoff", "10ms,1")


def work(node, *args, **options):
    """A worker with --burst, run to its end."""
    return run_disquectl("work", "--burst", *args, node=node, **options)


def worker(node, *args, **env):
    """A worker that runs while the block does."""
    return running("work", *args, node=node, **env)


def events(text):
    """The lines of its log."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def letters(client, queue="dead:q"):
    """The letters in a dead queue."""
    return [json.loads(job["body"]) for job in client.qpeek(queue, 1000)]


def nothing_left(client):
    """Whether the node holds no job that is not acknowledged."""
    return next(iter(client.jscan_all()), None) is None


def read_until(process, text):
    """Read its log until a line has this in it."""
    while text not in (line := process.stderr.readline().decode()):
        assert line, f"it ended without {text!r}"
