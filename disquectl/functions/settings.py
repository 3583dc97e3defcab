"""The plan of a process that calls a function: options, then the settings on the function. Pure."""

from __future__ import annotations

from dataclasses import replace

from disquectl.errors import UsageError
from disquectl.spec.backoff_curve import curve
from disquectl.spec.param_types import duration_ms
from disquectl.worker.backoff import Backoff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from disquectl.worker.plan import Plan


def with_settings(plan: Plan, given: Collection[str], queue: str | None, settings: Mapping[str, Any]) -> Plan:
    """Return the plan with the settings of `@job(...)`, where no option was given.

    `given`: the names of the options that were. Raises UsageError for a setting that is wrong, and if no
    queue is named.
    """
    if not plan.queues and queue is None:
        raise UsageError("no queue is named", "give -q QUEUE, or @job(queue=...) on the function")
    changes: dict[str, Any] = {}
    if not plan.queues and queue is not None:
        changes["queues"] = ((queue.encode("utf-8", "surrogateescape"), 1),)
    for name, value in settings.items():
        if name in given or (name == "dead" and "no_dead" in given):
            continue
        try:
            changes |= _CHANGES[name](value) if name in _CHANGES else {}
        except (UsageError, TypeError, ValueError) as problem:
            raise UsageError(f"@job({name}={value!r}): {problem}") from None
    return replace(plan, **changes)


def _max_retries(value: object) -> dict[str, Any]:
    if type(value) is not int or value < 0:
        raise UsageError("it is a whole number from 0")
    return {"max_retries": value}


def _backoff(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        return {"backoff": Backoff(*curve(value))}
    return {"backoff": Backoff(_seconds(value), 1.0)}


def _timeout(value: object) -> dict[str, Any]:
    seconds = duration_ms(value) / 1000 if isinstance(value, str) else _seconds(value)
    if not seconds:
        raise UsageError("it would end every function at once")
    return {"timeout": seconds}


def _dead(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"keep_dead": value}
    if not isinstance(value, str):
        raise UsageError("it is the name of a queue, or False")
    return {"dead_queue": value.encode("utf-8", "surrogateescape")}


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**31:
        raise UsageError("it is a number of seconds")
    return float(value)


_CHANGES = {"max_retries": _max_retries, "backoff": _backoff, "timeout": _timeout, "dead": _dead}
