"""Writes what `help` and `cheat` show: the list of topics, or a page.

Rich is loaded only for a page on a terminal.
"""

from __future__ import annotations

from disquectl.execution.text import write_text
from disquectl.manual import topics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session


def show_topics(session: Session) -> None:
    """The list of topics."""
    width = max(len(name) for name in topics.names())
    lines = [f"  {name:{width}}  {topics.title(name)}" for name in topics.names()]
    last = "disquectl help COMMAND is disquectl COMMAND --help"
    write_text("\n".join(["disquectl help TOPIC", "", *lines, "", last]), session)


def show_page(name: str, session: Session) -> None:
    """A page: drawn on a terminal, and as Markdown elsewhere. Raises UsageError for an unknown name."""
    text = topics.page(name)
    if session.format == "table" and session.streams.stdout_is_terminal:
        text = topics.drawn(text, session.streams.width, session.colored)
    write_text(text, session)
