"""Completion: what may be typed next, with descriptions, best first. Pure, except that it lists files."""

from __future__ import annotations

import os

from disquectl.commands import NAMES, find
from disquectl.config.home import expanded
from disquectl.config.profiles import KEYS
from disquectl.errors import UsageError
from disquectl.manual.topics import names as topics
from disquectl.render.escape import for_terminal
from disquectl.shell.builtins import BUILTINS, SET, SETTINGS, SPOKEN_ALIASES
from disquectl.shell.grammar import read_before
from disquectl.shell.match import LIMIT, rank
from disquectl.shell.parts import ARGUMENT, NATIVE, OPTION, VALUE
from disquectl.shell.words import APPEND, WRITE, quoted, split_line
from disquectl.spec.offers import elements_before, words_for
from disquectl.spec.parameters import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.shell.names import Names
    from disquectl.shell.parts import Reading
    from disquectl.shell.recent_ids import RecentIds
    from disquectl.shell.words import Word
    from disquectl.spec.parameters import Argument


class Entry:
    """`text` is inserted; the menu shows `shown` and, beside it, `meaning`."""

    __slots__ = ("meaning", "shown", "text")

    def __init__(self, text: str, meaning: str = "", shown: str = "") -> None:
        self.text = text
        self.meaning = meaning
        self.shown = shown or text


def entries(before: str, names: Names, recent_ids: RecentIds) -> tuple[int, list[Entry]]:
    """Return where the word to replace begins, and the entries that fit after `before`."""
    reading, typing = read_before(before)
    if reading.line.handoff is not None:
        return _files_for_handoff(before, reading)
    start = typing.start if typing else len(before)
    typed = typing.text if typing else ""
    if typing is None and before and not before[-1].isspace():
        return start, []
    return start, list(_distinct(_all(reading, typing, typed, names, recent_ids)))[:LIMIT]


def _distinct(found: Iterable[Entry]) -> Iterable[Entry]:
    return {entry.text: entry for entry in reversed(list(found))}.values().__reversed__()


def _all(
    reading: Reading, typing: Word | None, typed: str, names: Names, recent_ids: RecentIds
) -> Iterable[Entry]:
    after = reading.next
    active = reading.innermost
    plain = typing is None or not typing.quoted
    for parameter in after.parameters:
        yield from _values(parameter, active, typed, names, recent_ids)
    if not plain:
        return
    if after.commands:
        yield from _commands(typed)
    subcommands = {inner.name: inner.summary for inner in after.subcommands}
    for name in rank(typed, subcommands):
        yield Entry(_as_typed(name, typed), subcommands[name])
    keywords = {option.word.decode(): option.explained for option in after.keywords if option.word}
    if after.marker:
        keywords[after.marker] = "The queues follow."
    for name in rank(typed, keywords):
        yield Entry(name, keywords[name])
    flag, equals, value = typed.partition("=")
    if equals and flag[:2] == "--":
        yield from _joined(flag, value, active, names, recent_ids)
        return
    options_fit = active.command is not None and active.notation != NATIVE and not active.in_capitals
    if typed[:1] == "-" or (options_fit and not typed):
        yield from _flags(active, typed)


def _joined(flag: str, value: str, reading: Reading, names: Names, recent_ids: RecentIds) -> Iterable[Entry]:
    """Yield the values of an option that is typed as `--option=VALUE`."""
    for option in reading.next.flags:
        if option.flag == flag and not option.is_flag:
            for entry in _values(option, reading, value, names, recent_ids):
                yield Entry(f"{flag}={entry.text}", entry.meaning, entry.shown)


def _flags(reading: Reading, typed: str) -> Iterable[Entry]:
    """Yield all options that may follow; before a dash is typed, only those of the command."""
    options = reading.command.grammar.options if reading.command else ()
    flags = {option.flag: option.explained for option in reading.next.flags if typed or option in options}
    for name in rank(typed, flags):
        yield Entry(name, flags[name])


def _commands(typed: str) -> Iterable[Entry]:
    builtins = {command.name: command.summary for command in BUILTINS}
    builtins |= {alias: builtins[name] for alias, name in SPOKEN_ALIASES.items()}
    for name in rank(typed, dict.fromkeys((*NAMES, *builtins))):
        command = None if name in builtins else find(name)
        yield Entry(_as_typed(name, typed), builtins.get(name) or (command.summary if command else ""))


def _as_typed(name: str, typed: str) -> str:
    """Return the name, in capitals if the user types capitals."""
    return name.upper() if typed.isupper() else name


def _values(
    parameter: Argument | Option, reading: Reading, typed: str, names: Names, recent_ids: RecentIds
) -> Iterable[Entry]:
    """Yield the values that fit; in a comma-separated list, those of the element that is being typed."""
    before = elements_before(parameter, typed)
    rest = typed[len(before) :]
    known = words_for(parameter, reading.command, _given(reading), before)
    found = _known(rest, known) if known else _live(parameter, reading, rest, names, recent_ids)
    for entry in found:
        yield Entry(quoted(before + entry.text), entry.meaning, entry.shown) if before else entry


def _given(reading: Reading) -> dict[str, tuple[str, ...]]:
    """Return the words that were given to options and arguments, by name."""
    found: dict[str, tuple[str, ...]] = {}
    for part in reading.parts:
        if part.parameter is None or part.role not in (OPTION, VALUE, ARGUMENT):
            continue
        is_flag = isinstance(part.parameter, Option) and part.parameter.is_flag
        joined = part.role == OPTION and "=" in part.word.text
        if part.role != OPTION or is_flag or joined:
            word = part.word.text.partition("=")[2] if joined else part.word.text
            found[part.parameter.name] = (*found.get(part.parameter.name, ()), word)
    return found


def _known(typed: str, words: dict[str, str]) -> Iterable[Entry]:
    for word in rank(typed, words):
        yield Entry(word, words[word])


def _live(
    parameter: Argument | Option, reading: Reading, typed: str, names: Names, recent_ids: RecentIds
) -> Iterable[Entry]:
    """Yield names: of the cluster, of files, of commands and profiles."""
    kind = parameter.type
    if kind.name == "queue":
        names.wanted = True
        for name in names.queues.find(typed):
            yield Entry(quoted(name), names.length_of(name), for_terminal(os.fsencode(name)))
    elif kind.name == "id":
        ids = dict(recent_ids.newest_first())
        for job_id in rank(typed, ids):
            yield Entry(job_id, for_terminal(ids[job_id]))
    elif kind.name in ("node", "node_id"):
        yield from _nodes(kind.name, typed, names)
    elif kind.name == "config":
        names.wanted = True
        for name in rank(typed, names.settings):
            yield Entry(name, for_terminal(names.settings[name]))
    elif kind.name == "profile":
        names.wanted = True
        yield from _known(typed, {name: for_terminal(text) for name, text in names.profiles.items()})
    elif kind.name == "assignment":
        keys = {} if "=" in typed else {f"{key}=": text for key, (_, text) in KEYS.items()}
        yield from _known(typed, keys)
    elif kind.name in ("command", "topic"):
        for name in rank(typed, (*NAMES, *(command.name for command in BUILTINS), *topics())):
            yield Entry(name, "")
    elif kind.name == "file":
        yield from _files(typed)
    elif reading.command is SET:
        (name,) = _given(reading)["name"]
        setting = SETTINGS.get(name.lower())
        yield from _known(typed, dict.fromkeys(setting[0].choices, "") if setting else {})


def _nodes(kind: str, typed: str, names: Names) -> Iterable[Entry]:
    addresses = {f"{node['host']}:{node['port']}": node["id"] for node in names.nodes if node["host"]}
    if kind == "node_id":
        addresses = {node_id: address for address, node_id in addresses.items()}
    for name in rank(typed, addresses):
        yield Entry(name, addresses[name])


def _files(typed: str) -> Iterable[Entry]:
    folder, name = os.path.split(typed)
    try:
        with os.scandir(expanded(folder, os.environ) or ".") as found:
            entries = sorted((one.name, one.is_dir()) for one in found)
    except (OSError, UsageError):
        return
    for entry, is_folder in entries:
        if entry.startswith(name) and (name or not entry.startswith(".")):
            yield Entry(quoted(os.path.join(folder, entry) + ("/" if is_folder else "")))


def _files_for_handoff(before: str, reading: Reading) -> tuple[int, list[Entry]]:
    handoff = reading.line.handoff
    if handoff is None or handoff.symbol not in (WRITE, APPEND) or before[handoff.end :][:1] != " ":
        return len(before), []
    target = split_line(before[handoff.end :])
    if len(target.words) > 1 or (target.words and target.typing is None):
        return len(before), []
    typed = target.words[0] if target.words else None
    start = handoff.end + (typed.start if typed else len(before) - handoff.end)
    return start, list(_files(typed.text if typed else ""))[:LIMIT]
