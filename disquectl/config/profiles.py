"""What a profile may hold, and the checks of it: data of the config file in, settings out.

A profile's values have the names and units of the options they stand for (`connect_timeout` is milliseconds).
Pure, but that `~` becomes the home folder. Where passwords come from is only named here, never read.
"""

from __future__ import annotations

import os

from disquectl.client.address import parse_node
from disquectl.config.home import expanded
from disquectl.errors import UsageError
from disquectl.spec.global_options import COLOR, OUTPUT
from disquectl.spec.param_types import DURATION, without_nul

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    # Makes the error for a key, by its place and what is wrong.
    Wrong = Callable[[tuple[str, ...], str], UsageError]

# The ways to a password; a profile has one of them at most.
PASSWORD_KEYS = ("password-env", "password-file", "password-keyring", "password-command")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise UsageError("text is expected")
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError("true or false is expected")
    return value


def _file(value: object) -> str:
    return expanded(without_nul(_text(value)), os.environ)


def _words(value: object) -> list[str]:
    """Text, or a list of texts; never empty."""
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        raise UsageError("text or a list of texts is expected")
    return [without_nul(_text(word)) for word in words]


def _nodes(value: object) -> list[str]:
    nodes = [node for text in _words(value) for node in text.split(",")]
    for node in nodes:
        parse_node(node)
    return nodes


def _duration(value: object) -> int:
    """Text as the options take it, or a number of seconds."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    milliseconds: int = DURATION.convert(str(value) if is_number else _text(value))
    if milliseconds <= 0:
        raise UsageError("it must be more than 0")
    return milliseconds


def _keyring(value: object) -> str:
    """The service to look under; `true` is the program's own name."""
    return "disquectl" if value is True else _text(value)


# Key -> its check, and what it is for.
KEYS: dict[str, tuple[Callable[[object], Any], str]] = {
    "nodes": (_nodes, "The seed nodes: a list, or text with commas."),
    "password-env": (_text, "The environment variable that holds the password."),
    "password-file": (_file, "The file whose first line is the password."),
    "password-keyring": (_keyring, "Ask the system's keyring: true, or the name of a service."),
    "password-command": (
        _words,
        "A command that prints the password: a list of words, or text for the shell.",
    ),
    "tls": (_switch, "Speak TLS."),
    "cacert": (_file, "The authorities to trust, instead of the system's."),
    "cert": (_file, "The client's certificate."),
    "key": (_file, "The key of the client's certificate."),
    "insecure": (_switch, "Do not verify the node's certificate."),
    "connect-timeout": (_duration, "How long to wait for a connection."),
    "response-timeout": (_duration, "How long to wait for a reply."),
    "output": (lambda value: OUTPUT.convert(_text(value)), "The format of the result."),
    "color": (lambda value: COLOR.convert(_text(value)), "auto, always or never."),
    "read-only": (_switch, "Refuse whatever could change the cluster."),
    "protected": (_switch, "Dangerous commands need the profile's name typed."),
    "prompt": (_text, "The prompt of the shell."),
}


def from_text(key: str, text: str) -> bool | str | list[str]:
    """What the file holds where someone typed `key=text`; a file's path becomes whole. Raises UsageError."""
    if key not in KEYS:
        raise UsageError(f"{key}: {_unknown(key)}")
    check = KEYS[key][0]
    if check is _switch or (check is _keyring and text == "true"):
        if text not in ("true", "false"):
            raise UsageError(f"{key}: true or false is expected")
        return text == "true"
    if check is _nodes:
        return text.split(",")
    return os.path.abspath(expanded(text, os.environ)) if check is _file else text


class Profile:
    """One profile; `values` has what it sets, by the names of the options; `table` is as it was written."""

    __slots__ = ("name", "table", "values")

    def __init__(self, name: str, table: dict[str, Any], wrong: Wrong) -> None:
        self.name = name
        self.table = table
        self.values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in KEYS:
                raise wrong(("profiles", name, key), _unknown(key))
            try:
                self.values[key.replace("-", "_")] = KEYS[key][0](value)
            except UsageError as problem:
                raise wrong(("profiles", name, key), problem.message) from None
        sources = [key for key in PASSWORD_KEYS if key in table]
        if len(sources) > 1:
            raise wrong(("profiles", name, sources[1]), f"{sources[0]} names the password already")
        _check_tls(name, table, wrong)


def _check_tls(name: str, table: dict[str, Any], wrong: Wrong) -> None:
    for key in ("cacert", "cert", "key", "insecure"):
        if table.get(key) and not table.get("tls"):
            raise wrong(("profiles", name, key), "it needs tls = true")
    if "key" in table and "cert" not in table:
        raise wrong(("profiles", name, "key"), "it needs a cert")


def _unknown(key: str) -> str:
    from difflib import get_close_matches

    if key == "password":
        return f"the file holds no passwords; say where it is by {', '.join(PASSWORD_KEYS)}"
    near = get_close_matches(key.replace("_", "-"), KEYS, n=1)
    return f"unknown; did you mean {near[0]}?" if near else f"unknown; there are {', '.join(KEYS)}"
