"""What was set: options, then the environment, then the defaults, made into one Settings.

Everything that can be wrong about it is found here, before anything connects. Nodes and their password come
as one set: an option that names nodes leaves the environment's nodes, and the password of its URL, behind.
"""

from __future__ import annotations

import os

from disquectl.client.address import Node, parse_nodes, parse_url
from disquectl.commands.options import GLOBAL_OPTIONS
from disquectl.commands.row import convert
from disquectl.errors import DataError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from disquectl.commands.row import Raw

FALSE_WORDS = ("", "0", "no", "false", "off")


class Settings:
    """Timeouts in milliseconds; `output` None means table on a terminal and plain elsewhere."""

    __slots__ = (
        "ask_password",
        "color",
        "columns",
        "connect_timeout_ms",
        "echo",
        "echo_to",
        "header",
        "nodes",
        "null_output",
        "output",
        "output_from_option",
        "password",
        "quiet",
        "read_only",
        "response_timeout_ms",
        "show_secrets",
        "warnings",
        "yes",
    )

    def __init__(self, options: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self.warnings: list[str] = []
        self.quiet: bool = options.get("quiet", False)
        self.nodes, self.password = self._nodes(options, environ)
        self.ask_password: bool = options.get("ask_password", False)
        if self.ask_password and "password_file" in options:
            raise UsageError("--ask-password and --password-file name the password twice")
        if "password_file" in options:
            self.password = self._read_password(options["password_file"])
        self.connect_timeout_ms = _timeout(options, "connect_timeout", 5_000)
        self.response_timeout_ms = _timeout(options, "response_timeout", 30_000)
        self.output, self.output_from_option = _output(options, environ)
        self.columns: list[str] | None = options["columns"].split(",") if "columns" in options else None
        self.header: bool = not options.get("no_header", False)
        self.null_output: bool = options.get("null_output", False)
        self.echo: bool = options.get("echo", False)
        self.echo_to: str | None = options.get("echo_to")
        self.color = _color(options, environ)
        self.yes: bool = options.get("yes", False)
        self.read_only = bool(options.get("read_only")) or _is_on(environ, "DISQUECTL_READ_ONLY")
        self.show_secrets: bool = options.get("show_secrets", False)

    def _nodes(self, options: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[list[Node], str | None]:
        """The seeds, and the password: a URL's own goes before DISQUE_PASSWORD."""
        password = environ.get("DISQUE_PASSWORD") or None
        for source, nodes, url in (
            ("--node and --url", options.get("node"), options.get("url")),
            ("DISQUE_NODES and DISQUE_URL", environ.get("DISQUE_NODES"), environ.get("DISQUE_URL")),
        ):
            if nodes and url:
                raise UsageError(f"{source} both name the nodes: give one of them")
            if url:
                target = parse_url(url)
                if target.tls:
                    raise UsageError("disques:// is TLS, which this version of disquectl does not speak")
                if target.password is not None and source.startswith("--"):
                    self.warnings.append(
                        "others can see a password on the command line: use DISQUE_URL or --password-file"
                    )
                return target.nodes, target.password or password
            if nodes:
                return parse_nodes(nodes if isinstance(nodes, str) else ",".join(nodes)), password
        return [Node()], password

    def _read_password(self, path: str) -> str:
        """The first line of the file, without its line end."""
        try:
            with open(path, "rb") as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    self.warnings.append(f"{path} can be read by others: chmod 600 {path}")
                return os.fsdecode(file.readline().rstrip(b"\r\n"))
        except OSError as problem:
            raise DataError(f"cannot read the password file {path}: {problem.strerror}") from problem


def resolve(raw: Raw, environ: Mapping[str, str]) -> Settings:
    """The settings of a command line in an environment."""
    return Settings(convert(GLOBAL_OPTIONS, raw), environ)


def _timeout(options: Mapping[str, Any], name: str, default_ms: int) -> int:
    value: int = options.get(name, default_ms)
    if value <= 0:
        raise UsageError(f"--{name.replace('_', '-')} must be more than 0")
    return value


def _output(options: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[str | None, bool]:
    """The format, and whether an option named it: raw reaches a terminal only so."""
    if "output" in options:
        return options["output"], True
    if environ.get("DISQUECTL_OUTPUT"):
        try:
            kind = next(option.kind for option in GLOBAL_OPTIONS if option.name == "output")
            return kind.convert(environ["DISQUECTL_OUTPUT"]), False
        except UsageError as problem:
            problem.message = f"DISQUECTL_OUTPUT: {problem.message}"
            raise
    return None, False


def _color(options: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """`auto`, `always` or `never`: the option, then NO_COLOR, then FORCE_COLOR."""
    if "color" in options:
        color: str = options["color"]
        return color
    if environ.get("NO_COLOR"):
        return "never"
    return "always" if environ.get("FORCE_COLOR") else "auto"


def _is_on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() not in FALSE_WORDS
