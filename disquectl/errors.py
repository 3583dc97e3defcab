"""Everything that can go wrong, one class a kind of failure, each with the exit code it ends with.

    DisquectlError
    ├── UsageError            2    what was typed cannot be done
    ├── ReplyError            1    the server refused: its code and its text
    │   └── NotAuthorised     7    NOAUTH, or a wrong password
    ├── NothingThere          4    no job, no such queue or ID
    ├── PartlyDone            3    some were done, some were refused
    ├── ConnectionFailed      5    no node reachable, or lost before anything was sent; a ConnectionError
    │   └── NotDisque         5    something answers, and it is no Disque
    ├── NoAnswer              6    no answer in time, to what changes nothing; a TimeoutError
    ├── OutcomeUnknown        8    it was sent and no answer, or none that is understood, came
    └── DataError             9    the result could not be written, or an input not read

This module knows nothing of the rest. Anything else that escapes is a bug in disquectl.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


class DisquectlError(Exception):
    """The base of them all; `advice` is the next thing to try, or empty."""

    exit_code = EXIT_BUG

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class UsageError(DisquectlError):
    """What was asked cannot be done: found before anything was sent."""

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
    """The node wants a password, or another one."""

    exit_code = 7


class NothingThere(DisquectlError):
    """The queue, the job, or the thing that was asked for does not exist."""

    exit_code = 4


class PartlyDone(DisquectlError):
    """Some were done; the message has the counts."""

    exit_code = 3


class ConnectionFailed(DisquectlError, ConnectionError):
    """No node could be reached, or the connection broke before the request was sent."""

    exit_code = 5


class NotDisque(ConnectionFailed):
    """Something answers at that address, and it does not speak as a Disque does."""


class NoAnswer(DisquectlError, TimeoutError):
    """The response timeout passed on a request that changes nothing."""

    exit_code = 6


class OutcomeUnknown(DisquectlError):
    """The request was sent and no answer that is understood came; it may or may not have been carried out."""

    exit_code = 8


class DataError(DisquectlError):
    """The result could not be written or an input could not be read."""

    exit_code = 9
