"""Writes text for people to stdout: what the commands show that have no records."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session


def write_text(text: str, session: Session) -> None:
    """Write the text, ended by exactly one line end. Raises DataError where it cannot all be written."""
    session.streams.put((text.rstrip("\n") + "\n").encode(), "help")
