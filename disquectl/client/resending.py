"""The rule of resending: what becomes of a request whose connection failed.

A request is sent again by itself only when it cannot have been carried out (not all of it was handed to the
kernel), or when its caller says that running it twice changes nothing. Pure: it sends nothing, and must not
know any command except the error replies of ADDJOB that leave the outcome open.
"""

from __future__ import annotations

from disquectl.client.connection import Broken, TimedOut
from disquectl.client.connection_factory import not_resp
from disquectl.errors import NoAnswer, OutcomeUnknown
from disquectl.protocol.resp import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.connection import Connection
    from disquectl.errors import ReplyError

_NOT_SENT_AGAIN = "It was not sent again, since doing it twice could matter. Look first, then repeat it."


def after_failure(
    connection: Connection,
    failure: BaseException,
    *,
    was_sent: bool = True,
    repeatable: bool,
    timeout: float | None,
) -> BaseException | None:
    """Return the exception for a request whose connection failed, or None where it is to be sent again.

    `was_sent`: all of it was handed to the kernel, so that the node may have carried it out. `timeout`: the
    seconds that the reply was waited for.

    The exception is OutcomeUnknown, NoAnswer or NotDisque. An interruption (Ctrl-C, or what the caller's own
    signal handler raises) is returned as it is, with a note where the request may have been carried out.
    """
    if isinstance(failure, Broken):
        if repeatable or not was_sent:
            return None
        return _unknown(connection, f"the connection broke ({failure})")
    if isinstance(failure, TimedOut):
        if not repeatable:
            return _unknown(connection, f"no answer came within {timeout:g}s")
        return NoAnswer(
            f"{connection.node}: no answer within {timeout:g}s", "--response-timeout allows for more."
        )
    if isinstance(failure, ProtocolError):
        # From a node that has sent valid replies before, invalid bytes do not say what it did.
        if connection.replied and not repeatable:
            return _unknown(connection, f"something came that is no reply ({failure})")
        return not_resp(connection.node, failure)
    if not repeatable:
        failure.add_note(_unknown(connection, "it was interrupted").message)
    return failure


def leaves_open(error: ReplyError) -> bool:
    """Whether ADDJOB's error reply says that the job may still be delivered."""
    return error.message.startswith(("NOREPL Timeout", "NOREPL job removed"))


def unknown_outcome(error: ReplyError) -> OutcomeUnknown | None:
    """Return the exception for an error reply that leaves it open whether the job is delivered, or None."""
    if leaves_open(error):
        return OutcomeUnknown(error.message, "The job may yet be delivered: some nodes may hold a copy.")
    return None


def _unknown(connection: Connection, what: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{connection.node}: the request was sent, then {what}: it may or may not have been carried out",
        _NOT_SENT_AGAIN,
    )
