"""Replicas as SHOW and JSCAN return them: what is none raises NotDisque."""

from __future__ import annotations

import pytest

from disquectl.errors import NotDisque
from disquectl.merge.replicas import BODY, DELAY, DELIVERIES, ID, NACKS, QUEUE, REQUEUE, STATE, page_of, shown
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


def in_another_order(reply):
    """The same fields, the last one first."""
    return [part for at in range(len(reply) - 2, -1, -2) for part in reply[at : at + 2]]


def test_fields_may_come_in_any_order():
    usual = show(JOB_ID, b"mail", b"x")
    other = in_another_order(usual)
    assert shown(other) == shown(usual) == usual
    assert page_of([b"0", [other, other]]) == page_of([b"0", [usual, usual]]) == (0, [usual, usual])


def test_fields_that_a_server_does_not_send_are_empty_and_unknown_ones_are_left_out():
    found = shown([b"id", JOB_ID, b"new", 1, b"state", b"queued"])
    assert found is not None
    assert (found[ID], found[STATE], found[QUEUE], found[BODY]) == (JOB_ID, b"queued", b"", b"")
    assert (found[NACKS], found[DELIVERIES], found[DELAY], found[REQUEUE]) == (0, 0, 0, None)
    assert b"new" not in found


def test_an_acknowledgement_of_a_job_that_the_node_does_not_have_has_no_queue():
    acknowledgement = show(JOB_ID, b"mail", b"x", b"acked")
    acknowledgement[QUEUE] = None
    found = shown(acknowledgement)
    assert found is not None
    assert (found[QUEUE], found[STATE]) == (b"", b"acked")


def test_a_state_that_disque_does_not_have_is_not_disque():
    with pytest.raises(NotDisque):
        shown(show(JOB_ID, b"mail", b"x", b"running"))
    assert shown(None) is None
