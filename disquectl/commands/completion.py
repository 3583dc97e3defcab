"""completion: print the TAB completion script of a shell."""

from __future__ import annotations

from disquectl.execution.text import write_text
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import one_of
from disquectl.spec.parameters import Argument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

SHELL = one_of("bash", "zsh", "fish", noun="shell")


def run(command: Command, values: Values, session: Session) -> None:
    """Write the script to stdout."""
    from disquectl.completion.scripts import script

    write_text(script(values["shell"]), session)


COMMAND = Command(
    "completion",
    "Print the script for TAB completion in bash, zsh or fish.",
    group=TOOLS,
    example="disquectl completion bash > disquectl.bash",
    details="disquectl --install-completion sets it up for your shell; see disquectl help completion.",
    grammar=Grammar(arguments=(Argument("shell", SHELL, "bash, zsh or fish."),)),
    does=Program(run, connects=False),
)
