"""Checks one value of a reply: that it is the number, text, bytes or array that is expected there.

Anything else raises NotDisque, or OutcomeUnknown where the request may have changed something. Both say what
kind of value came and never its content (that could be a secret, or a body of megabytes).
"""

from __future__ import annotations

from disquectl.errors import DisquectlError, NotDisque, OutcomeUnknown, ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    from disquectl.protocol.resp import Reply

    Record: TypeAlias = dict[str, Any]


# The commands that change nothing. Any other counts as one that changes something, even an unknown one.
READS = frozenset(
    {"CLIENT GETNAME", "CLIENT LIST", "CLUSTER INFO", "CLUSTER MYID", "CLUSTER NODES", "COMMAND"}
    | {"COMMAND COUNT", "COMMAND INFO", "CONFIG GET", "HELLO", "INFO", "JSCAN", "LATENCY", "LATENCY DOCTOR"}
    | {"LATENCY GRAPH", "LATENCY HISTORY", "LATENCY LATEST", "MONITOR", "PING", "QLEN", "QPEEK", "QSCAN"}
    | {"QSTAT", "SHOW", "SLOWLOG", "SLOWLOG GET", "SLOWLOG LEN", "TIME"}
)
_FAMILIES = frozenset(name.partition(" ")[0] for name in READS if " " in name)
# Deeper than any reply of a Disque, and far from where Python gives up.
DEEPEST = 50


def unexpected(command: str, reply: object) -> DisquectlError:
    """Return the exception for a reply that Disque never gives to this command.

    It is not known what a server that answers so has done: OutcomeUnknown, but for what only reads.
    """
    text = f"unexpected reply to {command}: {_kind(reply)}"
    if command.upper() in READS:
        return NotDisque(text, "Is this address really a Disque?")
    return OutcomeUnknown(
        f"{text}: it may or may not have been carried out", "Look first, then repeat it. Is this a Disque?"
    )


def name_of(words: Sequence[bytes | str | int]) -> str:
    """The command of a request as `unexpected` takes it: two words where it has subcommands."""
    names = [(word.decode("latin-1") if isinstance(word, bytes) else str(word)).upper() for word in words[:2]]
    return " ".join(names) if names[0] in _FAMILIES else names[0]


def is_plain(value: object, depth: int = DEEPEST) -> bool:
    """Whether it consists of what RESP2 has, and is not nested deeper than any reply of a Disque."""
    if isinstance(value, list):
        return depth > 0 and all(is_plain(element, depth - 1) for element in value)
    return value is None or type(value) is int or isinstance(value, (bytes, ReplyError))


def _kind(reply: object) -> str:
    if reply is None:
        return "nil"
    if isinstance(reply, ReplyError):
        return f"an error inside it ({reply.message[:200]})"
    if isinstance(reply, bytes):
        return f"text of {len(reply)} bytes"
    if isinstance(reply, list):
        return f"an array of {len(reply)}"
    if type(reply) is int:
        return "an integer"
    return f"a {type(reply).__name__}"


def integer(command: str, value: Reply) -> int:
    """An integer reply."""
    if type(value) is not int:  # a boolean of RESP3 is none
        raise unexpected(command, value)
    return value


def octets(command: str, value: Reply) -> bytes:
    """Bytes that belong to users: a queue name, a body."""
    if not isinstance(value, bytes):
        raise unexpected(command, value)
    return value


def text(command: str, value: Reply) -> str:
    r"""Text that the server made, such as an ID or a state; what is not UTF-8 becomes `\xff`."""
    data = octets(command, value)
    # Naming a handler of errors takes twice as long.
    return data.decode() if data.isascii() else data.decode("utf-8", "backslashreplace")


def digits(command: str, value: Reply) -> int:
    """A number that Disque sends as text, such as a cursor or a port."""
    if isinstance(value, bytes) and value.isdigit() and len(value) <= 20:
        return int(value)
    return integer(command, value)


def array(command: str, value: Reply, at_least: int = 0) -> list[Reply]:
    """An array with at least `at_least` elements."""
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
    """A value of a named field that the server made: text, integer, nil, or a list of texts."""
    if isinstance(value, bytes):
        return text(command, value)
    if isinstance(value, list):
        return [text(command, element) for element in value]
    if value is None or type(value) is int:
        return value
    raise unexpected(command, value)
