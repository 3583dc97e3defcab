"""Counts the files that a worker needs to have open, and raises the limit before it takes a job."""

from __future__ import annotations

import resource

from disquectl.errors import DataError
from disquectl.worker.plan import LINES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.worker.plan import Plan

# Both ends of the pipe for stderr; with --lines also our ends of stdin and stdout, with --tag a second pipe.
_FILES_A_SLOT, _FILES_A_HANDLER = 2, 4
# Connections to some twenty nodes, scrapes, our streams, signals, a job that is being started.
_OTHER_FILES = 100


def files_needed(plan: Plan) -> int:
    """Return how many files this worker may have open at a time."""
    return _OTHER_FILES + plan.concurrency * (
        _FILES_A_HANDLER if plan.input_mode == LINES or plan.tag else _FILES_A_SLOT
    )


def make_room(plan: Plan) -> None:
    """Raise the soft limit of open files if it is too low. Raises DataError if the hard limit is too low."""
    needed = files_needed(plan)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise DataError(
            f"-c {plan.concurrency} needs {needed} open files, and the limit is {hard}",
            "raise it with ulimit -n, or lower -c",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
