"""What a client is made with: by a URL, or by the environment and the profiles as on the command line.

No message has a password in it.
"""

from __future__ import annotations

import os

from disquectl.client.address import parse_url
from disquectl.client.connection_factory import tls_of
from disquectl.client.failover import seeds
from disquectl.config.settings import resolve
from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from disquectl.client.failover import Seeds
    from disquectl.spec.parameters import Raw


def from_url(url: str) -> dict[str, Any]:
    """The arguments of `Client` for a URL. Raises UsageError."""
    if not isinstance(url, str):
        raise UsageError(f"a URL is text, not {type(url).__name__}", "For example disque://:secret@host:7711")
    target = parse_url(url)
    return {"nodes": target.nodes, "password": target.password, "tls": tls_of({} if target.tls else None)}


def from_environment(
    profile: str | None, config: str | None, nodes: Seeds | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The arguments of `Client`, and warnings: as of a command with --profile, --config and --node.

    Raises UsageError or DataError for wrong settings.
    """
    environ = os.environ
    options: Raw = {}
    if profile is not None:
        options["profile"] = profile
    if config is not None:
        options["config"] = config
    if nodes is not None:
        # The password and the TLS of a profile are not for other nodes.
        options["node"] = tuple(map(str, seeds(nodes)))
    settings = resolve(options, environ)
    warnings = list(settings.warnings)
    password = settings.password
    if password is None and settings.password_source is not None:
        password, warning = settings.password_source.read(environ)
        warnings += [warning] if warning else []
    arguments = {
        "nodes": settings.nodes,
        "password": password,
        "tls": tls_of(settings.tls),
        "connect_timeout": settings.connect_timeout_ms / 1000,
        "response_timeout": settings.response_timeout_ms / 1000,
        "read_only": settings.read_only,
    }
    return arguments, warnings
