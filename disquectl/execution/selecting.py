"""Makes the Selection of a command: from its values, with the IDs of --ids-from.

All errors in what was typed, and in that file, are found here, before a node is asked.
"""

from __future__ import annotations

from disquectl.errors import DataError, UsageError
from disquectl.execution.inputs import line_chunks
from disquectl.protocol.jobid import is_valid
from disquectl.render.escape import plain
from disquectl.spec.queue_patterns import is_pattern
from disquectl.spec.selection import Selection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Shape


def selection_of(
    values: Values, session: Session, *, needs_glob: bool = False, stdin_is_for: str = ""
) -> Selection:
    """The selection that was typed.

    `needs_glob`: QUEUE words are patterns only with --glob. `stdin_is_for`: the argument that standard input
    is read for already, so that --ids-from cannot. Raises UsageError, and DataError for an unreadable file.
    """
    chosen = Selection(values, patterns=not needs_glob or "glob" in values)
    path: str | None = values.get("ids_from")
    if path == "-" and stdin_is_for:
        raise UsageError(f"--ids-from -: standard input is read for {stdin_is_for} already", "name a file")
    if path is not None:
        chosen.ids = ids_from(path, session.streams.stdin)
    if needs_glob and "glob" not in values:
        for word in sorted(filter(is_pattern, set(values.get("queue", ())))):
            name = word.decode("utf-8", "backslashreplace")
            session.warn(f"'{name}' is taken as the name of one queue; --glob makes it a pattern")
    return chosen


def say_nothing_matches(shape: Shape, selects: bool, session: Session) -> None:
    """Say on stderr that nothing matches, if anything selects; not after a table, which says so always."""
    if selects and not (shape.many and session.format == "table"):
        session.note(shape.empty)


def ids_from(path: str, stdin: BinaryIO) -> frozenset[bytes]:
    """The job IDs in a file, one a line, without blank lines; `-` is stdin. Raises UsageError, DataError."""
    if path == "-":
        return _ids(stdin, "standard input", path)
    try:
        file = open(path, "rb")  # noqa: SIM115  # closed below
    except OSError as problem:
        raise DataError(f"--ids-from: cannot read {path}: {problem.strerror}") from None
    with file:
        return _ids(file, path, path)


def _ids(file: BinaryIO, name: str, path: str) -> frozenset[bytes]:
    found: set[bytes] = set()
    for chunk in line_chunks(file, name):
        for number, line in chunk:
            job_id = line.strip()
            if not is_valid(job_id):
                raise UsageError(f"--ids-from {path}: line {number} is not a job ID: {plain(job_id[:60])}")
            found.add(job_id)
    return frozenset(found)
