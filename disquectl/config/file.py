"""The config file: where it is, reading it, and its text as checked data.

    profile = "work"          # the default profile

    [profiles.work]           # see config/profiles.py
    nodes = ["10.0.0.1:7711"]

    [shell]                   # read by the shell

Errors name the file, the line and the key. Without a config file no other module is loaded. This module must
not know options, nor the environment except for the file's place.
"""

from __future__ import annotations

import os

from disquectl.config.home import own_config_folder
from disquectl.errors import DataError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from disquectl.config.profiles import Profile

TOP_LEVEL = ("profile", "profiles", "shell")
# A longer file is not a config file: a device, or a mistyped name.
LARGEST_BYTES = 1 << 20


class Config:
    """A config file: its path and text, its profiles, the default one's name or None, the table `shell`."""

    __slots__ = ("in_use", "path", "profiles", "shell", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.in_use: str | None = None
        self.profiles: dict[str, Profile] = {}
        self.shell: dict[str, Any] = {}

    def wrong(self, keys: tuple[str, ...], problem: str) -> UsageError:
        """The error for a key: file, line, key, and what is wrong."""
        return UsageError(f"{self.path}:{line_of(self.text, keys)}: {'.'.join(keys)}: {problem}")


def config_path(environ: Mapping[str, str]) -> str | None:
    """The default path: in the platform's settings folder; None if there is no home folder."""
    folder = own_config_folder(environ)
    return None if folder is None else os.path.join(folder, "config.toml")


def load(given: str | None, environ: Mapping[str, str]) -> Config | None:
    """The config file; None if there is none at the default path. `given` is the path of --config.

    Raises DataError for a file that is named and missing or cannot be read, UsageError for wrong content.
    """
    named = given or environ.get("DISQUECTL_CONFIG")
    path = named or config_path(environ)
    if path is None:
        return None
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        if named:
            raise DataError(f"there is no config file {path}") from None
        return None
    except OSError as problem:
        raise DataError(f"cannot read the config file {path}: {problem.strerror}") from None
    if len(data) > LARGEST_BYTES:
        raise UsageError(f"{path}: too long for a config file: the limit is {LARGEST_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise UsageError(f"{path}:{line}: not UTF-8") from None
    return parse(text, path)


def parse(text: str, path: str) -> Config:
    """The text as a Config. Raises UsageError, with file, line and key, for wrong content."""
    from tomllib import TOMLDecodeError, loads

    from disquectl.config.profiles import Profile

    config = Config(path, text)
    try:
        tables = loads(text)
    except TOMLDecodeError as problem:
        message = str(problem)
        place = message.rpartition("(at ")[2].rstrip(")")
        line = place.split()[1].rstrip(",") if place.startswith("line") else str(text.count("\n") + 1)
        raise UsageError(f"{path}:{line}: {message.partition(' (at ')[0].lower()}") from None
    except (RecursionError, ValueError):
        raise UsageError(f"{path}: a number is too long, or tables are nested too deeply") from None
    for key in tables:
        if key not in TOP_LEVEL:
            raise config.wrong((key,), f"unknown key; choose {', '.join(TOP_LEVEL)}")
    for key in ("profiles", "shell"):
        if not isinstance(tables.get(key, {}), dict):
            raise config.wrong((key,), "a table is expected")
    config.shell = tables.get("shell", {})
    for name, table in tables.get("profiles", {}).items():
        if not isinstance(table, dict):
            raise config.wrong(("profiles", name), "a table is expected")
        config.profiles[name] = Profile(name, table, config.wrong)
    in_use = tables.get("profile")
    if in_use is not None and (not isinstance(in_use, str) or in_use not in config.profiles):
        raise config.wrong(("profile",), f"there is no profile {in_use!r}")
    config.in_use = in_use
    return config


def line_of(text: str, keys: tuple[str, ...]) -> int:
    """The number of the line that sets this key, else of the innermost table around it; from 1."""
    from disquectl.config.toml_text import Scan

    best, best_depth = 1, 0
    table: tuple[str, ...] = ()
    within = Scan(text).within
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if number in within:
            continue
        if stripped.startswith("["):
            table = _keys(stripped)
            found = table
        elif "=" in stripped and not stripped.startswith("#"):
            found = table + dotted_keys(stripped)
        else:
            continue
        if len(found) > best_depth and found == keys[: len(found)]:
            best, best_depth = number, len(found)
    return best


def dotted_keys(line: str) -> tuple[str, ...]:
    """The keys that a line such as `a.b = value` sets; empty for other lines."""
    at = line.find("=")
    while at >= 0:
        keys = _keys(line[:at] + "= 0")
        if keys:
            return keys
        at = line.find("=", at + 1)
    return ()


def _keys(line: str) -> tuple[str, ...]:
    """The keys of a header such as `[a."b c"]`, or of one assignment; empty for other lines."""
    from tomllib import TOMLDecodeError, loads

    try:
        found: Any = loads(line)
    except TOMLDecodeError:
        return ()
    keys: list[str] = []
    while isinstance(found, dict) and found:
        key, found = next(iter(found.items()))
        keys.append(key)
    return tuple(keys)


def chosen(config: Config | None, name: str | None) -> Profile | None:
    """The profile of this name; without a name the default profile, or None.

    Raises UsageError for an unknown profile.
    """
    name = name or (config.in_use if config else None)
    if name is None:
        return None
    known = config.profiles if config else {}
    if name in known:
        return known[name]
    raise UsageError(f"there is no profile {name!r}", _near(name, list(known)))


def _near(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=2)
    return f"did you mean {' or '.join(near)}?" if near else "list them with: disquectl profile list"
