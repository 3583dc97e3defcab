"""What nobody foresaw: how it is told, by the command line and by the shell alike."""

from __future__ import annotations

import os
from traceback import format_exception

from disquectl.errors import DisquectlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.streams import Streams


def internal_error(problem: Exception, streams: Streams) -> DisquectlError:
    """The failure that stands for it, with the exit code of a bug; its kind alone is named.

    With DISQUECTL_DEBUG=1 the traceback goes out first, without values of variables, which may be secret.
    """
    if os.environ.get("DISQUECTL_DEBUG") == "1":
        streams.say("".join(format_exception(problem)).rstrip())
    return DisquectlError(
        f"this is a bug in disquectl: {type(problem).__name__}", "DISQUECTL_DEBUG=1 shows where"
    )
