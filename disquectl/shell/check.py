"""Finds options of a line that contradict each other. Pure.

Rules: Disque 1.0-rc1, which rejects them.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.job_options import DEFAULT_TTL_SECONDS
from disquectl.shell.parts import ARGUMENT, OPTION, VALUE
from disquectl.spec.param_types import whole_seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.parts import Part, Reading


def check(reading: Reading) -> Reading:
    """Mark the words that contradict each other; return the same reading."""
    command = reading.inner.command if reading.inner else reading.command
    if command is not None and command.name == "addjob":
        _check_addjob(reading.parts)
    return reading


def _check_addjob(parts: list[Part]) -> None:
    retry, replicate, delay, ttl = (_given(parts, name) for name in ("retry", "replicate", "delay", "ttl"))
    if retry is not None and _seconds(retry) == 0 and (replicate is None or _text(replicate) != "1"):
        retry.problem = retry.problem or "RETRY 0 (at-most-once) needs REPLICATE 1"
    if delay is None:
        return
    delay_seconds = _seconds(delay)
    ttl_seconds = DEFAULT_TTL_SECONDS if ttl is None else _seconds(ttl)
    if delay_seconds is not None and ttl_seconds is not None and delay_seconds >= ttl_seconds:
        delay.problem = delay.problem or "DELAY must be less than TTL: the job would expire first"


def _given(parts: list[Part], name: str) -> Part | None:
    """Return the last value of this option or argument, or None."""
    found = None
    for part in parts:
        if part.parameter is not None and part.parameter.name == name:
            has_value = part.role == OPTION and "=" in part.word.text
            found = part if part.role in (VALUE, ARGUMENT) or has_value else found
    return found


def _text(part: Part) -> str:
    return part.word.text.partition("=")[2] if part.role == OPTION else part.word.text


def _seconds(part: Part) -> int | None:
    try:
        return whole_seconds(_text(part))
    except UsageError:
        return None
