"""Checks the options of `Client` when it is made, not at its first request. Pure."""

from __future__ import annotations

import sys

from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def is_seconds(value: object) -> bool:
    """Whether it is a finite number from 0."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= sys.float_info.max  # type: ignore[operator]  # it is a number


def check_options(options: Mapping[str, object]) -> None:
    """Raise UsageError, which names the option, for a value of a wrong type and for a timeout below 0.

    `options` are those of `Client`, by name. The message has the type of a wrong password, not its value.
    """
    connect_timeout, response_timeout = options["connect_timeout"], options["response_timeout"]
    if not _is_timeout(connect_timeout):
        raise _wrong("connect_timeout", "a number of seconds above 0", repr(connect_timeout))
    if response_timeout is not None and not _is_timeout(response_timeout):
        raise _wrong("response_timeout", "a number of seconds above 0, or None", repr(response_timeout))
    password, tracer, notice = options["password"], options["tracer"], options["notice"]
    if password is not None and not isinstance(password, str | bytes):
        raise _wrong("password", "str or bytes", type(password).__name__)
    if tracer is not None and not _is_a(tracer, "disquectl.client.tracing", "Tracer"):
        raise _wrong("tracer", "a disquectl.Tracer", repr(tracer))
    if options["tls"] is not None and not _is_a(options["tls"], "disquectl.client.tls", "Tls"):
        raise _wrong("tls", "a disquectl.client.tls.Tls, such as Tls()", repr(options["tls"]))
    if notice is not None and not callable(notice):
        raise _wrong("notice", "a function", repr(notice))


def _is_timeout(value: object) -> bool:
    return value == float("inf") or (is_seconds(value) and value != 0)


def _is_a(value: object, module: str, name: str) -> bool:
    """Whether it is of a class, whose module need not be loaded."""
    return any((kind.__module__, kind.__name__) == (module, name) for kind in type(value).__mro__)


def _wrong(name: str, what: str, value: str) -> UsageError:
    return UsageError(f"{name} must be {what}, not {value}")
