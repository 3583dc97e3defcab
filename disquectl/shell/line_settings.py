"""The settings of one line: those of the shell, changed by the options in the line."""

from __future__ import annotations

from copy import copy

from disquectl.config.settings import PASSWORD_IS_VISIBLE, resolve
from disquectl.spec.global_options import CONNECTING, GLOBAL_OPTIONS
from disquectl.spec.parameters import convert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from disquectl.config.settings import Settings
    from disquectl.spec.parameters import Raw

# The settings of a connection, which change together.
CONNECTION = (
    "ask_password",
    "connect_timeout_ms",
    "nodes",
    "nodes_from_profile",
    "password",
    "password_source",
    "profile",
    "prompt",
    "protected",
    "response_timeout_ms",
    "tls",
    "warnings",
)
# Options that name other nodes; without one of them a line uses the nodes of the shell.
_OTHER_NODES = ("node", "url", "profile", "config")


def connects_itself(raw: Raw) -> bool:
    """Whether the options need a connection other than the shell's."""
    return any(option.name in raw for option in CONNECTING)


def settings_for_line(base: Settings, raw: Raw, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a line. Raises UsageError for an invalid value."""
    settings = copy(base)
    given = convert([option for option in GLOBAL_OPTIONS if option not in CONNECTING], raw)
    if "output" in given:
        settings.output, settings.output_from_option = given["output"], True
    settings.columns = given.get("columns", settings.columns)
    settings.header = settings.header and not given.get("no_header", False)
    settings.echo_to = given.get("echo_to", settings.echo_to)
    settings.color = given.get("color", settings.color)
    settings.yes_really = given.get("yes_really", settings.yes_really)
    settings.null_output = given.get("null_output", settings.null_output)
    settings.echo = given.get("echo", settings.echo)
    settings.yes = given.get("yes", settings.yes)
    settings.read_only = given.get("read_only", settings.read_only)
    settings.no_cluster = given.get("no_cluster", settings.no_cluster)
    settings.quiet = given.get("quiet", settings.quiet)
    settings.show_secrets = given.get("show_secrets", settings.show_secrets)
    return with_connection(settings, raw, environ) if connects_itself(raw) else settings


def with_connection(base: Settings, raw: Raw, environ: Mapping[str, str]) -> Settings:
    """Return the settings with the connection that these options name. Raises UsageError."""
    asked: Raw = {option.name: raw[option.name] for option in CONNECTING if option.name in raw}
    if base.config_path is not None:
        asked.setdefault("config", base.config_path)
    if not any(name in raw for name in _OTHER_NODES):
        return _changed(base, asked, environ)
    found = resolve(asked, environ)
    settings = copy(base)
    for name in CONNECTION:
        setattr(settings, name, getattr(found, name))
    # What is typed here cannot be seen by other users.
    settings.warnings = [text for text in found.warnings if text != PASSWORD_IS_VISIBLE]
    settings.read_only = base.read_only or found.read_only
    return settings


def _changed(base: Settings, asked: Raw, environ: Mapping[str, str]) -> Settings:
    """Return the settings with the shell's nodes, and timeouts, password and TLS from the options."""
    here: Raw = {"node": tuple(str(node) for node in base.nodes)}
    if base.tls is not None:
        here["tls"] = True
    found = resolve({**here, **asked}, environ)
    settings = copy(base)
    settings.warnings = found.warnings
    if "connect_timeout" in asked:
        settings.connect_timeout_ms = found.connect_timeout_ms
    if "response_timeout" in asked:
        settings.response_timeout_ms = found.response_timeout_ms
    if "password_file" in asked or "ask_password" in asked:
        settings.password, settings.password_source = found.password, None
        settings.ask_password = found.ask_password
    if found.tls is not None:
        given = {name: value for name, value in found.tls.items() if value}
        settings.tls = {**found.tls, **(base.tls or {}), **given}
    return settings
