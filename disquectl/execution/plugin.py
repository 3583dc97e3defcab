"""Runs `check`: whatever goes wrong, there is a line on stdout and one of the exit codes of a plugin.

Monitoring reads stdout and the exit code; it takes any code but 0 to 3 for an error.
"""

from __future__ import annotations

from contextlib import suppress

from disquectl.errors import DisquectlError
from disquectl.execution.crash import internal_error
from disquectl.health.plugin import EXIT_CODES, unknown
from disquectl.render.escape import for_message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.execution.streams import Streams

_UNKNOWN = EXIT_CODES["UNKNOWN"]


def run_plugin(run: Callable[[], int], streams: Streams) -> int:
    """Run the command line and return its exit code; after an error of any kind that of UNKNOWN."""
    try:
        return run()
    except DisquectlError as problem:
        text = for_message(problem.message, problem.advice)
    except BrokenPipeError:
        return _UNKNOWN
    except KeyboardInterrupt:
        text = "interrupted"
    except Exception as problem:
        bug = internal_error(problem, streams)
        text = for_message(bug.message, bug.advice)
    with suppress(OSError, DisquectlError):
        streams.put(unknown(text).encode("utf-8", "backslashreplace") + b"\n")
        return _UNKNOWN
    streams.say(f"disquectl: {text}")
    return _UNKNOWN
