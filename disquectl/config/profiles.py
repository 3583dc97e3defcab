"""Profiles: which keys one may have, and the checks that turn the config file's data into settings.

A profile's values have the names and units of the options that they replace (`connect_timeout` is
milliseconds). Pure, except that `~` becomes the home folder. No password is read here.
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

    # The keys that lead to a value, and what is wrong with it -> the error.
    Wrong = Callable[[tuple[str, ...], str], UsageError]

# The sources of a password; a profile has at most one of them.
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
    """A string, or a list of strings; never empty."""
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        raise UsageError("text or a list of strings is expected")
    return [without_nul(_text(word)) for word in words]


def _nodes(value: object) -> list[str]:
    nodes = [node for text in _words(value) for node in text.split(",")]
    for node in nodes:
        parse_node(node)
    return nodes


def _duration(value: object) -> int:
    """The milliseconds of a duration as for options, or of a number of seconds."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    milliseconds: int = DURATION.convert(str(value) if is_number else _text(value))
    if milliseconds <= 0:
        raise UsageError("must be more than 0")
    return milliseconds


def _keyring(value: object) -> str:
    """The name of the keyring service; `true` means `disquectl`."""
    return "disquectl" if value is True else _text(value)


# Key -> its check, and its explanation.
KEYS: dict[str, tuple[Callable[[object], Any], str]] = {
    "nodes": (_nodes, "Seed nodes: a list, or text with commas."),
    "password-env": (_text, "Environment variable with the password."),
    "password-file": (_file, "File whose first line is the password."),
    "password-keyring": (
        _keyring,
        "Read the password from the system's keyring: true, or the name of a service.",
    ),
    "password-command": (
        _words,
        "Command that prints the password: a list of words, or text for the shell.",
    ),
    "tls": (_switch, "Use TLS."),
    "cacert": (_file, "Trust the certificate authorities of this PEM file instead of the system's."),
    "cert": (_file, "Present this client certificate (PEM)."),
    "key": (_file, "Read the private key of cert from this file."),
    "insecure": (_switch, "Do not verify the node's certificate."),
    "connect-timeout": (_duration, "Wait this long for a connection."),
    "response-timeout": (_duration, "Wait this long for a reply."),
    "output": (lambda value: OUTPUT.convert(_text(value)), "Write results in this format."),
    "color": (lambda value: COLOR.convert(_text(value)), "Use colors: auto, always or never."),
    "cluster": (_switch, "Ask all nodes by default, as --cluster does."),
    "read-only": (_switch, "Refuse commands that could change the cluster."),
    "protected": (_switch, "Require the profile's name to be typed before dangerous commands."),
    "prompt": (_text, "Prompt of the shell."),
}


def from_text(key: str, text: str) -> bool | str | list[str]:
    """The value to write to the config file for a typed `key=text`; paths become absolute.

    Raises UsageError for an unknown key or a wrong value.
    """
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
    """One profile: `values` are its settings by the names of the options, `table` is its data in the file."""

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
                error = wrong(("profiles", name, key), problem.message)
                error.advice = problem.advice
                raise error from None
        sources = [key for key in PASSWORD_KEYS if key in table]
        if len(sources) > 1:
            raise wrong(("profiles", name, sources[1]), f"cannot be combined with {sources[0]}")
        _check_tls(name, table, wrong)


def _check_tls(name: str, table: dict[str, Any], wrong: Wrong) -> None:
    for key in ("cacert", "cert", "key", "insecure"):
        if table.get(key) and not table.get("tls"):
            raise wrong(("profiles", name, key), "needs tls = true")
    if "key" in table and "cert" not in table:
        raise wrong(("profiles", name, "key"), "needs a cert")


def _unknown(key: str) -> str:
    from difflib import get_close_matches

    if key == "password":
        return f"passwords are not kept in this file; use {', '.join(PASSWORD_KEYS)}"
    near = get_close_matches(key.replace("_", "-"), KEYS, n=1)
    return f"unknown key; did you mean {near[0]}?" if near else f"unknown key; choose {', '.join(KEYS)}"
