"""The prefix of dead queues; warnings for names that look like patterns or like options of Disque. Pure."""

from __future__ import annotations

from disquectl.spec.queue_patterns import is_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.spec.command import Command

# In the names of the queues that have the dead letters of workers.
DEAD_PREFIX = b"dead:"


def doubts(command: Command, names: Iterable[bytes]) -> list[str]:
    """A warning for each name that is a pattern, or one of the command's own words in Disque's syntax.

    A single name cannot be such a word: its value, or the queue, would be missing.
    """
    found = list(dict.fromkeys(names))
    flags = {option.word: option.flag for option in command.grammar.options if option.word}
    warnings = []
    for name in found:
        shown, word = f"'{name.decode('utf-8', 'backslashreplace')}'", name.upper()
        if is_pattern(name):
            warnings.append(
                f"{shown} is taken as the name of one queue: {command.name} does not match patterns"
            )
        elif len(found) > 1 and word in flags:
            warnings.append(f"{shown} is taken as the name of a queue; for the option write {flags[word]}")
        elif len(found) > 1 and command.grammar.native is not None and word == command.grammar.native.marker:
            warnings.append(f"{shown} is taken as the name of a queue; leave it out")
    return warnings
