"""A command with its words as a line that a shell reads back. Pure."""

from __future__ import annotations

from shlex import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Raw


def command_line(command: Command, raw: Raw, without: Container[str] = ()) -> str:
    """The command, its arguments, and its options except for those in `without`: `qstat mail --cluster`."""
    words = [command.full_name]
    for argument in command.grammar.arguments:
        words += [quote(word) for word in _words(raw.get(argument.name))]
    for option in command.grammar.options:
        if option.name not in raw or option.name in without:
            continue
        if option.is_flag:
            words.append(option.flag)
        else:
            for word in _words(raw[option.name]):
                words += [option.flag, quote(word)]
    return " ".join(words)


def _words(given: bool | str | tuple[str, ...] | None) -> tuple[str, ...]:
    if isinstance(given, tuple):
        return given
    return (str(given),) if given is not None else ()
