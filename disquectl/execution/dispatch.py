"""Runs a parsed command: converts its words, and chooses how it is run (one request, all nodes, a program).

It must not know a single command.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.execution.request import send_and_present
from disquectl.spec.command import Program, Request
from disquectl.spec.global_options import CONNECTING
from disquectl.spec.parameters import convert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Argument, Option, Raw, Values


def run(command: Command, raw: Raw, session: Session) -> None:
    """Carry out one command from the words as they were typed; again and again with --every.

    Raises UsageError for wrong values.
    """
    if command.repeats and ("every" in raw or "times" in raw):
        from disquectl.execution.repeat import repeat

        repeat(command, raw, session, lambda: _run_once(command, raw, session))
    else:
        _run_once(command, raw, session)


def _run_once(command: Command, raw: Raw, session: Session) -> None:
    parameters: tuple[Argument | Option, ...] = (*command.grammar.arguments, *command.grammar.options)
    if isinstance(command.does, Program) and command.does.connecting == "values":
        parameters = (*parameters, *CONNECTING)
    values = convert(parameters, raw)
    if command.grammar.check:
        command.grammar.check(values)
    session.command_name = command.full_name
    if command.short_ids:
        from disquectl.execution.short_ids import complete

        complete(values, session)
    if values.get("cluster") and session.settings.no_cluster:
        raise UsageError("--cluster and --no-cluster cannot be combined")
    if session.asks_all_nodes and _may_ask_all(command, values):
        values["cluster"] = True
    if any(option.name == "body" for option in command.grammar.options) and (
        session.format == "table" or not values.keys().isdisjoint(("body", "body_command"))
    ):
        from disquectl.execution.bodies import body_view

        session.body_view = body_view(values, session)
    if isinstance(command.does, Program) and command.does.asks_all_nodes(values):
        command.does.run(command, values, session)
    elif command.merge != "none" and (values.get("cluster") or values.get("seeds_only")):
        from disquectl.execution.all_nodes import run_on_all_nodes

        run_on_all_nodes(command, values, session)
    elif isinstance(command.does, Program):
        command.does.run(command, values, session)
    elif isinstance(command.does, Request):
        send_and_present(command, command.does, values, session)
    else:
        raise UsageError(f"{command.name} needs a subcommand")


def _may_ask_all(command: Command, values: Values) -> bool:
    """Whether --cluster can be added: not to a page of one node, nor where one node informs the others."""
    has_it = any(option.name == "cluster" for option in command.grammar.options)
    return has_it and "cursor" not in values and not command.risk.informs_others(values)
