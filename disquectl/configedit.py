"""Changes to the text of a config file that leave all the rest of it as it is, comments too.

Pure: text in, text out. A table or key that is written in some unusual way (inline tables, dotted keys) is
not found, and then a UsageError says so: nothing is guessed.
"""

from __future__ import annotations

from tomllib import TOMLDecodeError, loads

from disquectl.configfile import dotted_keys, header_keys
from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    Value: TypeAlias = bool | int | str | list[str]


def with_profile(text: str, name: str, values: Mapping[str, Value | None]) -> str:
    """The text with these keys of a profile set, or taken out where None; the profile is made if need be."""
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    place = _table(lines, ("profiles", name))
    if place is None:
        if name in loads(text).get("profiles", {}):
            raise _unusual(f"profile {name}")
        lines += ["", f"[profiles.{_key(name)}]"] if lines else [f"[profiles.{_key(name)}]"]
        place = (len(lines) - 1, len(lines))
    for key, value in values.items():
        _set(lines, place, key, value)
        place = _table(lines, ("profiles", name)) or place
    return _checked(lines)


def without_profile(text: str, name: str) -> str:
    """The text without this profile, and without it as the one in use."""
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    place = _table(lines, ("profiles", name))
    if place is None:
        raise _unusual(f"profile {name}")
    del lines[place[0] : place[1]]
    if loads(text).get("profile") == name:
        _set(lines, (-1, _first_header(lines)), "profile", None)
    return _checked(lines)


def with_use(text: str, name: str | None) -> str:
    """The text with this profile as the one in use, or with none."""
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    _set(lines, (-1, _first_header(lines)), "profile", name)
    return _checked(lines)


def as_toml(value: Value) -> str:
    """A value as it is written in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    return f"[{', '.join(_quoted(word) for word in value)}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if " " <= char != "\x7f" else f"\\u{ord(char):04x}" for char in escaped) + '"'


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else _quoted(name)


def _table(lines: list[str], keys: tuple[str, ...]) -> tuple[int, int] | None:
    """Where a table stands: its header, and the line behind its last one."""
    start = None
    for number, line in enumerate(lines):
        if not _is_header(line):
            continue
        if start is not None:
            return start, number
        if header_keys(line) == keys:
            start = number
    return None if start is None else (start, len(lines))


def _first_header(lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines) if _is_header(line)), len(lines))


def _is_header(line: str) -> bool:
    return line.strip().startswith("[") and bool(header_keys(line))


def _set(lines: list[str], place: tuple[int, int], key: str, value: Value | None) -> None:
    """Set a key within the lines of its table; a key that is not there goes behind the last one that is."""
    start, end = place
    new = [] if value is None else [f"{key} = {as_toml(value)}"]
    behind = start + 1
    number = start + 1
    while number < end:
        keys = dotted_keys(lines[number]) if "=" in lines[number] else ()
        if not keys:
            number += 1
            continue
        stop = _end_of_value(lines, number)
        if keys == (key,):
            lines[number:stop] = new
            return
        behind = number = stop
    lines[behind:behind] = new


def _end_of_value(lines: list[str], start: int) -> int:
    """Behind the last line of a value, which may go over several."""
    for stop in range(start + 1, len(lines) + 1):
        try:
            loads("\n".join(lines[start:stop]))
        except TOMLDecodeError:
            continue
        return stop
    return start + 1


def _checked(lines: list[str]) -> str:
    text = "\n".join(lines).strip("\n") + "\n"
    try:
        loads(text)
    except TOMLDecodeError:
        raise _unusual("it") from None
    return text


def _unusual(what: str) -> UsageError:
    return UsageError(f"{what} is written in a way that cannot be changed here", "edit the config file")
