"""One value of a reply, checked: this is the number, the text, the bytes or the array that must stand here.

Anything else raises NotDisque, which says what kind of value stood there and never its content (that could
be a secret, or a body of megabytes). Knows no command but by the name it is given for the message.
"""

from __future__ import annotations

from disquectl.errors import NotDisque, ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from disquectl.protocol.resp import Reply

    Record: TypeAlias = dict[str, Any]


def unexpected(command: str, reply: object) -> NotDisque:
    """The exception for a reply that no Disque gives to this command."""
    return NotDisque(f"unexpected reply to {command}: {_kind(reply)}", "Is this address really a Disque?")


def _kind(reply: object) -> str:
    if reply is None:
        return "nil"
    if isinstance(reply, ReplyError):
        return f"an error inside it ({reply.message[:200]})"
    if isinstance(reply, bytes):
        return f"text of {len(reply)} bytes"
    if isinstance(reply, list):
        return f"an array of {len(reply)}"
    if isinstance(reply, int):
        return "an integer"
    return f"a {type(reply).__name__}"


def integer(command: str, value: Reply) -> int:
    """An integer reply."""
    if not isinstance(value, int):
        raise unexpected(command, value)
    return value


def octets(command: str, value: Reply) -> bytes:
    """Bytes that belong to users: a queue name, a body."""
    if not isinstance(value, bytes):
        raise unexpected(command, value)
    return value


def text(command: str, value: Reply) -> str:
    r"""Text of the server's own, such as an ID or a state; what is not UTF-8 becomes `\xff`."""
    data = octets(command, value)
    # Naming a handler of errors takes twice as long.
    return data.decode() if data.isascii() else data.decode("utf-8", "backslashreplace")


def digits(command: str, value: Reply) -> int:
    """A number that Disque sends as text, such as a cursor or a port."""
    if isinstance(value, bytes) and value.isdigit() and len(value) <= 20:
        return int(value)
    return integer(command, value)


def array(command: str, value: Reply, at_least: int = 0) -> list[Reply]:
    """An array of so many elements or more."""
    if not isinstance(value, list) or len(value) < at_least:
        raise unexpected(command, value)
    return value


def pairs(command: str, value: Reply) -> list[tuple[str, Reply]]:
    """A flat array of names and values."""
    flat = array(command, value)
    if len(flat) % 2:
        raise unexpected(command, flat)
    return [(text(command, flat[i]), flat[i + 1]) for i in range(0, len(flat), 2)]


def field(command: str, value: Reply) -> str | int | list[str] | None:
    """A value of the server's own in a named field: text, integer, nil, or a list of texts."""
    if isinstance(value, bytes):
        return text(command, value)
    if isinstance(value, list):
        return [text(command, element) for element in value]
    if value is None or isinstance(value, int):
        return value
    raise unexpected(command, value)
