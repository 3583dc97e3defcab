"""Lists, shows and checks the profiles of the config file.

Started by the command `profile`, whose declaration has the subcommands and their columns.
"""

from __future__ import annotations

import os

from disquectl.config.file import Config, chosen, config_path, load
from disquectl.config.profiles import PASSWORD_KEYS
from disquectl.config.settings import Settings
from disquectl.errors import DisquectlError, PartlyDone, UsageError
from disquectl.execution.present import present
from disquectl.execution.session import Session
from disquectl.render.human import counted
from disquectl.spec.shape import PAIRS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.config.profiles import Profile
    from disquectl.spec.parameters import Record, Values


def list_profiles(shape: Shape, session: Session) -> None:
    """List the profiles in the order of the file."""
    session.check_output(shape)
    config = config_of(session)
    records: list[Record] = [
        {
            "profile": name,
            "in_use": name == config.in_use,
            "nodes": profile.values.get("nodes", []),
            "protected": bool(profile.values.get("protected")),
            "read_only": bool(profile.values.get("read_only")),
        }
        for name, profile in config.profiles.items()
    ]
    present(shape, records, session)


def show_profile(values: Values, session: Session) -> None:
    """Show a profile as in the file; of a command that prints a password only the first word."""
    profile = chosen_profile(values, session)
    table = dict(profile.table)
    if "password-command" in table and not session.settings.show_secrets:
        given = table["password-command"]
        words = given.split() if isinstance(given, str) else given
        table["password-command"] = " ".join([words[0], *(["***"] if words[1:] else [])])
    record = {"profile": profile.name} | {key.replace("-", "_"): value for key, value in table.items()}
    shape = Shape(tuple(record), PAIRS, many=False)
    session.check_output(shape)
    present(shape, [record], session)


def check_nodes(values: Values, shape: Shape, session: Session) -> None:
    """Connect to each node of a profile, with its password and TLS."""
    session.check_output(shape)
    profile = chosen_profile(values, session)
    settings = Settings({"quiet": session.settings.quiet}, {}, profile)
    session.note(connection_of(profile, settings))
    problems: list[DisquectlError] = []
    records: list[Record] = []
    with Session(settings, session.streams) as inner:
        for node in settings.nodes:
            record: Record = {"node": str(node), "ok": True, "node_id": None, "problem": None}
            try:
                with inner.client_for(node, settings.connect_timeout_ms / 1000) as client:
                    record["node_id"] = client.verify()["node"]
            except DisquectlError as problem:
                problems.append(problem)
                record |= {"ok": False, "problem": problem.message}
            records.append(record)
    present(shape, records, session)
    if problems and len(problems) == len(records):
        raise problems[0]
    if problems:
        raise PartlyDone(f"{len(records) - len(problems)} of {counted(len(records), 'node')} answered")


def connection_of(profile: Profile, settings: Settings) -> str:
    """What a profile connects to, in words: the nodes, TLS, and where the password comes from."""
    nodes = ", ".join(str(node) for node in settings.nodes)
    if not settings.nodes_from_profile:
        nodes += " (the default: the profile names no nodes)"
    source = next((key for key in PASSWORD_KEYS if key in profile.table), None)
    password = "no password"
    if source in ("password-env", "password-file"):
        password = f"{source} {profile.table[source]}"
    elif source:
        password = source
    return f"profile {profile.name}: {nodes}; {'TLS' if settings.tls else 'no TLS'}; {password}"


def config_of(session: Session) -> Config:
    """The config file; an empty one if there is none, without a path if there is no place for it."""
    path = session.settings.config_path or config_path(os.environ)
    if path is None or not os.path.lexists(path):
        return Config(path or "", "")
    return load(path, os.environ) or Config(path, "")


def chosen_profile(values: Values, session: Session) -> Profile:
    """The profile that the command names, else the one in use. Raises UsageError where there is none."""
    return named(config_of(session), values.get("name") or values.get("profile"))


def named(config: Config, name: str | None) -> Profile:
    """The profile of this name, without a name the one in use. Raises UsageError where there is none."""
    profile = chosen(config, name)
    if profile is None:
        raise UsageError(
            "there is no default profile", "name a profile, or set the default: disquectl profile use NAME"
        )
    return profile
