"""How a command is defined: a function that returns its words and how its reply is read.

`Client` sends the request and returns the value, `Pipeline` collects it: both have the same methods, made by
`command_method` from one definition. It sends nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Concatenate, Generic, ParamSpec, TypeAlias, TypeVar, overload

    from disquectl.protocol.resp import AnyWord, Reply

    Value = TypeVar("Value")
    Given = ParamSpec("Given")

    # The words, what makes the value of the reply, `repeatable`, `wait_ms` and `failover` as in
    # Transport.request.
    Asked: TypeAlias = tuple[tuple[AnyWord, ...], Callable[[Reply], Value], bool, "int | None", bool]

    class CommandMethod(Generic[Given, Value]):
        """A method of `Client` that returns the value, and of `Pipeline` that returns nothing."""

        @overload
        def __get__(self, owner: Collects, kind: object = None) -> Callable[Given, None]: ...
        @overload
        def __get__(self, owner: Sends, kind: object = None) -> Callable[Given, Value]: ...
        @overload
        def __get__(self, owner: None, kind: object = None) -> Callable[Concatenate[Any, Given], Value]: ...
        def __get__(self, owner: object, kind: object = None) -> object:
            """Return the bound method."""


class Sends:
    """Base of what sends the request of a command at once and returns its value."""

    def _carry_out(
        self,
        words: tuple[AnyWord, ...],
        value_of: Callable[[Reply], Value],
        repeatable: bool,
        wait_ms: int | None,
        failover: bool,
    ) -> Value:
        raise NotImplementedError


class Collects:
    """Base of what collects the requests of commands."""

    def _carry_out(
        self,
        words: tuple[AnyWord, ...],
        value_of: Callable[[Reply], object],
        repeatable: bool,
        wait_ms: int | None,
        failover: bool,
    ) -> None:
        raise NotImplementedError


def command_method(
    define: Callable[Concatenate[Any, Given], Asked[Value]],
) -> CommandMethod[Given, Value]:
    """Return the method of a command, by the function that defines its request."""

    def method(self: Any, *given: Any, **options: Any) -> object:  # noqa: ANN401 - those of `define`
        return self._carry_out(*define(self, *given, **options))

    # As functools.wraps, whose module takes longer to load than the client.
    method.__name__, method.__qualname__ = define.__name__, define.__qualname__
    method.__doc__, method.__module__ = define.__doc__, define.__module__
    method.__wrapped__ = define  # type: ignore[attr-defined]  # inspect shows the signature of `define`
    returned = define.__annotations__["return"]
    define.__annotations__["return"] = returned.removeprefix("Asked[").removesuffix("]")
    return method  # type: ignore[return-value]  # a function is bound in the same way


def reads(words: tuple[AnyWord, ...], value_of: Callable[[Reply], Value]) -> Asked[Value]:
    """A request that changes nothing, or the same when it is repeated: it may be sent again."""
    return words, value_of, True, 0, True


def changes(
    words: tuple[AnyWord, ...], value_of: Callable[[Reply], Value], wait_ms: int | None = 0
) -> Asked[Value]:
    """A request that must not be sent twice. `wait_ms`: how long the command itself may wait."""
    return words, value_of, False, wait_ms, True


def one_server(
    words: tuple[AnyWord, ...], value_of: Callable[[Reply], Value], repeatable: bool = False
) -> Asked[Value]:
    """A request that is meant for the connected node and no other one."""
    return words, value_of, repeatable, 0, False


def nothing(_reply: Reply) -> None:
    """The value of a command without a result."""


def record(convert: Callable[[Reply], object]) -> Callable[[Reply], Any]:
    """The same function, for a definition that names the type of the record (protocol/records.py)."""
    return convert
