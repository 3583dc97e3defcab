"""What the commands that act on selected jobs refuse together."""

from __future__ import annotations

import pytest

from disquectl.errors import UsageError
from disquectl.spec.acting import check_acting

LISTED_ONLY = ("acked", "waiting")


@pytest.mark.parametrize(
    "values",
    [
        {"queue": (b"mail",)},
        {"queue": (b"",)},
        {"all_queues": True},
        {"ids_from": "file"},
        {"ids_from": "file", "queue": (b"mail",)},
        {"ids_from": "file", "all_queues": True},
        {"queue": (b"mail",), "state": ("queued", "in-flight")},
    ],
    ids=str,
)
def test_some_queue_is_named(values):
    check_acting("purge", values, LISTED_ONLY)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "purge needs a QUEUE"),
        ({"older_than": 5, "contains": b"x", "state": ("queued",)}, "purge needs a QUEUE"),
        ({"queue": (b"mail",), "all_queues": True}, "--all-queues and QUEUE"),
        ({"queue": (b"mail",), "state": ("queued", "acked")}, "purge does not act on acked jobs"),
        ({"all_queues": True, "state": ("waiting",)}, "purge does not act on waiting jobs"),
    ],
    ids=str,
)
def test_what_is_wrong_together(values, says):
    with pytest.raises(UsageError, match=says):
        check_acting("purge", values, LISTED_ONLY)
