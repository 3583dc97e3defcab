"""Writes what `help` and `cheat` show: the list of topics, or a page.

Rich is loaded only for a page on a terminal.
"""

from __future__ import annotations

from textwrap import wrap

from disquectl.execution.text import write_text
from disquectl.manual import topics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session


def show_topics(session: Session) -> None:
    """The topics in their groups, each with a sentence."""
    column = max(len(name) for name in topics.names()) + 4
    lines = ["disquectl help TOPIC"]
    for group, members in topics.GROUPS.items():
        lines += ["", f"{group}:"]
        for name, about in members.items():
            first, *rest = wrap(about, max(session.streams.width - column, 20))
            lines += [f"  {name}".ljust(column) + first, *(" " * column + more for more in rest)]
    lines += ["", "disquectl --help lists the commands.", "disquectl help COMMAND explains one."]
    write_text("\n".join(lines), session)


def show_page(name: str, session: Session) -> None:
    """A page: drawn on a terminal, and as Markdown elsewhere. Raises UsageError for an unknown name."""
    text = topics.page(name)
    if session.format == "table" and session.streams.stdout_is_terminal:
        text = topics.drawn(text, session.streams.width, session.colored)
    write_text(text, session)
