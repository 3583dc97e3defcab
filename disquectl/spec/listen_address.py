"""The address that a command listens on for Prometheus: how it is written, and what to warn of. Pure."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.param_types import ParamType, whole_number

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def address(text: str) -> tuple[str, int]:
    """Host and port of `[HOST]:PORT`; without a host, the loopback address. Raises UsageError."""
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise UsageError(f"not an address: {text!r}", "write an IPv6 address in brackets: [::1]:9121")
    return host or _LOOPBACK[0], whole_number(0, 65535)(port)


def exposure(host: str) -> str:
    """Return the warning for an address that other machines can reach; empty for the loopback address."""
    if host in _LOOPBACK:
        return ""
    return f"anyone who can reach {host} can read the metrics: there is no authentication"


def metrics_url(host: str, port: int) -> str:
    """Return where the metrics are."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"


LISTEN = ParamType("word", address, "[HOST]:PORT")
