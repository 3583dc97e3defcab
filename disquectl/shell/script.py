"""Lines without a person: from stdin, up to the first error. And what a failed line says."""

from __future__ import annotations

import io

from disquectl.errors import EXIT_INTERRUPTED, EXIT_OK, DisquectlError
from disquectl.execution.inputs import read_stdin
from disquectl.execution.streams import Streams
from disquectl.render.escape import for_message
from disquectl.shell.runner import run_line
from disquectl.shell.words import commands_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.state import Shell

RED, PLAIN = "\x1b[31m", "\x1b[0m"
EXIT_PARTLY, EXIT_REFUSED = 3, 1


def run_script(shell: Shell, *, keep_going: bool) -> int:
    """Run the lines of stdin; the exit code of the first that failed, with `keep_going` of all together."""
    lines = commands_of(read_stdin(shell.streams.stdin).decode("utf-8", "surrogateescape"))
    # The lines are ours: a command that reads stdin finds it at its end.
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
    """Run a line and tell what went wrong; its exit code. The shell goes on whatever happens."""
    shell.exit_code = EXIT_OK
    try:
        run_line(shell, line)
    except DisquectlError as problem:
        tell(shell, problem.message, problem.advice)
        return problem.exit_code
    except BrokenPipeError:
        return EXIT_OK  # the reader has what it wanted
    except KeyboardInterrupt:
        shell.streams.say("")
        closed = (
            "" if shell.session.client.connected else "; the connection was closed, so no job is lost to it"
        )
        shell.session.note(f"interrupted{closed}")
        return EXIT_INTERRUPTED
    except Exception as problem:
        from disquectl.execution.crash import internal_error

        bug = internal_error(problem, shell.streams)
        tell(shell, bug.message, bug.advice)
        return bug.exit_code
    return shell.exit_code


def tell(shell: Shell, message: str, advice: str) -> None:
    """One line on stderr: what went wrong, and what to do about it."""
    text = for_message(message, advice)
    if not shell.interactive:
        shell.streams.say(f"disquectl: {text}")
    elif shell.streams.stderr_is_terminal and shell.settings.color != "never" and shell.has_screen:
        shell.streams.say(f"{RED}{text}{PLAIN}")
    else:
        shell.streams.say(text)
