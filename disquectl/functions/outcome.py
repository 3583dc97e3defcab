"""What an exception of a function means for its job: a failure, another attempt, or the dead queue. Pure."""

from __future__ import annotations

import time
import traceback

from disquectl.jobs import Reject, Retry
from disquectl.protocol.job_options import MAX_SECONDS
from disquectl.worker.job import Failure, shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from types import FrameType, TracebackType

_LONGEST_TRACEBACK = 16 << 10


def failure_of(problem: BaseException, lines: int, *, skip: Container[str] = ()) -> Failure:
    """Return the failure with its traceback: the last `lines` lines of it, and its last line as the reason.

    Frames at the beginning that are in the files `skip` are left out: they are the worker's.
    """
    why = _last_line(problem)
    after = None
    if isinstance(problem, Retry):
        why, after = _reason(problem) or "the function asked for another attempt", _after(problem)
    elif isinstance(problem, Reject):
        why = rejection_of(problem)
    return Failure(None, None, _traceback(problem, lines, skip), time.time(), why=why, after=after)


def stack_of(frame: FrameType, skip: Container[str]) -> str:
    """Return where a function is, as text; `frame` is what runs in its thread.

    Frames up to the last one that is in the files `skip` are left out.
    """
    stack = traceback.extract_stack(frame)
    ours = [at for at, one in enumerate(stack) if one.filename in skip]
    return "".join(traceback.format_list(stack[ours[-1] + 1 :] if ours else stack))


def rejection_of(problem: BaseException) -> str:
    """Return why the job is not to be tried again; empty if it may be."""
    if isinstance(problem, Reject):
        return shortened(_reason(problem)) or "the function rejected the job"
    return ""


def _reason(problem: Reject | Retry) -> str:
    """Its reason as text: a class derived from it may have set anything, or nothing."""
    try:
        return str(problem.reason or "")
    except Exception:
        return type(problem).__name__


def _after(problem: Retry) -> float | None:
    after: object = problem.after
    if isinstance(after, int | float) and 0 <= after <= MAX_SECONDS:
        return after
    return None


def _last_line(problem: BaseException) -> str:
    """Such as `ValueError: no such address`."""
    try:
        return "".join(traceback.format_exception_only(problem)).strip()
    except Exception:  # __str__ of an exception may raise anything
        return type(problem).__name__


def _traceback(problem: BaseException, lines: int, skip: Container[str]) -> bytes:
    if not lines:
        return b""
    try:
        text = "".join(traceback.format_exception(type(problem), problem, _without(problem, skip)))
    except Exception:
        return type(problem).__name__.encode()
    kept = "\n".join(text.rstrip("\n").split("\n")[-lines:])
    return kept.encode("utf-8", "backslashreplace")[-_LONGEST_TRACEBACK:]


def _without(problem: BaseException, skip: Container[str]) -> TracebackType | None:
    found = problem.__traceback__
    while found is not None and found.tb_frame.f_code.co_filename in skip:
        found = found.tb_next
    return found
