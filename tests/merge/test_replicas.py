"""Replicas as SHOW and JSCAN return them: what is none raises NotDisque."""

from __future__ import annotations

import pytest

from disquectl.errors import NotDisque
from disquectl.merge.replicas import page_of, shown
from tests.fuzz.replies import JOB_ID, show


@pytest.mark.parametrize("odd", [{}, {b"id": 1}, 5, b"x", [], None])
def test_a_page_with_something_else_than_replicas_is_not_disque(odd):
    with pytest.raises(NotDisque):
        page_of([b"0", [show(JOB_ID, b"mail", b"x"), odd]])


@pytest.mark.parametrize(
    "field", [b"nacks", b"ttl", b"nodes-delivered", b"state", b"next-requeue-within", b"body"]
)
def test_a_replica_with_a_value_of_another_type_is_not_disque(field):
    fields = show(JOB_ID, b"mail", b"x")
    fields[fields.index(field) + 1] = {}
    with pytest.raises(NotDisque):
        shown(fields)
