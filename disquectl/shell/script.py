"""Runs lines that are not typed: those of stdin, up to the first error. Reports the error of any line."""

from __future__ import annotations

import io

from disquectl.errors import EXIT_INTERRUPTED, EXIT_OK, DisquectlError
from disquectl.execution.inputs import read_stdin
from disquectl.execution.streams import Streams
from disquectl.render.ansi import RED
from disquectl.render.escape import for_message
from disquectl.shell.advice import advice_here, message_here
from disquectl.shell.runner import run_line
from disquectl.shell.words import commands_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.state import Shell

EXIT_PARTLY, EXIT_REFUSED = 3, 1


def run_script(shell: Shell, *, keep_going: bool) -> int:
    """Run the lines of stdin. Return the first failure's exit code, or with `keep_going` a combined one."""
    lines = commands_of(read_stdin(shell.streams.stdin).decode("utf-8", "surrogateescape"))
    # stdin holds the lines of the script: a command that reads stdin finds it empty.
    shell.streams = Streams(io.BytesIO(), shell.streams.stdout, shell.streams.stderr)
    shell.session.streams = shell.streams
    done = failed = 0
    for line in [*shell.options.start, *lines]:
        code = attempt(shell, line)
        if code == EXIT_INTERRUPTED or (code and not keep_going):
            return code
        failed += bool(code)
        done += not code
        if shell.leaving:
            break
    if not failed:
        return EXIT_OK
    return EXIT_PARTLY if done else EXIT_REFUSED


def attempt(shell: Shell, line: str) -> int:
    """Run a line, report its error, and return its exit code. Never raises."""
    shell.exit_code = EXIT_OK
    try:
        run_line(shell, line)
    except DisquectlError as problem:
        report(shell, problem.message, problem.advice)
        return problem.exit_code
    except BrokenPipeError:
        return EXIT_OK  # the reader has stopped reading
    except KeyboardInterrupt:
        shell.streams.say("")
        closed = " The waiting connection was closed, so no job can be delivered to it."
        shell.session.note(f"Interrupted.{'' if shell.session.client.connected else closed}")
        return EXIT_INTERRUPTED
    except Exception as problem:
        from disquectl.execution.crash import internal_error

        bug = internal_error(problem, shell.streams)
        report(shell, bug.message, bug.advice)
        return bug.exit_code
    return shell.exit_code


def report(shell: Shell, message: str, advice: str) -> None:
    """Write the error and its advice to stderr; the advice can be typed here."""
    text = for_message(message_here(message), advice_here(advice))
    if not shell.interactive:
        shell.streams.say(f"disquectl: {text}")
    elif shell.streams.stderr_is_terminal and shell.settings.color != "never" and shell.has_screen:
        shell.streams.say(text, RED)
    else:
        shell.streams.say(text)
