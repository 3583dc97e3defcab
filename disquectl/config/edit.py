"""Edits the text of a config file and leaves everything else in it unchanged, including comments.

Pure: text in, text out. The result is parsed again; if it differs from the text in more than the change, or
has lost a comment, a UsageError says so. It loads tomlkit, so only commands that change the file import it.
"""

from __future__ import annotations

from collections import Counter
from tomllib import TOMLDecodeError, loads
from typing import cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable, Array, Comment, Item, Trivia, Whitespace

from disquectl.config.toml_text import Scan
from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from typing import Any, TypeAlias

    from tomlkit import TOMLDocument
    from tomlkit.items import Key

    Value: TypeAlias = bool | int | str | list[str]
    Body: TypeAlias = list[tuple[Key | None, Item]]


def with_profile(text: str, name: str, values: Mapping[str, Value | None]) -> str:
    """The text with these keys of a profile set, or removed if None; a missing profile is created.

    Raises UsageError if the text cannot be changed.
    """
    expected = loads(text)
    is_new = name not in expected.get("profiles", {})
    table = expected.setdefault("profiles", {}).setdefault(name, {})
    try:
        changed = text
        if is_new:
            changed = _with_lines(text, f"[profiles.{_key(name)}]\n")
        for key, value in values.items():
            if value is not None:
                table[key] = value
            else:
                table.pop(key, None)
            changed = _with_key(changed, name, key, value)
    except TOMLKitError:
        raise _unusual(f"profile {name}") from None
    return _checked(changed, expected, Scan(text).comments, f"profile {name}")


def without_profile(text: str, name: str) -> str:
    """The text without this profile and the comments in it. If it is the default, there is then none."""
    expected = loads(text)
    del expected["profiles"][name]
    try:
        changed, gone = _without_table(text, name)
    except TOMLKitError:
        raise _unusual(f"profile {name}") from None
    comments = Counter(Scan(text).comments) - Counter(gone)
    changed = _checked(changed, expected, [*comments.elements()], f"profile {name}")
    return with_use(changed, None) if expected.get("profile") == name else changed


def with_use(text: str, name: str | None) -> str:
    """The text with this default profile, or with none."""
    expected = loads(text)
    try:
        document = tomlkit.parse(text)
        if name is None or "profile" in document:
            _set(document, document.body, "profile", name)
            changed = document.as_string()
        else:
            changed = f"profile = {tomlkit.item(name).as_string()}\n{chr(10) if text else ''}{text}"
    except TOMLKitError:
        raise _unusual("profile") from None
    if name is None:
        expected.pop("profile", None)
    else:
        expected["profile"] = name
    return _checked(changed, expected, Scan(text).comments, "profile")


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else tomlkit.item(name).as_string()


def _with_lines(text: str, lines: str) -> str:
    """The text followed by an empty line and these lines."""
    before = text.rstrip("\r\n")
    return f"{before}\n\n{lines}" if before else lines


def _profiles(document: TOMLDocument) -> MutableMapping[str, object]:
    """The tables of the profiles by name, of several of tomlkit's types."""
    return cast("MutableMapping[str, object]", document["profiles"])


def _with_key(text: str, name: str, key: str, value: Value | None) -> str:
    document = tomlkit.parse(text)
    table = _profiles(document)[name]
    if not isinstance(table, AbstractTable):
        raise _unusual(f"profile {name}")
    _set(table, table.value.body, key, value)
    return document.as_string()


def _set(table: AbstractTable | TOMLDocument, body: Body, key: str, value: Value | None) -> None:
    """Set or remove a key. Comments of the old value are kept, above the key if necessary.

    Afterwards the body may differ from the table, so the table must only be written, not read.
    """
    at = next((at for at, (found, _) in enumerate(body) if found is not None and found.key == key), None)
    if at is None:
        if value is not None:
            tail = _tail(body)
            table[key] = value
            body.extend(tail)
        return
    old = body[at][1]
    kept = Scan(old.as_string()).comments if isinstance(old, Array) else []
    if value is not None:
        table[key] = value
    else:
        del table[key]
        kept += [old.trivia.comment] if old.trivia.comment else []
    body[at:at] = [(None, Comment(Trivia("", "", comment, "\n"))) for comment in kept]


def _tail(body: Body) -> Body:
    """Remove and return the comments and blanks after the last key: they belong to what follows."""
    tail: Body = []
    while body and isinstance(body[-1][1], (Comment, Whitespace)):
        tail.insert(0, body.pop())
    return tail


# Marks the header of a table that is to be removed; no comment in a TOML file can contain a NUL.
_MARK = "#\0"


def _without_table(text: str, name: str) -> tuple[str, list[str]]:
    """The text without a profile's table, and the comments removed with it: not those after its last key."""
    document = tomlkit.parse(text)
    table = _profiles(document)[name]
    if not isinstance(table, AbstractTable):
        raise _unusual(f"profile {name}")
    tail = _tail(table.value.body)
    gone = Scan(table.as_string()).comments + _header_comment(table)
    if not any(isinstance(item, Comment) for _, item in tail):
        del _profiles(document)[name]
        return document.as_string(), gone
    table.value.body[:] = [(None, Comment(Trivia("", "", _MARK, "\n"))), *tail]
    before, _, behind = document.as_string().partition(f"{_MARK}\n")
    header = before.rstrip("\n").rpartition("\n")[0]
    kept = f"{header}\n" if header else ""
    return kept + behind, gone


def _header_comment(table: AbstractTable) -> list[str]:
    return [table.trivia.comment] if table.trivia.comment else []


def _checked(text: str, expected: dict[str, Any], comments: list[str], what: str) -> str:
    """The text, if it parses to what is expected and has these comments; else raises UsageError."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("the config file must be UTF-8, and this value is not") from None
    try:
        found = loads(text)
    except TOMLDecodeError:
        raise _unusual(what) from None
    if _said(found) != _said(expected) or Counter(Scan(text).comments) != Counter(comments):
        raise _unusual(what)
    return text


def _said(tables: dict[str, Any]) -> dict[str, Any]:
    """The tables without an empty table of profiles."""
    return tables if tables.get("profiles") else {key: tables[key] for key in tables if key != "profiles"}


def _unusual(what: str) -> UsageError:
    return UsageError(
        f"{what} is written in a way that disquectl cannot change", "edit the config file by hand"
    )
