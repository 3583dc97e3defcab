"""Putting records into an order and cutting them off. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.shapes import Record


def arranged(records: list[Record], sort: str, reverse: bool, limit: int | None) -> list[Record]:
    """By one field: numbers from the largest, all else from the smallest; what has none comes last."""
    having = [record for record in records if record[sort] is not None]
    lacking = [record for record in records if record[sort] is None]
    having.sort(key=lambda record: _key(record[sort]), reverse=reverse)
    return (having + lacking)[:limit]


def _key(value: int | float | bytes | str | dict[str, str] | list[str]) -> float | bytes | str:
    if isinstance(value, (int, float)):
        return -value
    return value if isinstance(value, (bytes, str)) else str(value)
