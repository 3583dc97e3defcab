"""The errors: one class for each kind of failure, with its exit code.

    DisquectlError
    ├── UsageError            2    the command line is wrong
    ├── ReplyError            1    the server refused: its code and text
    │   └── NotAuthorised     7    NOAUTH, or a wrong password
    ├── NothingThere          4    no job, or no such queue or ID
    ├── PartlyDone            3    some were done, some refused
    ├── ConnectionFailed      5    no node reachable, or lost before sending; a ConnectionError
    │   └── NotDisque         5    what answers is not a Disque
    ├── NoAnswer              6    no reply in time to a request that changes nothing; a TimeoutError
    ├── OutcomeUnknown        8    sent, but no valid reply came: it may or may not have been executed
    └── DataError             9    output could not be written or input not read

Any other exception that escapes is a bug in disquectl. This module imports nothing of the program.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


class DisquectlError(Exception):
    """The base class. `message` says what is wrong; `advice` says what to do about it, or is empty."""

    exit_code = EXIT_BUG

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __reduce__(self) -> tuple[object, ...]:
        """Copy it without `__init__`, whose arguments differ: for processes that pass on exceptions."""
        return _unmade, (type(self),), {"args": self.args, **vars(self)}


def _unmade(kind: type[DisquectlError]) -> DisquectlError:
    return kind.__new__(kind)


class UsageError(DisquectlError):
    """The command line or a setting is wrong; found before anything was sent."""

    exit_code = 2


class ReplyError(DisquectlError):
    """The server's error reply.

    `code` is its first word (`BADID`, `NOREPL`, `ERR`, ...), `message` the whole text as sent.
    """

    exit_code = 1

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message, advice)
        self.code = message.partition(" ")[0]


class NotAuthorised(ReplyError):
    """The node requires a password, or refused the one given."""

    exit_code = 7


class NothingThere(DisquectlError):
    """There is no job, or the queue or ID does not exist."""

    exit_code = 4


class PartlyDone(DisquectlError):
    """Some were done and some were not; the message has the counts."""

    exit_code = 3


class ConnectionFailed(DisquectlError, ConnectionError):
    """No node could be reached, or the connection broke before the request was sent."""

    exit_code = 5


class NotDisque(ConnectionFailed):
    """The server at that address is not a Disque."""


class NoAnswer(DisquectlError, TimeoutError):
    """The response timeout passed for a request that changes nothing."""

    exit_code = 6


class OutcomeUnknown(DisquectlError):
    """The request was sent, but no valid reply came: it may or may not have been executed."""

    exit_code = 8


class DataError(DisquectlError):
    """Output could not be written, or input could not be read."""

    exit_code = 9
