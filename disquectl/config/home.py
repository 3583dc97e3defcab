"""The user's home folder, and the folders for settings, state and data; None if there is no home folder.

In a container whose user ID is not in the list of users, and without HOME, `~` would be taken as a folder's
name. Reads the environment and the list of users, and writes nothing.
"""

from __future__ import annotations

import os
import sys

from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def home(environ: Mapping[str, str]) -> str | None:
    """The home folder: HOME, else that of the list of users; None if neither is an absolute path."""
    path = environ.get("HOME") or _listed()
    return path if path is not None and os.path.isabs(path) else None


def _listed() -> str | None:
    from pwd import getpwuid

    try:
        return getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None


def config_folder(environ: Mapping[str, str]) -> str | None:
    """The folder for the settings of all programs; None if there is no home folder."""
    return _folder(environ, environ.get("XDG_CONFIG_HOME", ""), ".config")


def state_folder(environ: Mapping[str, str]) -> str | None:
    """The folder for the state of all programs; None if there is no home folder."""
    return _folder(environ, environ.get("XDG_STATE_HOME", ""), ".local", "state")


def data_folder(environ: Mapping[str, str]) -> str | None:
    """The folder for the data of all programs; None if there is no home folder."""
    return _folder(environ, environ.get("XDG_DATA_HOME", ""), ".local", "share")


def _folder(environ: Mapping[str, str], named: str, *below_home: str) -> str | None:
    """The named folder if its path is absolute, else the one in the home folder."""
    if os.path.isabs(named.strip()):
        return named.strip()
    found = home(environ)
    return None if found is None else os.path.join(found, *below_home)


def own_config_folder(environ: Mapping[str, str]) -> str | None:
    """The platform's folder for the settings of this program; None if there is no home folder."""
    # The same result as platformdirs, whose import takes twice as long as the rest of a call.
    if sys.platform == "linux":
        return _own(config_folder(environ))
    if home(environ) is None:
        return None
    from platformdirs import user_config_dir

    return user_config_dir("disquectl", appauthor=False)


def own_state_folder(environ: Mapping[str, str]) -> str | None:
    """The platform's folder for the state of this program; None if there is no home folder."""
    if sys.platform == "linux":
        return _own(state_folder(environ))
    if home(environ) is None:
        return None
    from platformdirs import user_state_dir

    return user_state_dir("disquectl", appauthor=False)


def _own(folder: str | None) -> str | None:
    return None if folder is None else os.path.join(folder, "disquectl")


def expanded(path: str, environ: Mapping[str, str]) -> str:
    """The path with a leading `~` replaced by the home folder. Raises UsageError if there is none."""
    if path.partition("/")[0] != "~":
        return os.path.expanduser(path)
    return required(environ, f"{path} cannot be found") + path[1:]


def required(environ: Mapping[str, str], problem: str, advice: str = "") -> str:
    """The home folder. Raises UsageError with this problem and advice if there is none."""
    found = home(environ)
    if found is None:
        raise no_home(problem, advice)
    return found


def no_home(problem: str, advice: str = "") -> UsageError:
    """The error for what needs a home folder."""
    return UsageError(f"{problem}: this user has no home folder, and HOME is not set", advice)
