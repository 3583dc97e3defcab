"""Orders records and writes them to stdout in the chosen format."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.errors import NothingThere
    from disquectl.execution.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.spec.parameters import Record
    from disquectl.spec.shape import Shape


def present(shape: Shape, records: Iterable[Record], session: Session) -> None:
    """Write the records and flush. Raises as the writer does."""
    out = session.writer(shape)
    count = 0
    for count, record in enumerate(records, 1):  # noqa: B007  # it is the number of the last one
        out.write(record)
    out.finish()
    if not count:
        session.say_empty(shape)


def present_found(shape: Shape, found: Records, session: Session, nothing: NothingThere | None) -> None:
    """Write what was found. Where that is nothing, raise `nothing`, and draw no empty table."""
    if found or nothing is None or session.format != "table":
        present(shape, found, session)
    if not found and nothing is not None:
        raise nothing


def arranged(records: list[Record], sort: str, reverse: bool, limit: int | None) -> list[Record]:
    """The records sorted by one field, at most `limit` of them.

    Numbers are sorted from the largest, all else from the smallest; records without a value come last.
    """
    having = [record for record in records if record[sort] is not None]
    lacking = [record for record in records if record[sort] is None]
    having.sort(key=lambda record: _sort_key(record[sort]), reverse=reverse)
    return (having + lacking)[:limit]


def _sort_key(value: int | float | bytes | str | dict[str, str] | list[str]) -> float | bytes | str:
    if isinstance(value, (int, float)):
        return -value
    return value if isinstance(value, (bytes, str)) else str(value)
