"""help and cheat: the pages of the documentation, on the terminal."""

from __future__ import annotations

from disquectl.commands.kinds import Kind, plain_text
from disquectl.commands.row import TOOLS, Argument, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Values
    from disquectl.commands.session import Session

TOPIC = Kind("topic", plain_text)


def run(row: Row, values: Values, session: Session) -> None:
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
        from disquectl.manual.draw import drawn

        text = drawn(text, session.streams.width, session.colored)
    write_lines(text.rstrip("\n").split("\n"), session)


def write_lines(lines: list[str], session: Session) -> None:
    """To stdout, to the last byte. Raises DataError."""
    session.streams.put(("\n".join(lines) + "\n").encode(), "help")


ROW = Row(
    "help",
    "Explain a command, or a topic such as delivery or exit-codes.",
    group=TOOLS,
    connects=False,
    arguments=(
        Argument("topic", TOPIC, "A topic or a command; all topics unless said.", many=True, required=False),
    ),
    example="disquectl help delivery",
    run=run,
)
