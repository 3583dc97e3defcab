"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time

PATIENCE_SECONDS = 30


def wait_until(condition, seconds=PATIENCE_SECONDS):
    """Call the condition until it returns something true, and return that; fail if it takes too long."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(0.01)
    return found
