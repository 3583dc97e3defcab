"""Changes profiles in the config file, and their passwords in the keyring.

Started by the subcommands add, set, remove and use of `profile`. Those that only read are in another module,
since they must not load the library that changes TOML.
"""

from __future__ import annotations

from disquectl.config.edit import with_profile, with_use, without_profile
from disquectl.config.file import Config, parse
from disquectl.config.home import no_home
from disquectl.config.passwords import into_keyring
from disquectl.config.profiles import Profile
from disquectl.config.write import locked, save
from disquectl.errors import UsageError
from disquectl.programs.profile import chosen_profile, config_of, named
from disquectl.programs.profile_keys import KEYRING, asked_keys, given_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.config.edit import Value
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values


def add_profile(values: Values, session: Session) -> None:
    """Create a profile from what is given; if that is nothing, from the answers to questions."""
    name = values["name"]
    if not given_keys(values) and not values.get("store_password"):
        if name in config_of(session).profiles:
            raise _exists(name)
        values = asked_keys(name, values, session)

    def changed(config: Config) -> str:
        if name in config.profiles:
            raise _exists(name)
        return _with_values(config, name, values)

    _write(session, changed, meanwhile=lambda: _store_password(name, values, session))


def _exists(name: str) -> UsageError:
    return UsageError(
        f"profile {name!r} already exists", "change it with: disquectl profile set NAME KEY=VALUE"
    )


def set_keys(values: Values, session: Session) -> None:
    """Set keys of a profile; `KEY=` removes one."""
    name = values["name"]

    def changed(config: Config) -> str:
        return _with_values(config, named(config, name).name, values)

    _write(session, changed, meanwhile=lambda: _store_password(name, values, session))


def remove_profile(values: Values, session: Session) -> None:
    """Remove a profile from the file, and its password from the keyring."""

    def changed(config: Config) -> str:
        return without_profile(config.text, named(config, values["name"]).name)

    def forget() -> None:
        profile = chosen_profile(values, session)
        if "password_keyring" in profile.values:
            into_keyring(profile.values["password_keyring"], profile.name, None)

    _write(session, changed, meanwhile=forget)


def use_profile(values: Values, session: Session) -> None:
    """Set or clear the default profile."""
    if bool(values.get("none")) == ("name" in values):
        raise UsageError("name the profile to use, or give --none")

    def changed(config: Config) -> str:
        return with_use(config.text, None if values.get("none") else named(config, values["name"]).name)

    _write(session, changed)


def _with_values(config: Config, name: str, values: Values) -> str:
    """The text of the file with the given keys applied to a profile."""
    changes = _changes(config, name, values)
    after = {key: value for key, value in (_table(config, name) | changes).items() if value is not None}
    Profile(name, after, lambda keys, problem: UsageError(f"{keys[-1]}: {problem}"))
    return with_profile(config.text, name, changes)


def _changes(config: Config, name: str, values: Values) -> dict[str, Value | None]:
    """The given keys; --store-password implies the keyring."""
    changes = given_keys(values)
    if values.get("store_password") and not (_table(config, name) | changes).get(KEYRING):
        changes[KEYRING] = True
    return changes


def _table(config: Config, name: str) -> dict[str, Value]:
    return config.profiles[name].table if name in config.profiles else {}


def _store_password(name: str, values: Values, session: Session) -> None:
    """With --store-password, ask for the password and store it in the keyring."""
    if not values.get("store_password"):
        return
    config = config_of(session)
    changes = _changes(config, name, values)
    profile = Profile(name, _table(config, name) | changes, config.wrong)
    session.settings.ask_password = True
    into_keyring(profile.values["password_keyring"], name, str(session.password))


def _write(
    session: Session, changed: Callable[[Config], str], meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Replace the file's text with `changed` of it. Raises UsageError for a wrong result.

    The change is tried first, so that an error has no effect. Then `meanwhile` runs, which may ask for input.
    Then the file is read again and changed under the lock.
    """
    config = config_of(session)
    if not config.path:
        raise no_home("there is no place for the config file", "name it with --config or DISQUECTL_CONFIG")
    parse(changed(config), config.path)
    meanwhile()
    with locked(config.path):
        text = changed(config_of(session))
        parse(text, config.path)
        save(config.path, text)
