"""From a command line to an exit code: the fast path, and the one place that maps errors to exit codes.

A line that the declarations' own parser understands runs at once. Everything else (help, wrong options) goes
to Typer, which explains it. Typer is loaded only for that.
"""

from __future__ import annotations

import errno
import os

from disquectl.commands import find
from disquectl.config.settings import resolve
from disquectl.errors import EXIT_INTERRUPTED, EXIT_OK, DataError, DisquectlError
from disquectl.execution import parser
from disquectl.execution.session import Session
from disquectl.execution.streams import process_streams
from disquectl.render.escape import for_message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from disquectl.execution.parser import Invocation
    from disquectl.execution.streams import Streams

# The command with the exit codes of a monitoring plugin.
PLUGIN = "check"


def run_command_line(argv: list[str]) -> int:
    """Run one command line with this process's streams and return its exit code. All output is flushed."""
    streams = process_streams()
    if PLUGIN in argv and parser.command_word(argv) == PLUGIN:
        from disquectl.execution.plugin import run_plugin

        return run_plugin(lambda: _run(argv, streams), streams)
    try:
        return _run(argv, streams)
    except DisquectlError as problem:
        _report(problem, streams)
        return problem.exit_code
    except BrokenPipeError:
        return EXIT_OK  # the reader of the pipe has what it wanted
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as problem:
        if isinstance(problem, OSError) and problem.errno in (errno.EMFILE, errno.ENFILE):
            too_many = DataError("too many open files", "raise the limit with ulimit -n")
            _report(too_many, streams)
            return too_many.exit_code
        from disquectl.execution.crash import internal_error

        bug = internal_error(problem, streams)
        _report(bug, streams)
        return bug.exit_code


def _run(argv: list[str], streams: Streams) -> int:
    if streams.stdin_is_terminal and streams.stdout_is_terminal and parser.names_no_command(argv):
        argv = [*argv, "shell"]
    argv = _explained(argv)
    invocation = parser.parse(argv, find)
    if invocation is None:
        from disquectl.cli.tree import explain

        explained = explain(argv, streams)
        if isinstance(explained, int):
            return explained
        invocation = explained
    return carry_out(invocation, streams)


def _explained(argv: list[str]) -> list[str]:
    """`help COMMAND` as `COMMAND --help`, unless there is a topic of that name."""
    asked = parser.parse(argv, find) if "help" in argv else None
    words = asked.words.get("topic") if asked is not None and asked.command.name == "help" else None
    if not isinstance(words, tuple) or find(words[0]) is None:
        return argv
    from disquectl.manual import topics

    return argv if topics.exists(words[0]) else [*words, "--help"]


def carry_out(invocation: Invocation, streams: Streams) -> int:
    """Run a parsed command and return its exit code."""
    from disquectl.execution.dispatch import run

    environ: Mapping[str, str] = os.environ
    command, words, given = invocation.command, invocation.words, invocation.settings
    if not command.connects:
        from disquectl.execution.unconnected import without_connection

        words, given = without_connection(command, words, given)
        environ = {name: value for name, value in environ.items() if not name.startswith("DISQUE_")}
    other = words.get("to_profile")
    settings = resolve(
        given,
        environ,
        with_profile=command.connects,
        other_profile=other if isinstance(other, str) else None,
    )
    if streams.stdout_is_terminal and settings.pager:
        from disquectl.execution.pager import may_page, paging

        if may_page(command, words):
            with paging(streams, settings, os.environ) as paged, Session(settings, paged) as session:
                run(command, words, session)
                return session.exit_code
    with Session(settings, streams) as session:
        run(command, words, session)
        return session.exit_code


def _report(problem: DisquectlError, streams: Streams) -> None:
    """Write one line to stderr: what is wrong, and what to do about it."""
    streams.say(f"disquectl: {for_message(problem.message, problem.advice)}")
