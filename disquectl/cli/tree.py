"""The declarations as a tree of Typer commands, each built when it is needed.

Typer prints the help, and explains what is wrong with a line that the declarations' own parser did not
understand. A line that Typer does understand comes back as the same Invocation. Only this module knows Typer,
and only the public classes of `typer.core`: commands are made from declarations, not from the signatures of
functions.
"""

from __future__ import annotations

import os
from contextlib import redirect_stdout
from difflib import get_close_matches
from io import StringIO
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from disquectl import __version__
from disquectl.cli.help import bold_headings, write_command_help, write_program_help
from disquectl.commands import NAMES, find
from disquectl.errors import UsageError
from disquectl.execution.parser import Invocation, is_number
from disquectl.spec.command import Command
from disquectl.spec.global_options import GLOBAL_OPTIONS
from disquectl.spec.habits import OPTIONS, habit_of_command
from disquectl.spec.parameters import Argument, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.execution.streams import Streams
    from disquectl.spec.parameters import Raw

# The base class of all errors about a line; Typer exports only this subclass of it.
PARSE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]
PROGRAM = "disquectl"
ABOUT = "The command-line tool for Disque, the distributed in-memory job queue."
# A word of `-` and digits is data. A mark that no command line can contain keeps Typer from reading it as an
# option; it is removed after parsing.
DATA_MARK = "\0"


class _Printed(StringIO):
    """Collects what Typer prints, and claims to be a terminal if stdout is one."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def explain(argv: list[str], streams: Streams) -> Invocation | int:
    """Let Typer parse the line. Returns the invocation, or the exit code after printing help or the version.

    Raises UsageError for a wrong line, DataError if the help cannot be written.
    """
    printed = _Printed(streams.stdout_is_terminal)
    try:
        with redirect_stdout(printed):
            result = Tree().main(argv, prog_name=PROGRAM, standalone_mode=False)
    except PARSE_ERROR as problem:
        raise _as_usage_error(problem) from None
    if isinstance(result, Invocation):
        return result
    streams.put(printed.getvalue().encode("utf-8", "backslashreplace"), "help")
    return int(result or 0)


def _as_usage_error(problem: Any) -> UsageError:
    where = problem.ctx.command_path if getattr(problem, "ctx", None) else PROGRAM
    if hasattr(problem, "possibilities"):
        return _no_such_option(problem.option_name, problem.possibilities or (), where)
    message = " ".join(
        problem.format_message().replace(DATA_MARK, "").replace(repr(DATA_MARK)[1:-1], "").split()
    )
    return UsageError(message[:1].lower() + message[1:].rstrip("."), f"see {where} --help")


def _parse(parse: Callable[[Any, list[str]], list[str]], ctx: Any, args: list[str]) -> list[str]:
    """Let Typer parse a command's words, and add the command to an error that lacks it."""
    try:
        return parse(ctx, _marked(args))
    except PARSE_ERROR as problem:
        error: Any = problem
        error.ctx = error.ctx or ctx
        raise


def _no_such_command(name: str, names: Iterable[str], where: str) -> UsageError:
    near = get_close_matches(name, list(names), n=2, cutoff=0.7)
    if where == PROGRAM and (command_line := habit_of_command(name)):
        advice = f"did you mean `{command_line}`?"
    else:
        advice = f"did you mean {' or '.join(near)}?" if near else f"see {where} --help"
    return UsageError(f"no such command: {name!r}", advice)


def _no_such_option(name: str, known: Iterable[str], where: str) -> UsageError:
    # Without the dashes, which would make all options look similar.
    if instead := OPTIONS.get(name):
        return UsageError(f"no such option: {name}", f"did you mean {instead}?")
    near = get_close_matches(name.lstrip("-"), [one.lstrip("-") for one in known], n=2, cutoff=0.7)
    advice = f"did you mean --{' or --'.join(near)}?" if near else f"see {where} --help"
    return UsageError(f"no such option: {name}", advice)


class _Command(TyperCommand):
    """A declaration as a Typer command."""

    def __init__(self, command: Command) -> None:
        super().__init__(
            command.name,
            params=_parameters((*command.grammar.arguments, *command.grammar.options))
            + _global_parameters(hidden=True),
            help=command.summary,
            rich_markup_mode=None,
            context_settings=_context_settings(allow_interspersed_args=not command.grammar.rest_is_data),
        )
        self.command = command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return _parse(super().parse_args, ctx, args)

    def invoke(self, ctx: Any) -> Invocation:
        return _invocation(self.command, ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        write_command_help(self.command, ctx, formatter)

    def get_help(self, ctx: Any) -> str:
        return bold_headings(super().get_help(ctx))


class _Group(TyperGroup):
    """A declaration with subcommands as a Typer group."""

    def __init__(self, command: Command) -> None:
        super().__init__(
            name=command.name,
            params=_global_parameters(hidden=True),
            commands={inner.name: _Command(inner) for inner in command.subcommands},
            help=command.summary,
            invoke_without_command=command.is_callable,
            subcommand_metavar="[COMMAND]" if command.is_callable else "COMMAND",
            rich_markup_mode=None,
            context_settings=_context_settings(),
        )
        self.command = command

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        if command is None:
            raise _no_such_command(_unmarked(cmd_name), self.commands, ctx.command_path)
        return command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return _parse(super().parse_args, ctx, args)

    def invoke(self, ctx: Any) -> Any:
        # Typer calls this for a group, and uses its result if no subcommand is given.
        self.callback = lambda **_: _invocation(self.command, ctx)
        return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        write_command_help(self.command, ctx, formatter)

    def get_help(self, ctx: Any) -> str:
        return bold_headings(super().get_help(ctx))


class Tree(TyperGroup):
    """The program. Each command is made from its declaration when Typer asks for it."""

    def __init__(self) -> None:
        install = _at_once(
            ("--install-completion",), "Set up TAB completion for your shell.", _install_completion
        )
        super().__init__(
            name=PROGRAM,
            params=[*_global_parameters(hidden=False), install],
            help=ABOUT,
            invoke_without_command=True,
            subcommand_metavar="COMMAND [ARGS] [OPTIONS]",
            rich_markup_mode=None,
            context_settings=_context_settings(),
        )

    def list_commands(self, ctx: Any) -> list[str]:
        return list(NAMES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = find(_unmarked(cmd_name))
        if command is None:
            raise _no_such_command(_unmarked(cmd_name), NAMES, PROGRAM)
        return _Group(command) if command.subcommands else _Command(command)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return _parse(super().parse_args, ctx, args)

    def invoke(self, ctx: Any) -> Any:
        self.callback = lambda **_: self._nothing_named(ctx)
        return super().invoke(ctx)

    def _nothing_named(self, ctx: Any) -> int:
        if ctx.invoked_subcommand is None:
            typer.echo(self.get_help(ctx))
        return 0

    def format_help(self, ctx: Any, formatter: Any) -> None:
        write_program_help(self, ctx, formatter)

    def get_help(self, ctx: Any) -> str:
        return bold_headings(super().get_help(ctx))


def _context_settings(**more: Any) -> dict[str, Any]:
    return {"help_option_names": ["-h", "--help"], "max_content_width": 100, **more}


def _print_version(ctx: Any, param: Any, value: bool) -> None:
    if value:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


def _install_completion(ctx: Any, param: Any, value: bool) -> None:
    if value:
        from disquectl.completion.install import install

        typer.echo(install(os.environ))
        raise typer.Exit


def _marked(args: list[str]) -> list[str]:
    return [DATA_MARK + word if is_number(word) else word for word in args]


def _unmarked(value: Any) -> Any:
    if isinstance(value, str):
        return value.removeprefix(DATA_MARK)
    return tuple(_unmarked(one) for one in value) if isinstance(value, (list, tuple)) else value


def _global_parameters(hidden: bool) -> list[Any]:
    version = _at_once(("-V", "--version"), "Print the version.", _print_version, hidden)
    return [*(_option(option, hidden) for option in GLOBAL_OPTIONS), version]


def _at_once(flags: tuple[str, ...], what: str, act: Callable[..., None], hidden: bool = False) -> Any:
    """An option that does something itself and ends the program."""
    return TyperOption(
        param_decls=list(flags),
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=act,
        help=what,
        hidden=hidden,
    )


def _parameters(parameters: tuple[Argument | Option, ...]) -> list[Any]:
    return [_option(one, False) if isinstance(one, Option) else _argument(one) for one in parameters]


def _option(option: Option, hidden: bool) -> Any:
    names = [option.flag] if option.short is None else [option.short, option.flag]
    return TyperOption(
        param_decls=[*names, option.name],
        is_flag=option.is_flag,
        default=False if option.is_flag else None,
        type=None if option.is_flag else str,
        multiple=option.many,
        metavar=None if option.is_flag else option.type.metavar,
        help=option.explained,
        hidden=hidden,
    )


def _argument(argument: Argument) -> Any:
    return TyperArgument(
        param_decls=[argument.name],
        type=str,
        required=argument.required,
        nargs=-1 if argument.many else 1,
        metavar=argument.usage,
        help=argument.help,
    )


def _invocation(command: Command, ctx: Any) -> Invocation:
    """What Typer parsed, in the form of execution.parser: parameters that were not given are absent."""
    settings: Raw = {}
    level = ctx
    while level is not None:
        for option in GLOBAL_OPTIONS:
            value = _unmarked(level.params.get(option.name))
            if option.many and value:
                # The outer level comes before the inner one on the line.
                settings[option.name] = (*value, *settings.get(option.name, ()))  # type: ignore[misc]
            elif not option.many and _is_given(value) and option.name not in settings:
                settings[option.name] = value
        level = level.parent
    names = [argument.name for argument in command.grammar.arguments] + [
        option.name for option in command.grammar.options
    ]
    own = {name: _unmarked(ctx.params.get(name)) for name in names}
    return Invocation(command, {name: value for name, value in own.items() if _is_given(value)}, settings)


def _is_given(value: Any) -> bool:
    return value is not None and value is not False and value != ()
