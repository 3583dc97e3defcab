"""Converts replies about jobs and queues to records: dicts with Disque's field names, `_` for `-`.

IDs and the server's own words are `str`; queue names and bodies are `bytes`. A reply of another shape raises
the exception of `shapes.unexpected`, and no other. Fields missing in a reply are missing in the record. Pure:
no I/O.
"""

from __future__ import annotations

from disquectl.protocol.columns import Column, Columns, column
from disquectl.protocol.shapes import array, digits, field, integer, octets, pairs, text, unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from disquectl.protocol.columns import Records
    from disquectl.protocol.resp import Reply
    from disquectl.protocol.shapes import Record


_SHOW_NAMES = (
    b"id queue state repl ttl ctime delay retry nacks additional-deliveries nodes-delivered nodes-confirmed "
    b"next-requeue-within next-awake-within body"
).split()
_SHOW_LINE = b"\0".join(_SHOW_NAMES)
_SHOW_KEYS = tuple(name.decode().replace("-", "_") for name in _SHOW_NAMES)


def _decoded(nodes: list[bytes]) -> list[str]:
    return list(map(bytes.decode, nodes))


# For each field its conversion, and the types allowed after that.
_NUMBER: tuple[None, set[type]] = (None, {int, type(None)})
_OCTETS: tuple[None, set[type]] = (None, {bytes, type(None)})
_TEXT: tuple[Callable[[bytes], str], set[type]] = (bytes.decode, {str})
_NODES: tuple[Callable[[list[bytes]], list[str]], set[type]] = (_decoded, {list})
_SHOW_FORMS = (_TEXT, _OCTETS, _TEXT, *[_NUMBER] * 7, _NODES, _NODES, _NUMBER, _NUMBER, _OCTETS)
_SHOW_TYPES = {
    name: types if name.startswith("next_") or types is not _NUMBER[1] else {int}
    for name, (_, types) in zip(_SHOW_KEYS, _SHOW_FORMS, strict=True)
}


def jobs(reply: Reply, command: str = "GETJOB") -> Records:
    """GETJOB and QPEEK: `{"queue", "id", "body"}`, with counters `"nacks"` and `"additional_deliveries"`."""
    if reply is None:
        return []
    elements = array(command, reply)
    return _three_fields(elements) or [_job(command, element) for element in elements]


def _three_fields(jobs: list[Reply]) -> Columns | None:
    """Convert many jobs without counters field by field; None for other forms."""
    try:
        queues, ids, bodies = zip(*jobs, strict=True)
        if set(map(type, queues)) | set(map(type, bodies)) != {bytes}:
            return None
        texts = Column(list(map(bytes.decode, ids)), {str})
        return Columns(("queue", "id", "body"), (column(queues), texts, Column(bodies, {bytes})))
    except (TypeError, ValueError):
        return None


def _job(command: str, reply: Reply) -> Record:
    queue, job_id, body, *counters = array(command, reply, at_least=3)
    record: Record = {
        "queue": octets(command, queue),
        "id": text(command, job_id),
        "body": octets(command, body),
    }
    for name, value in pairs(command, counters):
        record[name.replace("-", "_")] = integer(command, value)
    return record


def show(reply: Reply, command: str = "SHOW") -> Record | None:
    """SHOW: every field of the job, or None if the node does not know it.

    `ctime` is in nanoseconds, `next_requeue_within` and `next_awake_within` in milliseconds or None, all
    other times in seconds. `queue` and `body` are None in the placeholder for an acknowledged ID.
    """
    if reply is None:
        return None
    record: Record = {}
    for name, value in pairs(command, reply):
        is_bytes = name in ("queue", "body") and value is not None
        record[name.replace("-", "_")] = octets(command, value) if is_bytes else field(command, value)
    return record


def complete(record: Record, fields: Iterable[str], command: str = "SHOW") -> Record:
    """Check that a job's record has these fields, and that all fields have their types; return it.

    Raises the exception of `unexpected` otherwise.
    """
    for name in fields:
        if name not in record:
            raise unexpected(command, None)
    for name, value in record.items():
        types = _SHOW_TYPES.get(name)
        if types is not None and type(value) not in types:
            raise unexpected(command, value)
    return record


def qstat(reply: Reply) -> Record | None:
    """QSTAT: every field, `queue` for `name`, or None for a missing queue. `age` and `idle`: seconds."""
    if reply is None:
        return None
    record: Record = {}
    for name, value in pairs("QSTAT", reply):
        if name == "name":
            record["queue"] = octets("QSTAT", value)
        else:
            record[name.replace("-", "_")] = field("QSTAT", value)
    return record


def next_cursor(reply: Reply, command: str) -> int:
    """Return only the next cursor of a page of QSCAN or JSCAN."""
    return _page(command, reply)[0]


def qscan_page(reply: Reply) -> tuple[int, list[bytes]]:
    """One page of QSCAN: the next cursor (0: this is the last page) and queue names, possibly repeated."""
    cursor, names = _page("QSCAN", reply)
    return cursor, [octets("QSCAN", name) for name in names]


def jscan_page(reply: Reply) -> tuple[int, Records]:
    """One page of JSCAN: the next cursor, and `{"id"}` or, with REPLY all, records like those of `show`."""
    cursor, elements = _page("JSCAN", reply)
    return cursor, _common_form(elements) or [_scanned(element) for element in elements]


def _common_form(jobs: list[Reply]) -> Columns | None:
    """Convert many jobs, all IDs or all with the usual fields, field by field; None for other forms."""
    types = set(map(type, jobs))
    try:
        if types == {bytes}:
            return Columns(("id",), [Column(list(map(bytes.decode, jobs)), {str})])  # type: ignore[arg-type]  # checked above
        return _all_fields(jobs) if types == {list} else None  # type: ignore[arg-type]  # checked above
    except (TypeError, UnicodeDecodeError):
        return None


def _all_fields(jobs: list[list[Any]]) -> Columns | None:
    width = 2 * len(_SHOW_NAMES)
    flat: list[Any] = []
    for job in jobs:
        flat += job
    # Comparing joined names takes half the time; a NUL in a name would change the count.
    names = b"\0".join([_SHOW_LINE] * len(jobs))
    if set(map(len, jobs)) != {width} or b"\0".join(flat[0::2]) != names:
        return None
    columns = []
    for i, (convert, types) in enumerate(_SHOW_FORMS):
        values = column(flat[2 * i + 1 :: width])
        if convert is not None:
            values = values.mapped(convert)
        if not values.types <= types:
            return None
        columns.append(values)
    return Columns(_SHOW_KEYS, columns)


def _scanned(element: Reply) -> Record:
    record = show(element, "JSCAN") if isinstance(element, list) else {"id": text("JSCAN", element)}
    if not record or "id" not in record:
        raise unexpected("JSCAN", element)
    return record


def _page(command: str, reply: Reply) -> tuple[int, list[Reply]]:
    cursor, elements = array(command, reply, at_least=2)[:2]
    return digits(command, cursor), array(command, elements)
