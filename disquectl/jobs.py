"""Python functions as handlers of jobs: `@job`, the job that a function gets, `Retry` and `Reject`.

    from disquectl import job

    @job(queue="mail", max_retries=5)
    def send(to, subject):
        ...

    send.enqueue("ada@example.org", "Hello")

`disquectl work --call shop.mail:send` runs the function for each job. help/python-handlers.md describes the
format of bodies. This module must not know the worker.
"""

from __future__ import annotations

import json
import os
import threading
from contextvars import ContextVar
from functools import update_wrapper
from typing import Generic, ParamSpec, TypeVar

from disquectl.errors import DisquectlError, OutcomeUnknown, PartlyDone, UsageError
from disquectl.protocol.delivered_job import DeliveredJob
from disquectl.protocol.job_options import DEFAULT_TTL_SECONDS, MAX_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from disquectl.library.client import Client

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Retry(Exception):
    """Raised by a function: the attempt failed, and the next one comes `after` this many seconds.

    Without `after`, the worker's backoff decides. It counts as an attempt, and --max-retries applies.
    """

    # For classes derived from it that have an `__init__` of their own.
    reason: str = ""
    after: float | None = None

    def __init__(self, reason: str = "", *, after: float | None = None) -> None:
        if after is not None and not 0 <= after <= MAX_SECONDS:
            raise UsageError(f"after must be a number of seconds from 0 to {MAX_SECONDS}, not {after!r}")
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Reject(Exception):
    """Raised by a function: the job can never succeed. It goes to the dead queue now, with this reason."""

    reason: str = ""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class SomeRefused(PartlyDone):
    """A node did not add some of many jobs.

    `ids` has the IDs in order, None for those not added. `problems` has the exception of each of these:
    ReplyError, or OutcomeUnknown for a job that may yet be delivered.
    """

    def __init__(self, problems: Sequence[DisquectlError], ids: list[str | None]) -> None:
        unknown = sum(isinstance(problem, OutcomeUnknown) for problem in problems)
        more = f"; {unknown} of these may yet be delivered" if unknown else ""
        super().__init__(
            f"{len(problems)} of {len(ids)} jobs were not added, the first with: {problems[0]}{more}"
        )
        self.problems = list(problems)
        self.ids = ids


class Job(DeliveredJob):
    """A job, as a function gets it. The worker sends WORKING for as long as the function runs."""

    __slots__ = ()

    def working(self) -> None:
        """Say that the function makes progress: --timeout starts again, and WORKING is sent now."""


# The job of the function that runs in this thread or task.
CURRENT: ContextVar[Job] = ContextVar("disquectl job")


def current_job() -> Job:
    """Return the job that this function runs for. Raises LookupError outside of a worker's function."""
    try:
        return CURRENT.get()
    except LookupError:
        raise LookupError("no job: this is not called by `disquectl work --call`") from None


class Function(Generic[P, R]):
    """A function with `@job`: called as before, and able to add jobs for a worker that calls it.

    settings  the arguments of `@job` that were given
    """

    def __init__(self, function: Callable[P, R], queue: str, settings: Mapping[str, Any]) -> None:
        self.function = function
        self.queue = queue
        self.settings = settings
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function, here and now."""
        return self.function(*args, **kwargs)

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Add a job with these arguments, which must be JSON values, and return its ID."""
        return self._add(0, args, kwargs)

    def enqueue_in(self, delay_seconds: int, /, *args: object, **kwargs: object) -> str:
        """Add a job that is not delivered before this many seconds have passed, and return its ID."""
        return self._add(delay_seconds, args, kwargs)

    def enqueue_bulk(self, arguments: Iterable[Sequence[Any] | Mapping[str, Any]]) -> list[str]:
        """Add many jobs in one go and return their IDs in order.

        Each element is a list or tuple of arguments, or a dict of arguments by name. Raises SomeRefused if
        the node did not add some, the exception of the first if it added none, and what leaving the block of
        `Client.pipeline` raises.
        """
        numbers = self._numbers(0)
        bodies = [_body_of_one(one) for one in arguments]

        def add_all(client: Client) -> list[str | DisquectlError]:
            with client.pipeline() as pipe:
                for body in bodies:
                    pipe.addjob(self.queue, body, **numbers)
            return pipe.replies

        replies = _PRODUCER.run(add_all)
        problems = [reply for reply in replies if isinstance(reply, DisquectlError)]
        if problems and len(problems) == len(replies):
            raise problems[0]
        if problems:
            raise SomeRefused(problems, [reply if isinstance(reply, str) else None for reply in replies])
        return [reply for reply in replies if isinstance(reply, str)]

    def _add(self, delay: int, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        body, numbers = body_of(args, kwargs), self._numbers(delay)
        return _PRODUCER.run(lambda client: client.addjob(self.queue, body, **numbers))

    def _numbers(self, delay: int) -> dict[str, Any]:
        """The options of `addjob` for these settings. The TTL counts from when the job is due."""
        numbers = {name: self.settings.get(name) for name in ("replicate", "retry", "ttl")}
        if delay:
            numbers |= {"delay": delay, "ttl": delay + (numbers["ttl"] or DEFAULT_TTL_SECONDS)}
        return numbers


def job(
    *,
    queue: str = "default",
    max_retries: int | None = None,
    backoff: str | float | None = None,
    timeout: str | float | None = None,
    dead: str | bool | None = None,
    retry: int | None = None,
    ttl: int | None = None,
    replicate: int | None = None,
) -> Callable[[Callable[P, R]], Function[P, R]]:
    """Return a decorator that makes a function a handler, with settings that a worker applies.

    `queue` is the queue of its jobs. `max_retries`, `backoff` (such as "5s,2,1h"), `timeout` (seconds, or
    text such as "5m") and `dead` (the name of the dead queue; False drops dead jobs) are those of `disquectl
    work`, whose options override them. `retry`, `ttl` (seconds) and `replicate` are options of the jobs that
    `enqueue` adds.
    """
    given = {
        "max_retries": max_retries,
        "backoff": backoff,
        "timeout": timeout,
        "dead": dead,
        "retry": retry,
        "ttl": ttl,
        "replicate": replicate,
    }
    settings = {name: value for name, value in given.items() if value is not None}

    def decorate(function: Callable[P, R]) -> Function[P, R]:
        if not callable(function):
            raise UsageError("@job(...) decorates a function")
        return Function(function, queue, settings)

    return decorate


# Bodies


def body_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
    """Return the body with these arguments: a JSON array, or an object with `args` and `kwargs`.

    Raises UsageError for arguments that are not JSON values.
    """
    value: object = {"args": list(args), "kwargs": dict(kwargs)} if kwargs else list(args)
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except (TypeError, ValueError, RecursionError) as problem:
        raise UsageError(f"arguments of a job must be JSON values: {problem}") from None


def arguments_of(body: bytes) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments in a body. Raises ValueError for a body of another format."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, list):
        return value, {}
    if isinstance(value, dict) and value.keys() <= {"args", "kwargs"}:
        args, kwargs = value.get("args", []), value.get("kwargs", {})
        if isinstance(args, list) and isinstance(kwargs, dict):
            return args, kwargs
    raise ValueError('the body is neither a JSON array of arguments nor {"args": [...], "kwargs": {...}}')


def _body_of_one(one: Sequence[Any] | Mapping[str, Any]) -> bytes:
    if isinstance(one, list | tuple):
        return body_of(one, {})
    if isinstance(one, dict):
        return body_of((), one)
    raise UsageError(f"enqueue_bulk takes a list, tuple or dict of arguments for each job, not {one!r}")


# Adding jobs


def use_client(client: Client | None) -> None:
    """Let `enqueue` use this client from now on; None goes back to one made from the environment."""
    _PRODUCER.use(client)


class _Producer:
    """The client that adds jobs: one for each process, used by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: Client | None = None
        self._client: Client | None = None
        self._pid = 0

    def use(self, client: Client | None) -> None:
        with self._lock:
            self._given = client

    def run(self, ask: Callable[[Client], T]) -> T:
        """Return what `ask(client)` returns."""
        if self._pid != os.getpid():
            # After a fork: neither the connection nor the lock of the parent may be used.
            self._lock, self._client, self._pid = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._given is not None:
                return ask(self._given)
            if self._client is None:
                from disquectl.library.client import Client

                self._client = Client.from_env()
            return ask(self._client)


_PRODUCER = _Producer()
