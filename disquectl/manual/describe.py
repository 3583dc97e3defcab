"""The program as data, for other tools: commands, options, environment variables, exit codes. Pure."""

from __future__ import annotations

from disquectl import __version__
from disquectl.commands import ALIASES, all_commands
from disquectl.spec.global_options import GLOBAL_OPTIONS
from disquectl.spec.vocabulary import EXIT_CODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Argument, Option

ENVIRONMENT = (
    ("DISQUE_NODES", "The seed nodes, comma-separated."),
    ("DISQUE_URL", "The seeds as a URL, disque://[:password@]host[:port][,...], or disques:// for TLS."),
    ("DISQUE_PASSWORD", "The password."),
    ("DISQUE_PROFILE", "The profile."),
    ("DISQUECTL_CONFIG", "The config file."),
    ("DISQUECTL_OUTPUT", "The output format."),
    ("DISQUECTL_READ_ONLY", "1 refuses commands that could change the cluster."),
    ("DISQUECTL_CLUSTER", "On a terminal: 1 makes --cluster the default, 0 asks one node."),
    ("DISQUECTL_DEBUG", "1 shows the traceback of a bug in disquectl."),
    ("NO_COLOR, FORCE_COLOR", "Turn colours off or on; --color overrides both."),
)


def describe() -> dict[str, Any]:
    """Return `{"name", "version", "commands", "options", "environment", "exit_codes"}`, in help order."""
    return {
        "name": "disquectl",
        "version": __version__,
        "commands": [_command(command) for command in all_commands()],
        "options": [_option(option) for option in GLOBAL_OPTIONS],
        "environment": [{"names": names.split(", "), "help": help} for names, help in ENVIRONMENT],
        "exit_codes": [{"code": code, "meaning": meaning} for code, meaning in EXIT_CODES],
    }


def _command(command: Command) -> dict[str, Any]:
    return {
        "name": command.name,
        "aliases": [alias for alias, name in ALIASES.items() if name == command.name and command.group],
        "group": command.group,
        "summary": command.summary,
        "details": command.details,
        "usage": command.usage,
        "example": command.example,
        "verb": [word.decode() for word in command.grammar.verb],
        "effect": command.risk.effect,
        "danger": command.risk.danger,
        "one_node": command.risk.single_node,
        "connects": command.connects,
        "rest_is_data": command.grammar.rest_is_data,
        "errors": list(command.errors),
        "arguments": [_argument(argument) for argument in command.grammar.arguments],
        "options": [_option(option) for option in command.grammar.options],
        "subcommands": [_command(inner) for inner in command.subcommands],
    }


def _argument(argument: Argument) -> dict[str, Any]:
    return {
        "name": argument.name,
        "help": argument.help,
        "kind": argument.type.name,
        "choices": list(argument.type.choices),
        "many": argument.many,
        "required": argument.required,
        "default": argument.default,
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "flag": option.flag,
        "short": option.short,
        "help": option.help,
        "kind": option.type.name,
        "metavar": None if option.is_flag else option.type.metavar,
        "choices": list(option.type.choices),
        "many": option.many,
        "default": option.unset or None,
    }
