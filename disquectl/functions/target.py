"""What `--call` names: the function, how it takes its job, and what it makes of a job's body.

`MODULE:FUNCTION` is imported as `python -m` would: the current folder comes first.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import traceback
from functools import partial

from disquectl.errors import UsageError
from disquectl.jobs import CURRENT, Function, arguments_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from disquectl.functions.entry import Entry


class Target:
    """A function that can be called with a job.

    call      what to call with the job; a coroutine function if `is_async`
    queue     the queue that the function names, or None
    settings  the settings that the function has
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.queue: str | None = None
        self.settings: Mapping[str, Any] = {}
        takes_arguments = isinstance(function, Function)
        if isinstance(function, Function):
            self.queue, self.settings = function.queue, function.settings
            function = function.function
        self.is_async = is_async(function)
        self.call: Callable[[Entry], Any]
        if self.is_async:
            self.call = partial(_await_with_arguments if takes_arguments else _await_with_job, function)
        else:
            self.call = partial(_call_with_arguments if takes_arguments else _call_with_job, function)

    def end_with(self, end: Callable[[Entry], object]) -> None:
        """Call `end(job)` whenever the function has ended."""
        self.call = partial(_await_and_end if self.is_async else _call_and_end, self.call, end)


def load(name: str) -> Target:
    """Return the function of this name. Raises UsageError if there is none, or if its module fails."""
    module_name, colon, path = name.partition(":")
    if not (colon and module_name and path):
        raise UsageError(f"not MODULE:FUNCTION: {name!r}", "write it like shop.mail:send")
    found: Any = _module(module_name)
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise UsageError(f"{module_name} has no {path!r}", _similar(found, part)) from None
    if not callable(found):
        raise UsageError(f"{name} is not a function, but {type(found).__name__}")
    if inspect.isclass(found) or inspect.isgeneratorfunction(found) or inspect.isasyncgenfunction(found):
        raise UsageError(f"{name} is a class or a generator; --call takes a function")
    return Target(found)


def _module(name: str) -> object:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name is not None and (name == problem.name or name.startswith(f"{problem.name}.")):
            raise UsageError(
                f"no module named {problem.name!r}",
                f"it is looked for in {os.getcwd()}, and where {sys.executable} finds modules",
            ) from None
        raise _import_failed(name, problem) from None
    except (Exception, SystemExit) as problem:
        raise _import_failed(name, problem) from None


def _import_failed(name: str, problem: BaseException) -> UsageError:
    """The exception with the place in the user's code that it comes from."""
    try:
        last = traceback.format_exception_only(problem)[-1].strip()
    except Exception:
        last = type(problem).__name__
    frames = [
        frame
        for frame in traceback.extract_tb(problem.__traceback__)
        if not frame.filename.startswith("<frozen") and frame.filename not in (__file__, importlib.__file__)
    ]
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    return UsageError(f"cannot import {name}: {last}{where}")


def _similar(owner: object, name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, [one for one in dir(owner) if not one.startswith("_")], 3)
    return f"similar: {', '.join(near)}" if near else ""


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it returns a coroutine, as far as its definition shows."""
    if inspect.iscoroutinefunction(function):
        return True
    return not inspect.isfunction(function) and inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - its kind is asked for, not whether there is one
    )


def _call_with_job(function: Callable[..., Any], entry: Entry) -> None:
    CURRENT.set(entry)
    result = function(entry)
    if result is not None:
        _refuse_coroutine(result)


def _call_with_arguments(function: Callable[..., Any], entry: Entry) -> None:
    CURRENT.set(entry)
    args, kwargs = arguments_of(entry.body)
    result = function(*args, **kwargs)
    if result is not None:
        _refuse_coroutine(result)


async def _await_with_job(function: Callable[..., Any], entry: Entry) -> None:
    CURRENT.set(entry)
    await function(entry)


async def _await_with_arguments(function: Callable[..., Any], entry: Entry) -> None:
    CURRENT.set(entry)
    args, kwargs = arguments_of(entry.body)
    await function(*args, **kwargs)


def _call_and_end(call: Callable[[Entry], object], end: Callable[[Entry], object], entry: Entry) -> None:
    try:
        call(entry)
    finally:
        end(entry)


async def _await_and_end(
    call: Callable[[Entry], Awaitable[object]], end: Callable[[Entry], object], entry: Entry
) -> None:
    try:
        await call(entry)
    finally:
        end(entry)


def _refuse_coroutine(result: object) -> None:
    """A coroutine that is not awaited has done nothing."""
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError("the function returned a coroutine and is not defined by `async def`")
