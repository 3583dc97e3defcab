"""The settings of one line: those of the shell, with the options that stand in the line."""

from __future__ import annotations

from copy import copy

from disquectl.commands.options import CONNECTING, GLOBAL_OPTIONS
from disquectl.commands.row import convert
from disquectl.config import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from disquectl.commands.row import Raw
    from disquectl.config import Settings

# What makes the connection, and goes together.
CONNECTION = (
    "ask_password",
    "connect_timeout_ms",
    "nodes",
    "password",
    "password_source",
    "profile",
    "prompt",
    "protected",
    "response_timeout_ms",
    "tls",
    "warnings",
)


def connects_itself(raw: Raw) -> bool:
    """Whether the line's options ask for a connection of its own."""
    return any(option.name in raw for option in CONNECTING)


def overlaid(base: Settings, raw: Raw, environ: Mapping[str, str]) -> Settings:
    """The settings of a line. Raises UsageError for a value that is none."""
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
    settings.quiet = given.get("quiet", settings.quiet)
    settings.show_secrets = given.get("show_secrets", settings.show_secrets)
    return with_connection(settings, raw, environ) if connects_itself(raw) else settings


def with_connection(base: Settings, raw: Raw, environ: Mapping[str, str]) -> Settings:
    """The settings with another connection: the one that these options name."""
    asked: Raw = {option.name: raw[option.name] for option in CONNECTING if option.name in raw}
    if base.config_path is not None:
        asked.setdefault("config", base.config_path)
    found = resolve(asked, environ)
    settings = copy(base)
    for name in CONNECTION:
        setattr(settings, name, getattr(found, name))
    settings.read_only = base.read_only or found.read_only
    return settings
