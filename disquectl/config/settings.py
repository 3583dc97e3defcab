"""The settings of a command: options override the environment, that the profile, that the defaults.

All errors in them are found here, before anything connects. Nodes, password and TLS belong together: if an
option or the environment names the nodes, the profile's password and TLS are not used; if an option does,
the password of the environment's URL is not used either.
"""

from __future__ import annotations

from disquectl.client.address import Node, Target, parse_nodes, parse_url
from disquectl.config.file import chosen, load
from disquectl.errors import UsageError
from disquectl.spec.global_options import GLOBAL_OPTIONS, OUTPUT
from disquectl.spec.parameters import convert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    from disquectl.config.file import Config
    from disquectl.config.passwords import Source
    from disquectl.config.profiles import Profile
    from disquectl.spec.parameters import Raw

    # When --cluster is the default of the commands that have it.
    Default = Literal["always", "on a terminal", "never"]

FALSE_WORDS = ("", "0", "no", "false", "off")
PASSWORD_IS_VISIBLE = "others can see a password on the command line: use DISQUE_URL or --password-file"
TLS_FILES = ("cacert", "cert", "key")


class Settings:
    """The settings of one command.

    cluster             when --cluster is the default of the commands that have it
    no_cluster          whether an option undoes that
    output              the format; None means table on a terminal and plain elsewhere
    output_from_option  whether an option named the format
    pager               whether long output goes through the pager on a terminal
    password_source     where to get the password if `password` is None; None: there is none
    tls                 the arguments of client.tls.Tls; None: no TLS
    profile             the name of the profile in use, or None
    config              the config file, or None
    nodes_from_profile  whether the nodes are those of that profile
    warnings            to write to stderr before the command runs
    """

    __slots__ = (
        "ask_password",
        "cluster",
        "color",
        "columns",
        "config",
        "config_path",
        "connect_timeout_ms",
        "echo",
        "echo_to",
        "header",
        "no_cluster",
        "nodes",
        "nodes_from_profile",
        "null_output",
        "output",
        "output_from_option",
        "pager",
        "password",
        "password_source",
        "profile",
        "prompt",
        "protected",
        "quiet",
        "read_only",
        "response_timeout_ms",
        "show_secrets",
        "tls",
        "warnings",
        "yes",
        "yes_really",
    )

    def __init__(
        self,
        options: Mapping[str, Any],
        environ: Mapping[str, str],
        profile: Profile | None = None,
        other_profile: str | None = None,
    ) -> None:
        preset: Mapping[str, Any] = profile.values if profile else {}
        self.warnings: list[str] = []
        self.pager: bool = not options.get("no_pager", False)
        self.quiet: bool = options.get("quiet", False)
        self.config: Config | None = None
        self.config_path: str | None = options.get("config") or environ.get("DISQUECTL_CONFIG")
        self.profile = profile.name if profile else None
        self.protected = bool(preset.get("protected"))
        self.prompt: str | None = preset.get("prompt")
        self.password_source: Source | None = None
        self._take_nodes(options, environ, profile)
        self._take_password(options)
        self.connect_timeout_ms = _timeout(options, preset, "connect_timeout", 5_000)
        self.response_timeout_ms = _timeout(options, preset, "response_timeout", 30_000)
        self.output, self.output_from_option = _output(options, environ, preset)
        self.columns: list[str] | None = options.get("columns")
        self.header: bool = not options.get("no_header", False)
        self.null_output: bool = options.get("null_output", False)
        self.echo: bool = options.get("echo", False)
        self.echo_to: str | None = options.get("echo_to")
        self.color = _color(options, environ, preset)
        self.yes: bool = options.get("yes", False)
        self.yes_really = self._really(options, other_profile)
        self.read_only = bool(options.get("read_only")) or _read_only(environ, preset)
        self.show_secrets: bool = options.get("show_secrets", False)
        self.no_cluster: bool = options.get("no_cluster", False)
        self.cluster = _cluster(environ, preset)

    def _take_nodes(
        self, options: Mapping[str, Any], environ: Mapping[str, str], profile: Profile | None
    ) -> None:
        """Set nodes, password and TLS; the password of a URL overrides DISQUE_PASSWORD."""
        preset: Mapping[str, Any] = profile.values if profile else {}
        target = self._named(options, environ)
        if target is not None:
            if preset.get("nodes") and (options.get("profile") or environ.get("DISQUE_PROFILE")):
                self.warnings.append(
                    f"the nodes of profile {self.profile} are not used, because other nodes are given"
                )
            preset = {}
        self.password: str | None = target.password if target else None
        self.password = self.password or environ.get("DISQUE_PASSWORD") or None
        if self.password is None:
            self.password_source = _source(preset, self.profile or "")
        self.nodes_from_profile = "nodes" in preset
        if target is not None:
            self.nodes = target.nodes
        else:
            self.nodes = parse_nodes(",".join(preset["nodes"])) if "nodes" in preset else [Node()]
        self.tls = _tls(options, preset, target is not None and target.tls)

    def _named(self, options: Mapping[str, Any], environ: Mapping[str, str]) -> Target | None:
        """The nodes that an option or else the environment names; None if neither does."""
        for source, nodes, url in (
            ("--node and --url", options.get("node"), options.get("url")),
            (
                "DISQUE_NODES and DISQUE_URL",
                environ.get("DISQUE_NODES") or None,
                environ.get("DISQUE_URL") or None,
            ),
        ):
            if nodes is not None and url is not None:
                raise UsageError(f"{source} cannot be combined", "use one of them")
            if url is not None:
                target = parse_url(url)
                if target.password is not None and source.startswith("--"):
                    self.warnings.append(PASSWORD_IS_VISIBLE)
                return target
            if nodes is not None:
                text = nodes if isinstance(nodes, str) else ",".join(nodes)
                return Target(parse_nodes(text), None, False)
        return None

    def _really(self, options: Mapping[str, Any], other_profile: str | None) -> str | None:
        name: str | None = options.get("yes_really")
        if name is not None and name not in (self.profile, other_profile):
            raise UsageError(f"--yes-really {name}: the profile in use is {self.profile or 'none'}")
        return name

    def _take_password(self, options: Mapping[str, Any]) -> None:
        """Set the password of the options, which override everything else."""
        self.ask_password: bool = options.get("ask_password", False)
        if self.ask_password and "password_file" in options:
            raise UsageError("--ask-password and --password-file cannot be combined", "use one of them")
        if "password_file" in options:
            from disquectl.config.passwords import from_file

            self.password, warning = from_file(options["password_file"])
            self.warnings += [warning] if warning else []


def resolve(
    raw: Raw, environ: Mapping[str, str], *, with_profile: bool = True, other_profile: str | None = None
) -> Settings:
    """The settings of a command line in an environment. Raises UsageError or DataError for wrong ones.

    `other_profile`: that of a second cluster, which --yes-really may name as well.
    """
    options = convert(GLOBAL_OPTIONS, raw)
    config = load(options.get("config"), environ) if with_profile else None
    if options.get("profile") == "":
        raise UsageError("--profile must not be empty")
    name = options.get("profile") or environ.get("DISQUE_PROFILE") if with_profile else None
    settings = Settings(options, environ, chosen(config, name), other_profile)
    settings.config = config
    return settings


def _source(preset: Mapping[str, Any], profile: str) -> Source | None:
    """The source of the profile's password, or None."""
    key = next((key for key in preset if key.startswith("password_")), None)
    if key is None:
        return None
    from disquectl.config.passwords import Source

    return Source(key, preset[key], profile)


def _tls(options: Mapping[str, Any], preset: Mapping[str, Any], by_url: bool) -> dict[str, Any] | None:
    """The arguments of client.tls.Tls; None if TLS is not requested."""
    if not (by_url or options.get("tls") or preset.get("tls")):
        given = [name for name in (*TLS_FILES, "insecure") if options.get(name)]
        if given:
            raise UsageError(f"--{given[0]} needs TLS", "add --tls, or use a disques:// URL")
        return None
    # The certificate of an option does not belong to the profile's key.
    if "cert" in options:
        preset = {name: value for name, value in preset.items() if name != "key"}
    found = {name: options.get(name, preset.get(name)) for name in TLS_FILES}
    if found["key"] and not found["cert"]:
        raise UsageError("--key needs a --cert")
    return {**found, "insecure": bool(options.get("insecure") or preset.get("insecure"))}


def _timeout(options: Mapping[str, Any], preset: Mapping[str, Any], name: str, default_ms: int) -> int:
    value: int = options.get(name, preset.get(name, default_ms))
    if value <= 0:
        raise UsageError(f"--{name.replace('_', '-')} must be more than 0")
    return value


def _output(
    options: Mapping[str, Any], environ: Mapping[str, str], preset: Mapping[str, Any]
) -> tuple[str | None, bool]:
    """The format, and whether an option named it; only then is raw written to a terminal."""
    if "output" in options:
        return options["output"], True
    if environ.get("DISQUECTL_OUTPUT"):
        try:
            return OUTPUT.convert(environ["DISQUECTL_OUTPUT"]), False
        except UsageError as problem:
            problem.message = f"DISQUECTL_OUTPUT: {problem.message}"
            raise
    return preset.get("output"), False


def _color(options: Mapping[str, Any], environ: Mapping[str, str], preset: Mapping[str, Any]) -> str:
    """`auto`, `always` or `never`: by the option, else NO_COLOR, else FORCE_COLOR, else the profile.

    `auto` is `never` on a terminal of type `dumb`.
    """
    if "color" in options:
        return str(options["color"])
    if environ.get("NO_COLOR"):
        return "never"
    if environ.get("FORCE_COLOR"):
        return "always"
    color = str(preset.get("color", "auto"))
    return "never" if color == "auto" and environ.get("TERM") == "dumb" else color


def _read_only(environ: Mapping[str, str], preset: Mapping[str, Any]) -> bool:
    given = environ.get("DISQUECTL_READ_ONLY")
    return given.lower() not in FALSE_WORDS if given else bool(preset.get("read_only"))


def _cluster(environ: Mapping[str, str], preset: Mapping[str, Any]) -> Default:
    given = environ.get("DISQUECTL_CLUSTER")
    if given and given.lower() in FALSE_WORDS:
        return "never"
    if preset.get("cluster"):
        return "always"
    return "on a terminal" if given else "never"
