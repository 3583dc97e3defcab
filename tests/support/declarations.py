"""The declarations of all commands, by the names that are typed."""

from __future__ import annotations

from disquectl.commands import all_commands


def with_subcommands():
    """Every command under the name that is typed, subcommands too."""
    for command in all_commands():
        yield command.name, command
        for inner in command.subcommands:
            yield f"{command.name} {inner.name}", inner


ALL = dict(with_subcommands())
LEAVES = {name: command for name, command in ALL.items() if command.is_callable or not command.subcommands}
