"""Where one request may still go, and what to say when it cannot be known what became of it.

Pure: decides nothing and connects nothing; it keeps the order of the seeds and the words of the failures.
"""

from __future__ import annotations

from disquectl.client.address import Node, as_nodes, distinct, hint
from disquectl.client.connection import TimedOut
from disquectl.client.connection_factory import not_resp
from disquectl.errors import ConnectionFailed, NoAnswer, OutcomeUnknown, UsageError
from disquectl.protocol.resp import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from disquectl.client.connection import Connection
    from disquectl.errors import ReplyError

    # What names the seeds: text with commas, a node, a host and a port, or a mixture of them.
    Seeds: TypeAlias = "str | Node | tuple[str, int] | Iterable[str | Node | tuple[str, int]]"

_NOT_SENT_AGAIN = "It was not sent again, since doing it twice could matter. Look first, then repeat it."


class FailoverPlan:
    """The nodes that are still to be tried, and why the request could not be done at the others."""

    __slots__ = ("_returning", "_tried", "nodes", "reasons")

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.reasons: list[str] = []
        self._returning: set[Node] = set()
        self._tried = list(nodes)

    def failed(self, node: Node, reason: str, come_back: bool = False) -> None:
        """Note a failure; a node that had let us in may be tried once more, after the others."""
        self.reasons.append(f"{node}: {reason}")
        if come_back and node not in self._returning:
            self._returning.add(node)
            self.nodes.append(node)

    def over(self) -> ConnectionFailed:
        """The exception when no node is left."""
        return ConnectionFailed(
            "; ".join(dict.fromkeys(self.reasons)),
            hint(self._tried) or "Is a Disque running there? Name one by --node or DISQUE_NODES.",
        )


def seeds(nodes: Seeds) -> list[Node]:
    """The nodes that `nodes` names, each once. Raises UsageError."""
    one = isinstance(nodes, str | Node) or not hasattr(nodes, "__iter__") or _is_address(nodes)
    found: list[Node] = []
    for node in [nodes] if one else nodes:  # type: ignore[union-attr]  # it is iterable: mypy cannot see that
        found.extend(as_nodes(node))  # type: ignore[arg-type]  # as_nodes refuses what is none
    if not found:
        raise UsageError("no node is given", "Name at least one, such as 127.0.0.1:7711.")
    return distinct(found)


def _is_address(nodes: object) -> bool:
    """Whether it is a host and a port, and not two nodes."""
    return isinstance(nodes, tuple) and len(nodes) == 2 and isinstance(nodes[1], int)


def leaves_open(error: ReplyError) -> bool:
    """Whether ADDJOB's error reply says that the job may be delivered all the same."""
    return error.message.startswith(("NOREPL Timeout", "NOREPL job removed"))


def unknown(connection: Connection, what: str) -> OutcomeUnknown:
    """The exception for a request that was sent and got no answer."""
    return OutcomeUnknown(
        f"{connection.node}: the request was sent, then {what}: it may or may not have been carried out",
        _NOT_SENT_AGAIN,
    )


def told(
    connection: Connection, failure: BaseException, timeout: float | None, repeatable: bool
) -> BaseException:
    """What to raise for a failure while a reply was waited for.

    An interruption (Ctrl-C, or what the caller's own signal handler raises) stays what it is, with a note of
    what is known where the request may not be repeated.
    """
    if isinstance(failure, TimedOut):
        if not repeatable:
            return unknown(connection, f"no answer came within {timeout:g}s")
        return NoAnswer(
            f"{connection.node}: no answer within {timeout:g}s", "--response-timeout allows for more."
        )
    if isinstance(failure, ProtocolError):
        # From a node that has spoken RESP before, garbage tells little of what it did.
        if connection.replied and not repeatable:
            return unknown(connection, f"something came that is no reply ({failure})")
        return not_resp(connection.node, failure)
    if not repeatable:
        failure.add_note(unknown(connection, "it was interrupted").message)
    return failure


def occupied() -> UsageError:
    """The exception for a request in the middle of another one: each would get the other's reply."""
    return UsageError(
        "this client waits for the reply to another request",
        "A client is for one thread at a time: give each thread one of its own.",
    )
