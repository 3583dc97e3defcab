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
    """Write a page, or the list of pages. `help COMMAND` is handled by the command line itself."""
    from disquectl.manual import topics

    words = values.get("topic", ())
    if words:
        write_page(topics.page(" ".join(words)), session)
        return
    width = max(len(name) for name in topics.names())
    lines = [f"  {name:{width}}  {topics.title(name)}" for name in topics.names()]
    last = "For a command: disquectl help COMMAND, or disquectl COMMAND --help"
    write_lines(["disquectl help TOPIC", "", *lines, "", last], session)


def write_page(text: str, session: Session) -> None:
    """Write a page: formatted on a terminal, as Markdown elsewhere."""
    if session.format == "table" and session.streams.stdout_is_terminal:
        from disquectl.manual.draw import drawn

        text = drawn(text, session.streams.width, session.colored)
    write_lines(text.rstrip("\n").split("\n"), session)


def write_lines(lines: list[str], session: Session) -> None:
    """Write lines to stdout completely. Raises DataError."""
    session.streams.put(("\n".join(lines) + "\n").encode(), "help")


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
    does=Program(run, connects=False),
)
