"""Runs of the commands that act on selected jobs, and jobs for them."""

from __future__ import annotations

import pytest

from tests.conftest import run_disquectl
from tests.support.jobs import add, next_millisecond

# The commands that are tested alike.
both = pytest.mark.parametrize("name", ["purge", "requeue"])


def acted(node, *words, code=0, **more):
    """A run with --yes: the records and the summary."""
    result = run_disquectl(*words, "--yes", "-o", "json", node=node, **more)
    assert result.code == code, result
    return result.records["jobs"], result.records["summary"]


def ids(records):
    """The IDs of the jobs."""
    return {record["id"] for record in records}


def add_delayed(cluster):
    """IDs of delayed jobs, one created at each node."""
    added = []
    for number, node in enumerate(cluster):
        next_millisecond()
        added.append(add(node, "mail", f"{number}", delay=600, replicate=2))
    return added
