"""The help pages: their names, titles and text, and how they are drawn on a terminal."""

from __future__ import annotations

import os

from disquectl.errors import UsageError

# Group -> topic -> what it is about, in the order of `help`.
GROUPS = {
    "Start": {
        "cheat": "Tasks and incidents, each with the commands to paste.",
        "sandbox": "Try everything without a Disque server.",
        "shell": "The interactive shell: completion, hints, pipes.",
        "output": "Tables, JSON, CSV and other formats; columns.",
        "completion": "TAB completion for bash, zsh and fish.",
        "reference": "Every command with its options, columns and errors.",
    },
    "Operate": {
        "watching": "top, stat and --every: what the cluster does now.",
        "cluster": "One node or all: queues, jobs, nodes, --cluster.",
        "job-states": "What queued, delayed, in-flight, ... mean.",
        "selecting-jobs": "The words that say which jobs a command means.",
        "deployments": "Wait for queues, jobs and nodes.",
        "measuring": "How fast: ping --times, bench.",
        "many-jobs": "Purge, move, requeue, dump and load jobs.",
        "delivery": "When a job is delivered twice or lost.",
        "worker": "Run a command for each job: retries, dead letters.",
        "monitoring": "Nagios, Icinga, Prometheus, cron, Kubernetes.",
        "doctor": "The rules by which doctor examines a cluster.",
        "exit-codes": "What each exit code means, and what to do.",
    },
    "Connect": {
        "connecting": "Nodes, URLs, passwords, timeouts, failover.",
        "profiles": "Save nodes, password and TLS under a name.",
        "tls": "Nodes behind a TLS proxy.",
        "environment": "All environment variables.",
    },
    "Develop": {
        "scripting": "Scripts and pipelines: formats, exit codes, quoting.",
        "bulk": "Add and take many jobs at once.",
        "python": "The Python client.",
        "python-tasks": "Ten tasks in Python; threads, forks, event loops.",
        "python-handlers": "Call a Python function for each job.",
        "testing": "Run disquectl's own tests.",
        "how-a-command-runs": "How disquectl is built.",
        "adding-a-command": "Add a command to disquectl.",
    },
}
# Longer lines are hard to read.
MAX_WIDTH = 100
_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "help")


def names() -> list[str]:
    """Return all topics, sorted."""
    try:
        files = os.listdir(_FOLDER)
    except NotADirectoryError:  # the package is in a zip file
        from importlib.resources import files as resources

        files = [file.name for file in resources("disquectl").joinpath("help").iterdir()]
    return sorted(name.removesuffix(".md") for name in files if name.endswith(".md"))


def exists(name: str) -> bool:
    """Whether there is a page of this name."""
    return _text(name) is not None


def page(name: str) -> str:
    """Return the Markdown of a page. Raises UsageError, with similar names, if there is no such page."""
    text = _text(name)
    if text is None:
        raise UsageError(f"no help on {name!r}", _similar(name))
    return text


def _text(name: str) -> str | None:
    """Return the text of a page, or None. The module's loader reads it, from a folder or from a zip file."""
    if not name.replace("-", "").isalnum():
        return None
    try:
        data: bytes = __loader__.get_data(os.path.join(_FOLDER, f"{name}.md"))  # type: ignore[name-defined]
    except OSError:
        return None
    return data.decode()


def title(name: str) -> str:
    """Return the first heading of a page."""
    heading = next((line for line in page(name).split("\n") if line.startswith("# ")), name)
    return heading.removeprefix("# ")


def drawn(text: str, width: int, color: bool) -> str:
    """Draw Markdown in at most MAX_WIDTH columns; without `color` the result has no escape sequence.

    Loads Rich, which is slow: only call it for a terminal.
    """
    from io import StringIO

    from rich.console import Console

    from disquectl.manual.drawing import WholeWords

    out = StringIO()
    console = Console(
        file=out,
        width=min(width, MAX_WIDTH),
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
    )
    console.print(WholeWords(text, hyperlinks=False))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def _similar(name: str) -> str:
    from difflib import get_close_matches

    from disquectl.commands import NAMES

    known = list(dict.fromkeys([*names(), *NAMES]))
    prefixed = [one for one in known if name and one.startswith(name)]
    similar = prefixed[:2] or get_close_matches(name, known, n=2, cutoff=0.7)
    return f"did you mean {' or '.join(similar)}?" if similar else "`disquectl help` lists the topics"
