"""help and cheat: the pages of the documentation, on the terminal."""

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
    """A page, or the list of them. Commands are explained before it comes to this."""
    from disquectl.manual import topics

    words = values.get("topic", ())
    if words:
        write_page(topics.page(" ".join(words)), session)
        return
    width = max(len(name) for name in topics.names())
    lines = [f"  {name:{width}}  {topics.title(name)}" for name in topics.names()]
    last = "disquectl help COMMAND is disquectl COMMAND --help"
    write_lines(["disquectl help TOPIC", "", *lines, "", last], session)


def write_page(text: str, session: Session) -> None:
    """Drawn on a terminal, and as it is written elsewhere."""
    if session.format == "table" and session.streams.stdout_is_terminal:
        from disquectl.manual.topics import drawn

        text = drawn(text, session.streams.width, session.colored)
    write_lines(text.rstrip("\n").split("\n"), session)


def write_lines(lines: list[str], session: Session) -> None:
    """To stdout, to the last byte. Raises DataError."""
    session.streams.put(("\n".join(lines) + "\n").encode(), "help")


COMMAND = Command(
    "help",
    "Explain a command, or a topic such as delivery or exit-codes.",
    group=TOOLS,
    example="disquectl help delivery",
    grammar=Grammar(
        arguments=(
            Argument(
                "topic", TOPIC, "A topic or a command; all topics unless said.", many=True, required=False
            ),
        )
    ),
    does=Program(run, connects=False),
)
