"""The list of commands, in the order of the help, and the ways from a name to its declaration.

A command is one file here with one `COMMAND`, and its name in this list. Reading the list loads no command.
"""

from __future__ import annotations

from disquectl.spec.command import unknown_command
from disquectl.spec.native_words import as_compared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Words

NAMES = (
    "queues",
    "jobs",
    "nodes",
    "doctor",
    "check",
    "metrics",
    "consumers",
    "top",
    "stat",
    "trace",
    "dead",
    "purge",
    "move",
    "requeue",
    "dump",
    "load",
    "wait",
    "bench",
    "work",
    "addjob",
    "getjob",
    "ack",
    "fastack",
    "nack",
    "working",
    "show",
    "enqueue",
    "dequeue",
    "deljob",
    "qlen",
    "qstat",
    "qpeek",
    "qscan",
    "jscan",
    "pause",
    "info",
    "hello",
    "ping",
    "time",
    "config",
    "client",
    "cluster",
    "slowlog",
    "latency",
    "command",
    "monitor",
    "bgrewriteaof",
    "shutdown",
    "debug",
    "loadjob",
    "explain",
    "exec",
    "shell",
    "sandbox",
    "profile",
    "help",
    "cheat",
    "describe",
    "completion",
)

ALIASES = {"ackjob": "ack"}


def find(name: str) -> Command | None:
    """The command of this name or alias; None where there is none."""
    name = ALIASES.get(name, name)
    if name not in NAMES:
        return None
    # importlib.import_module does the same and takes longer to load than the command.
    command: Command = __import__(f"disquectl.commands.{name}", fromlist=["COMMAND"]).COMMAND
    return command


def all_commands() -> list[Command]:
    """All of them, in the order of the help."""
    return [command for name in NAMES if (command := find(name))]


def command_of(words: Words) -> Command:
    """The command that these words of Disque's stand for, down to the subcommand.

    For a word without a command: one that counts as a write which may be anything.
    """
    name = words[0].decode("utf-8", "backslashreplace").lower()
    command = find(name)
    if command is None or not command.grammar.verb or command.grammar.verb[0].lower() != words[0].lower():
        return unknown_command(words[0])
    if command.subcommands and len(words) > 1:
        second = as_compared(words[1])
        inner = next((one for one in command.subcommands if one.grammar.verb[1].lower() == second), None)
        return inner or (command if command.risk.danger else unknown_command(words[0]))
    return command
