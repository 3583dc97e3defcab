"""Looks up the addresses of a node, within a time limit.

The system's resolver may hang for minutes, and neither a signal nor a timeout interrupts it. So it runs in a
thread, which is left behind when the time is over. An address that needs no lookup takes no thread.
"""

from __future__ import annotations

import _socket as socket
import _thread as threads

from disquectl.client.connection import Unreachable, is_callers, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from disquectl.client.address import Node

    Address: TypeAlias = tuple[object, ...] | str


def addresses(node: Node, timeout: float) -> list[tuple[int, Address]]:
    """The families and addresses of a node's name, to be tried in order. Raises Unreachable.

    `timeout` is in seconds.
    """
    if node.path:
        return [(socket.AF_UNIX, node.path)]
    # Bytes go to the resolver as they are; text is put through the idna codec, which takes long to load.
    host: str | bytes = node.host.encode("ascii") if node.host.isascii() else node.host
    try:
        try:
            found = _resolve(host, node.port, socket.AI_NUMERICHOST)
        except socket.gaierror:
            found = _look_up(host, node.port, timeout)
    except (OSError, UnicodeError) as problem:
        if isinstance(problem, OSError) and is_callers(problem):
            raise
        reason = reason_of(problem) if isinstance(problem, OSError) else "not a host name"
        raise Unreachable(f"the name is not found ({reason})") from None
    return [(family, address) for family, _, _, _, address in found]


def _resolve(host: str | bytes, port: int, flags: int = 0) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)


def _look_up(host: str | bytes, port: int, timeout: float) -> list[Any]:
    """What the resolver finds. Raises Unreachable at the timeout, and as getaddrinfo does."""
    found: list[Any] = []
    has_ended = threads.allocate_lock()

    def look_up() -> None:
        try:
            found.append(_resolve(host, port))
        except Exception as problem:
            found.append(problem)
        has_ended.release()

    has_ended.acquire()
    try:
        threads.start_new_thread(look_up, ())
    except RuntimeError:  # the system has no more threads
        return _resolve(host, port)
    if not has_ended.acquire(timeout=timeout):
        raise Unreachable(f"the name was not looked up within {timeout:g}s")
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]  # type: ignore[no-any-return]  # what _resolve returned
