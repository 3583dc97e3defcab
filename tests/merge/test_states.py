"""The state of a job, from what its copies are evidence of. Pure."""

from __future__ import annotations

import pytest

from disquectl.merge import states
from disquectl.merge.states import (
    ACKNOWLEDGED,
    DELAYED,
    IN_FLIGHT,
    IS_ACKED,
    IS_ACTIVE,
    IS_DELAYED,
    IS_PROXY,
    IS_QUEUED,
    IS_WAITING,
    QUEUED,
    UNKNOWN,
    WAITING,
    Bits,
    active_evidence,
    state_of,
)


@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        (IS_ACKED | IS_QUEUED | IS_ACTIVE, ACKNOWLEDGED),
        (IS_QUEUED | IS_ACTIVE, QUEUED),
        (IS_QUEUED | IS_PROXY, QUEUED),
        (IS_WAITING | IS_ACTIVE, WAITING),
        (IS_DELAYED | IS_PROXY, DELAYED),
        (IS_PROXY, DELAYED),
        (IS_ACTIVE | IS_PROXY, IN_FLIGHT),
        (IS_ACTIVE, IN_FLIGHT),
    ],
)
def test_the_rules(evidence, state):
    assert state_of(evidence) == state


def test_every_piece_of_evidence_has_a_rule():
    assert sum(bit for bit, _ in states.RULES) == states.ALL_EVIDENCE


def test_a_missing_node_makes_only_jobs_in_flight_unknown():
    assert state_of(IS_ACTIVE, elsewhere=True) == UNKNOWN
    for evidence in (IS_ACKED, IS_QUEUED, IS_WAITING, IS_DELAYED, IS_PROXY):
        assert state_of(evidence, elsewhere=True) == state_of(evidence)


@pytest.mark.parametrize(
    ("copy", "evidence"),
    [
        # On the node that was given it: due at the end of the delay, and awake just then.
        ((10_000, 300, 0, 10_000, 10_000), IS_DELAYED),
        # The same where clocks differ: waking at the very moment is enough.
        ((-1_000, 300, 0, 10_000, 10_001), IS_DELAYED),
        # Awake before that for something else: due at the end of the delay.
        ((10_000, 300, 0, 9_000, 2_000), IS_DELAYED),
        # A copy of it.
        ((10_000, 300, 0, 310_000, 309_500), IS_PROXY),
        # Delivered before its delay was over, after ENQUEUE.
        ((10_000, 300, 0, 299_000, 298_500), IS_ACTIVE),
        # It came back once: the delay is history.
        ((10_000, 300, 1, 10_000, 10_000), IS_ACTIVE),
        # The delay is over.
        ((-60_000, 300, 0, 200_000, 199_500), IS_ACTIVE),
        ((-10_000, 300, 0, 10_000, 10_000), IS_ACTIVE),
        # At most once, after delivery.
        ((10_000, 0, 0, None, 86_000_000), IS_ACTIVE),
        # Half a second before a return, every job is awake early.
        ((-40_000, 30, 0, 400, 400), IS_ACTIVE),
        ((20_000, 30, 0, 500, 500), IS_ACTIVE),
        ((20_000, 30, 0, 501, 501), IS_DELAYED),
        # Not awake just when it is due, or not known.
        ((20_000, 60, 0, 10_000, 10_002), IS_DELAYED),
        ((20_000, 60, 0, 10_000, 10_003), IS_ACTIVE),
        ((20_000, 60, 0, 10_000, None), IS_ACTIVE),
        # Clocks and times of replies differ by at most 1.5 s.
        ((-1_500, 300, 0, 10_000, 10_000), IS_DELAYED),
        ((-1_501, 300, 0, 10_000, 10_000), IS_ACTIVE),
        ((10_000, 300, 0, 8_500, None), IS_DELAYED),
        ((10_000, 300, 0, 11_501, None), IS_ACTIVE),
        ((10_000, 3000, 0, 3_011_500, None), IS_PROXY),
        ((10_000, 3000, 0, 3_011_501, None), IS_PROXY),
        # Further away than a retry time: read from an append-only file.
        ((10_000, 3000, 0, 3_001_501, None), IS_PROXY),
        ((10_000, 3000, 0, 3_001_500, None), IS_ACTIVE),
    ],
)
def test_what_an_active_copy_of_a_job_with_a_delay_says(copy, evidence):
    assert active_evidence(*copy) == evidence


def test_nodes_as_bits():
    bits = Bits()
    assert bits.of("a") != bits.of("b")
    assert bits.mask([b"a", b"b"]) == bits.of("a") | bits.of("b")
    assert bits.mask([]) == 0
