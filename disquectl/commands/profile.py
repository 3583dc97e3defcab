"""profile: connection settings and defaults, saved under names in the config file."""

from __future__ import annotations

import os

from disquectl.errors import DisquectlError, PartlyDone, UsageError
from disquectl.execution.present import present
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import FLAG, PROFILE, ParamType, plain_text
from disquectl.spec.parameters import Argument, Option
from disquectl.spec.shape import PAIRS, RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.config.edit import Value
    from disquectl.config.file import Config
    from disquectl.config.profiles import Profile
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Record, Values

LIST_SHAPE = Shape(("profile", "in_use", "nodes", "protected", "read_only"), RECORDS, many=True)
CHECK_SHAPE = Shape(("node", "ok", "node_id", "problem"), RECORDS, many=True, kinds={"node_id": "id"})
ASSIGNMENT = ParamType("assignment", plain_text, "KEY=VALUE")

NAME = Argument("name", PROFILE, "The profile.")
NAME_OR_IN_USE = Argument("name", PROFILE, "The profile; without it, the default profile.", required=False)
STORE_PASSWORD = Option("--store-password", FLAG, "Ask for the password and store it in the keyring.")


def run_list(command: Command, values: Values, session: Session) -> None:
    """List the profiles in the order of the file."""
    session.check_output(LIST_SHAPE)
    config = _config(session)
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
    present(LIST_SHAPE, records, session)


def run_show(command: Command, values: Values, session: Session) -> None:
    """Show a profile as in the file; of a command that prints a password only the first word."""
    profile = _chosen(values, session)
    table = dict(profile.table)
    if "password-command" in table and not session.settings.show_secrets:
        given = table["password-command"]
        words = given.split() if isinstance(given, str) else given
        table["password-command"] = " ".join([words[0], *(["***"] if words[1:] else [])])
    record = {"profile": profile.name} | {key.replace("-", "_"): value for key, value in table.items()}
    shape = Shape(tuple(record), PAIRS, many=False)
    session.check_output(shape)
    present(shape, [record], session)


def run_add(command: Command, values: Values, session: Session) -> None:
    """Create a profile."""
    name = values["name"]

    def changed(config: Config) -> str:
        if name in config.profiles:
            raise UsageError(
                f"profile {name!r} already exists", "change it with: disquectl profile set NAME KEY=VALUE"
            )
        return _with_values(config, name, values)

    _write(session, changed, meanwhile=lambda: _store_password(name, values, session))


def run_set(command: Command, values: Values, session: Session) -> None:
    """Set keys of a profile; `KEY=` removes one."""
    name = values["name"]

    def changed(config: Config) -> str:
        return _with_values(config, _named(config, name).name, values)

    _write(session, changed, meanwhile=lambda: _store_password(name, values, session))


def run_remove(command: Command, values: Values, session: Session) -> None:
    """Remove a profile from the file, and its password from the keyring."""

    def changed(config: Config) -> str:
        from disquectl.config.edit import without_profile

        return without_profile(config.text, _named(config, values["name"]).name)

    def forget() -> None:
        profile = _chosen(values, session)
        if "password_keyring" in profile.values:
            from disquectl.config.passwords import into_keyring

            into_keyring(profile.values["password_keyring"], profile.name, None)

    _write(session, changed, meanwhile=forget)


def run_use(command: Command, values: Values, session: Session) -> None:
    """Set or clear the default profile."""
    if bool(values.get("none")) == ("name" in values):
        raise UsageError("name the profile to use, or give --none")

    def changed(config: Config) -> str:
        from disquectl.config.edit import with_use

        return with_use(config.text, None if values.get("none") else _named(config, values["name"]).name)

    _write(session, changed)


def run_check(command: Command, values: Values, session: Session) -> None:
    """Connect to each node of a profile, with its password and TLS."""
    from disquectl.config.settings import Settings
    from disquectl.execution.session import Session as Inner

    session.check_output(CHECK_SHAPE)
    profile = _chosen(values, session)
    settings = Settings({"quiet": session.settings.quiet}, {}, profile)
    problems: list[DisquectlError] = []
    records: list[Record] = []
    with Inner(settings, session.streams) as inner:
        for node in settings.nodes:
            record: Record = {"node": str(node), "ok": True, "node_id": None, "problem": None}
            try:
                with inner.client_for(node, settings.connect_timeout_ms / 1000) as client:
                    record["node_id"] = client.verify()["node"]
            except DisquectlError as problem:
                problems.append(problem)
                record |= {"ok": False, "problem": problem.message}
            records.append(record)
    present(CHECK_SHAPE, records, session)
    if problems and len(problems) == len(records):
        raise problems[0]
    if problems:
        raise PartlyDone(f"{len(records) - len(problems)} of {len(records)} nodes answered")


def _config(session: Session) -> Config:
    """The config file; an empty one where there is none yet, and no path where there is no place for it."""
    from disquectl.config.file import Config, config_path, load

    path = session.settings.config_path or config_path(os.environ)
    if path is None or not os.path.lexists(path):
        return Config(path or "", "")
    return load(path, os.environ) or Config(path, "")


def _chosen(values: Values, session: Session) -> Profile:
    return _named(_config(session), values.get("name"))


def _named(config: Config, name: str | None) -> Profile:
    from disquectl.config.file import chosen

    profile = chosen(config, name)
    if profile is None:
        raise UsageError(
            "there is no default profile", "name a profile, or set the default: disquectl profile use NAME"
        )
    return profile


def _with_values(config: Config, name: str, values: Values) -> str:
    """The text of the file with what the assignments say of a profile."""
    from disquectl.config.edit import with_profile
    from disquectl.config.profiles import Profile

    changes = _changes(values)
    before = config.profiles[name].table if name in config.profiles else {}
    after = {key: value for key, value in (before | changes).items() if value is not None}
    profile = Profile(name, after, lambda keys, problem: UsageError(f"{keys[-1]}: {problem}"))
    if values.get("store_password") and "password_keyring" not in profile.values:
        raise UsageError("--store-password needs password-keyring=true")
    return with_profile(config.text, name, changes)


def _changes(values: Values) -> dict[str, Value | None]:
    from disquectl.config.profiles import from_text

    changes: dict[str, Value | None] = {}
    for assignment in values.get("assignment", ()):
        key, equals, text = assignment.partition("=")
        if not equals:
            raise UsageError(f"not KEY=VALUE: {assignment!r}")
        changes[key] = from_text(key, text) if text else None
    return changes


def _store_password(name: str, values: Values, session: Session) -> None:
    """Ask for a password and keep it in the keyring, if that is asked for."""
    if not values.get("store_password"):
        return
    from disquectl.config.passwords import into_keyring
    from disquectl.config.profiles import Profile

    config = _config(session)
    before = config.profiles[name].table if name in config.profiles else {}
    profile = Profile(name, before | _changes(values), config.wrong)
    session.settings.ask_password = True
    into_keyring(profile.values["password_keyring"], name, str(session.password))


def _write(
    session: Session, changed: Callable[[Config], str], meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Replace the file by what `changed` makes of it, unless something is wrong with that.

    It is tried first, so that a wrong word leaves no trace. Then comes what may ask a person, and then the
    file as it is by now is changed while nobody else changes it.
    """
    from disquectl.config.file import parse
    from disquectl.config.home import no_home
    from disquectl.config.write import locked, save

    config = _config(session)
    if not config.path:
        raise no_home("there is no place for the config file", "name it with --config or DISQUECTL_CONFIG")
    parse(changed(config), config.path)
    meanwhile()
    with locked(config.path):
        text = changed(_config(session))
        parse(text, config.path)
        save(config.path, text)


ASSIGNMENTS = Argument(
    "assignment", ASSIGNMENT, "Settings such as nodes=a:7711,b:7711.", many=True, required=False
)
SET_DETAILS = "See disquectl help profiles for the keys. KEY= removes a key."

LIST = Command(
    "list",
    "List the profiles.",
    example="disquectl profile list",
    does=Program(run_list, shape=lambda _: LIST_SHAPE, connects=False),
)
SHOW = Command(
    "show",
    "Show what a profile sets, without secrets.",
    example="disquectl profile show work",
    grammar=Grammar(arguments=(NAME_OR_IN_USE,)),
    does=Program(run_show, connects=False),
)
ADD = Command(
    "add",
    "Create a profile.",
    example="disquectl profile add work nodes=10.0.0.1:7711,10.0.0.2:7711 password-env=WORK_PASSWORD",
    details=SET_DETAILS,
    grammar=Grammar(arguments=(NAME, ASSIGNMENTS), options=(STORE_PASSWORD,)),
    does=Program(run_add, connects=False),
)
SET = Command(
    "set",
    "Change a profile.",
    example="disquectl profile set work protected=true output=json",
    details=SET_DETAILS,
    grammar=Grammar(arguments=(NAME, ASSIGNMENTS), options=(STORE_PASSWORD,)),
    does=Program(run_set, connects=False),
)
REMOVE = Command(
    "remove",
    "Remove a profile, and its password from the keyring.",
    example="disquectl profile remove work",
    grammar=Grammar(arguments=(NAME,)),
    does=Program(run_remove, connects=False),
)
USE = Command(
    "use",
    "Set the default profile.",
    example="disquectl profile use work",
    grammar=Grammar(
        arguments=(Argument("name", PROFILE, "The profile.", required=False),),
        options=(Option("--none", FLAG, "Have no default profile."),),
    ),
    does=Program(run_use, connects=False),
)
CHECK = Command(
    "check",
    "Connect to each node of a profile, and show which answer.",
    example="disquectl profile check work",
    details="Exit code 3 if only some nodes answer.",
    grammar=Grammar(arguments=(NAME_OR_IN_USE,)),
    does=Program(run_check, shape=lambda _: CHECK_SHAPE, connects=False),
)

COMMAND = Command(
    "profile",
    "Save connection settings and defaults under a name.",
    group=TOOLS,
    example="disquectl profile list",
    details="Profiles are in config.toml, in the user's settings folder. -P selects one; without it, the "
    "default profile applies.",
    subcommands=(LIST, SHOW, ADD, SET, REMOVE, USE, CHECK),
)
