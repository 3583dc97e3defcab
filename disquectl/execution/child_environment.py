"""The environment of the processes that disquectl starts: its nodes, and no password unless requested.

Pure. It knows settings and an environment, but neither the shell nor the worker.
"""

from __future__ import annotations

import os

from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from disquectl.client.address import Node
    from disquectl.config.settings import Settings

# What leads disquectl to a cluster: none of it is inherited.
PREFIX = "DISQUE_"


def child_environment(
    environ: Mapping[str, str],
    settings: Settings,
    *,
    connected: Node | None = None,
    pass_credentials: bool = False,
) -> dict[str, str]:
    """The environment for a process started by a session with these settings.

    `environ` is that of disquectl; bytes that are not UTF-8 are surrogates, as in os.environ.

    DISQUE_NODES has the nodes of the session, beginning with the one that is `connected`. No other DISQUE_
    variable is passed on, nor the variable that the profile reads its password from. A protected profile is
    named by DISQUE_PROFILE instead of its nodes (and beside other nodes). A read-only session sets
    DISQUECTL_READ_ONLY=1.

    `pass_credentials` adds DISQUE_PASSWORD where the session has a password, and for TLS puts the nodes into
    DISQUE_URL (disques://...) instead of DISQUE_NODES, so that the password is never sent in the clear. The
    caller has fetched the password: it is `settings.password`. Raises UsageError for a password with a NUL.
    """
    child = {name: value for name, value in environ.items() if not name.startswith(PREFIX)}
    source = settings.password_source
    if source is not None and source.key == "password_env" and not pass_credentials:
        child.pop(str(source.value), None)
    if settings.read_only:
        child["DISQUECTL_READ_ONLY"] = "1"
    if settings.protected and settings.profile:
        child["DISQUE_PROFILE"] = settings.profile
        if settings.config_path is not None:
            child["DISQUECTL_CONFIG"] = os.path.abspath(settings.config_path)
    if not (settings.protected and settings.nodes_from_profile):
        _name_nodes(child, settings, connected, pass_credentials)
    if pass_credentials and settings.password is not None:
        if "\0" in settings.password:
            raise UsageError("a password with a NUL cannot be passed on in the environment")
        child["DISQUE_PASSWORD"] = settings.password
    return child


def _name_nodes(
    child: dict[str, str], settings: Settings, connected: Node | None, pass_credentials: bool
) -> None:
    nodes = list(dict.fromkeys([connected, *settings.nodes] if connected else settings.nodes))
    text = ",".join(str(node) for node in nodes)
    if settings.tls is not None and pass_credentials and not any(node.path for node in nodes):
        child["DISQUE_URL"] = f"disques://{text}"
    else:
        child["DISQUE_NODES"] = text
