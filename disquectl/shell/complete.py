"""Completion: what may be typed next, with descriptions, best first. Pure, except that it lists files."""

from __future__ import annotations

import os

from disquectl.commands import NAMES, find
from disquectl.config.home import expanded
from disquectl.errors import UsageError
from disquectl.manual.topics import names as topics
from disquectl.render.escape import for_terminal
from disquectl.shell.builtins import BUILTINS
from disquectl.shell.grammar import read_before
from disquectl.shell.match import LIMIT, rank
from disquectl.shell.parts import NATIVE
from disquectl.shell.words import APPEND, WRITE, quoted, split_line
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
    plain = typing is None or not typing.quoted
    for parameter in after.parameters:
        yield from _values(parameter, typed, names, recent_ids)
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
    options_fit = reading.command is not None and reading.notation != NATIVE and not reading.in_capitals
    if typed[:1] == "-" or (options_fit and not typed):
        yield from _flags(reading, typed)


def _flags(reading: Reading, typed: str) -> Iterable[Entry]:
    """Yield all options that may follow; before a dash is typed, only those of the command."""
    options = reading.command.grammar.options if reading.command else ()
    flags = {option.flag: option.explained for option in reading.next.flags if typed or option in options}
    for name in rank(typed, flags):
        yield Entry(name, flags[name])


def _commands(typed: str) -> Iterable[Entry]:
    summaries: dict[str, str] = {}
    for name in (*NAMES, *(command.name for command in BUILTINS)):
        summaries[name] = ""
    builtins = {command.name: command.summary for command in BUILTINS}
    for name in rank(typed, summaries):
        command = None if name in builtins else find(name)
        yield Entry(_as_typed(name, typed), builtins.get(name) or (command.summary if command else ""))


def _as_typed(name: str, typed: str) -> str:
    """Return the name, in capitals if the user types capitals."""
    return name.upper() if typed.isupper() else name


def _values(parameter: Argument | Option, typed: str, names: Names, recent_ids: RecentIds) -> Iterable[Entry]:
    kind = parameter.type
    if kind.choices:
        for choice in rank(typed, kind.choices):
            yield Entry(choice, kind.meanings.get(choice, ""))
    elif kind.name == "queue":
        names.wanted = True
        for name in names.queues.find(typed):
            yield Entry(quoted(name), "queue", for_terminal(os.fsencode(name)))
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
    elif kind.name == "command":
        for name in rank(typed, (*NAMES, *(command.name for command in BUILTINS), *topics())):
            yield Entry(name, "")
    elif kind.name == "file":
        yield from _files(typed)


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
