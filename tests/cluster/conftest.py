"""Nodes that a test may stop."""

from __future__ import annotations

import pytest

from disquectl.sandbox.thread import SandboxThread


@pytest.fixture
def mortal():
    """Three nodes of the sandbox: `addresses`, and `stop_node(n)` as if its process had died."""
    with SandboxThread(nodes=3) as sandbox:
        yield sandbox
