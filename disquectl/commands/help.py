"""help: the pages of the documentation, on the terminal."""

from __future__ import annotations

from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import ParamType, plain_text
from disquectl.spec.parameters import Argument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

TOPIC = ParamType("topic", plain_text)


def run(command: Command, values: Values, session: Session) -> None:
    """Write a page, or the list of pages. The command line itself handles `help COMMAND`."""
    from disquectl.manual.show import show_page, show_topics

    if words := values.get("topic", ()):
        show_page(" ".join(words), session)
    else:
        show_topics(session)


COMMAND = Command(
    "help",
    "Explain a command, or a topic such as delivery or exit-codes.",
    group=TOOLS,
    example="disquectl help delivery",
    grammar=Grammar(
        arguments=(
            Argument(
                "topic", TOPIC, "Topic or command; without it, list all topics.", many=True, required=False
            ),
        )
    ),
    does=Program(run, connects=False, pages=True),
)
