"""An exporter that runs: `metrics --listen`, and what it answers."""

from __future__ import annotations

import contextlib
import urllib.request

from tests.support.processes import running


@contextlib.contextmanager
def listening(node, *words, **env):
    """The process, and the address of its metrics, once it listens."""
    with running("metrics", "--listen", ":0", *words, node=node, **env) as process:
        line = process.stderr.readline().decode()
        while "listening on" not in line:
            assert line, process.wait(timeout=30)
            line = process.stderr.readline().decode()
        yield process, line.split()[-1]


def get(url):
    """The text at this address."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()
