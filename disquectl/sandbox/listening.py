"""Opens the listening sockets of a sandbox.

They are bound before anything else starts, so that a port in use is reported at once.
"""

from __future__ import annotations

import os
import socket

_BACKLOG = 511
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def listen(host: str, port: int, nodes: int) -> list[socket.socket]:
    """Return one socket for each node: `port`, `port` + 1, ...; free ports if it is 0.

    Raises OSError, which names the address.
    """
    sockets: list[socket.socket] = []
    try:
        for index in range(nodes):
            sockets.append(_listen_on(host, port + index if port else 0))
    except OSError:
        for bound in sockets:
            bound.close()
        raise
    return sockets


def _listen_on(host: str, port: int) -> socket.socket:
    listener = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as problem:
        if listener is not None:
            listener.close()
        reason = (
            os.strerror(problem.errno) if isinstance(problem, OSError) and problem.errno else str(problem)
        )
        if isinstance(problem, socket.gaierror):
            reason = problem.strerror or str(problem)
        number = problem.errno if isinstance(problem, OSError) else None
        raise OSError(number, f"cannot listen on {join_address(host, port)}: {reason}") from None
    listener.setblocking(False)
    return listener


def address_of(listener: socket.socket) -> tuple[str, int]:
    """Return host and port for clients on this machine."""
    host, port = listener.getsockname()[:2]
    return _ANY.get(host, host), port


def join_address(host: str, port: int) -> str:
    """`host:port`, `[host]:port` for IPv6."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
