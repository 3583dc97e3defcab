"""Candidates that need no server: words with descriptions, from what is expected at the cursor.

Makes no connection; `live` fetches the names that only a server knows.
"""

from __future__ import annotations

import os

from disquectl.commands import NAMES
from disquectl.spec.offers import elements_before, words_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from disquectl.completion.expect import Expected

    # A word and its description, or "".
    Candidate: TypeAlias = tuple[str, str]
    # Formats candidates as the shell's script reads them.
    Show: TypeAlias = Callable[[list[Candidate]], bytes]

# The parameter types whose values only a server knows.
LIVE_KINDS = ("queue", "id", "node", "node_id", "config")


def static(expected: Expected, partial: str) -> list[Candidate]:
    """Return the candidates that begin with `partial` and need no server; commands have no description."""
    if expected.commands:
        return _beginning([(name, "") for name in NAMES], partial)
    if expected.subcommands:
        return _beginning([(command.name, command.summary) for command in expected.subcommands], partial)
    if expected.flags:
        more = [("--help", "Show help.")] if partial.startswith("--") else []
        return _beginning([(one.flag, one.help) for one in expected.flags] + more, partial)
    return [(f"{prefix(expected, partial)}{value}", text) for value, text in _values(expected, partial)]


def prefix(expected: Expected, partial: str) -> str:
    """Return what precedes the value in the same word: `--option=`, and the other elements of a list."""
    if expected.parameter is None:
        return expected.joined
    return expected.joined + elements_before(expected.parameter, partial[len(expected.joined) :])


def _beginning(candidates: list[Candidate], partial: str) -> list[Candidate]:
    return [(value, text) for value, text in candidates if value.startswith(partial)]


def _values(expected: Expected, partial: str) -> list[Candidate]:
    parameter = expected.parameter
    if parameter is None:
        return []
    before = prefix(expected, partial)
    rest = partial[len(before) :]
    kind = parameter.type
    elements = before[len(expected.joined) :]
    candidates: list[Candidate] = [*words_for(parameter, expected.command, expected.given, elements).items()]
    if kind.name == "profile":
        candidates = _profiles(expected)
    elif kind.name == "topic":
        candidates = _topics()
    elif kind.name == "assignment":
        candidates = _keys(rest)
    elif kind.name == "node":
        nodes = os.environ.get("DISQUE_NODES", "").split(",")
        candidates = [(node, "$DISQUE_NODES") for node in nodes if node]
    return _beginning(candidates, rest)


def _profiles(expected: Expected) -> list[Candidate]:
    from disquectl.config.file import load

    config = load(expected.given.get("config", (None,))[-1], os.environ)
    profiles = config.profiles.values() if config else ()
    return [(profile.name, ",".join(profile.values.get("nodes", []))) for profile in profiles]


def _topics() -> list[Candidate]:
    from disquectl.manual import topics

    pages = [(name, topics.title(name)) for name in topics.names()]
    known = {name for name, _ in pages}
    return pages + [(name, "a command") for name in NAMES if name not in known]


def _keys(partial: str) -> list[Candidate]:
    from disquectl.config.profiles import KEYS

    return [] if "=" in partial else [(f"{key}=", text) for key, (_, text) in KEYS.items()]
