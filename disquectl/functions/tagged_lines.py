"""Lines that a function prints with --tag, as they travel to the parent: with the job that wrote them. Pure.

A line is NUL, the job's ID, a blank, the queue as hexadecimal digits, NUL, and the text. Without a job, the
ID and the queue are empty. A line that does not begin so was not written by sys.stdout or sys.stderr, and has
no job.
"""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from disquectl.jobs import Job

_MARK = b"\0"
# Longer lines are split, as those of commands are.
LONGEST_LINE_BYTES = 16 << 10
# With what `tagged` puts before such a line: names of queues may be long.
LONGEST_TAGGED_BYTES = 4 * LONGEST_LINE_BYTES


class Writer(NamedTuple):
    """The job whose function wrote a line."""

    id: str
    queue: bytes


def tagged(job: Job | None, lines: Iterable[bytes]) -> bytes:
    """Return these lines of a job with their line ends."""
    whose = " " if job is None else f"{job.id} {job.queue.encode('utf-8', 'surrogateescape').hex()}"
    head = _MARK + whose.encode() + _MARK
    return b"".join(
        head + line[at : at + LONGEST_LINE_BYTES] + b"\n"
        for line in lines
        for at in range(0, len(line) or 1, LONGEST_LINE_BYTES)
    )


def by_writer(lines: Iterable[bytes]) -> Iterator[tuple[Writer | None, list[bytes]]]:
    """Yield lines without what `tagged` put before them, those of the same job in a row together."""
    for writer, several in groupby(map(_read, lines), lambda one: one[0]):
        yield writer, [text for _, text in several]


def _read(line: bytes) -> tuple[Writer | None, bytes]:
    if not line.startswith(_MARK):
        return None, line
    head, mark, text = line[len(_MARK) :].partition(_MARK)
    job_id, blank, queue = head.partition(b" ")
    try:
        writer = Writer(job_id.decode("ascii"), bytes.fromhex(queue.decode("ascii"))) if job_id else None
    except ValueError:
        return None, line
    return (writer, text) if mark and blank else (None, line)
