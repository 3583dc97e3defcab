"""Reports unexpected exceptions, for the command line and the shell alike."""

from __future__ import annotations

import os
from traceback import format_exception

from disquectl.errors import DisquectlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.streams import Streams


def internal_error(problem: Exception, streams: Streams) -> DisquectlError:
    """The error for an unexpected exception, with the exit code of a bug; only its type is named.

    With DISQUECTL_DEBUG=1 the traceback is printed first, without variables, which may be secret.
    """
    if os.environ.get("DISQUECTL_DEBUG") == "1":
        streams.say("".join(format_exception(problem)).rstrip())
    return DisquectlError(
        f"this is a bug in disquectl: {type(problem).__name__}", "DISQUECTL_DEBUG=1 shows where"
    )
