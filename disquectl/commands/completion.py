"""completion: the script that teaches a shell to complete this program's words."""

from __future__ import annotations

from disquectl.commands.help import write_lines
from disquectl.commands.kinds import one_of
from disquectl.commands.row import TOOLS, Argument, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Values
    from disquectl.commands.session import Session

SHELL = one_of("bash", "zsh", "fish")


def run(row: Row, values: Values, session: Session) -> None:
    """The script on stdout."""
    from disquectl.completion.scripts import script

    write_lines(script(values["shell"]).rstrip("\n").split("\n"), session)


ROW = Row(
    "completion",
    "Print the script for TAB completion in bash, zsh or fish.",
    group=TOOLS,
    connects=False,
    arguments=(Argument("shell", SHELL, "bash, zsh or fish."),),
    details="disquectl --install-completion sets it up for your shell; disquectl help completion says more.",
    example="disquectl completion bash > disquectl.bash",
    run=run,
)
