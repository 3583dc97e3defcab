"""The rule of resending as a table: what becomes of a request whose connection failed."""

from types import SimpleNamespace

import pytest

from disquectl.client.connection import Broken, TimedOut
from disquectl.client.resending import after_failure
from disquectl.errors import NoAnswer, NotDisque, OutcomeUnknown
from disquectl.protocol.resp import ProtocolError

BROKEN, LATE, GARBAGE = Broken("closed by the node"), TimedOut(), ProtocolError("no")


@pytest.mark.parametrize(
    ("failure", "was_sent", "repeatable", "replied", "expected"),
    [
        (BROKEN, False, False, True, None),
        (BROKEN, False, True, True, None),
        (BROKEN, True, True, True, None),
        (BROKEN, True, False, True, OutcomeUnknown),
        (LATE, True, False, True, OutcomeUnknown),
        (LATE, True, True, True, NoAnswer),
        (GARBAGE, True, False, False, NotDisque),
        (GARBAGE, True, False, True, OutcomeUnknown),
        (GARBAGE, True, True, True, NotDisque),
    ],
)
def test_what_becomes_of_a_request(failure, was_sent, repeatable, replied, expected):
    connection = SimpleNamespace(node="127.0.0.1:7711", replied=replied)
    found = after_failure(connection, failure, was_sent=was_sent, repeatable=repeatable, timeout=1.5)
    assert (found if found is None else type(found)) is expected
    assert found is None or "127.0.0.1:7711" in found.message


@pytest.mark.parametrize("repeatable", [True, False])
def test_an_interruption_stays_what_it_is_with_a_note_where_the_outcome_is_unknown(repeatable):
    interrupt = KeyboardInterrupt()
    connection = SimpleNamespace(node="127.0.0.1:7711", replied=True)
    assert after_failure(connection, interrupt, repeatable=repeatable, timeout=None) is interrupt
    assert bool(getattr(interrupt, "__notes__", [])) is not repeatable
