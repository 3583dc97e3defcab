"""sys.stdout and sys.stderr of a process with --tag: the parent gets whole lines, each with its job.

The job is that of the thread or task that writes. A part of a line is kept for its job until the rest comes,
or until its function has ended. What is written to the descriptors otherwise, such as by a subprocess, does
not pass through here.
"""

from __future__ import annotations

import io
import os
import sys
import threading

from disquectl.functions.tagged_lines import LONGEST_LINE_BYTES, tagged
from disquectl.jobs import CURRENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from disquectl.jobs import Job


class TaggedStream(io.RawIOBase):
    """Writes to the descriptor `fd`; for any thread."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        # What a destructor prints may interrupt a `write` of the same thread.
        self._lock = threading.RLock()
        # The ID of a job, or nothing -> the part of its line that has no end yet, and the job.
        self._partial: dict[str, tuple[Job | None, bytes]] = {}
        os.register_at_fork(after_in_child=self._forget)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write bytes of the job that this thread or task runs for."""
        job, new = CURRENT.get(None), bytes(data)
        key = job.id if job is not None else ""
        with self._lock:
            _, before = self._partial.pop(key, (None, b""))
            *lines, rest = (before + new).split(b"\n")
            if len(rest) > LONGEST_LINE_BYTES:
                lines.append(rest)
            elif rest:
                self._partial[key] = job, rest
            self._put(job, lines)
        return len(new)

    def end(self, job: Job) -> None:
        """The function of this job has ended: write the last part of its line."""
        if self._partial:
            with self._lock:
                _, rest = self._partial.pop(job.id, (None, b""))
                self._put(job, [rest] if rest else [])

    def end_all(self) -> None:
        """The process ends: write all that is left."""
        with self._lock:
            for job, rest in list(self._partial.values()):
                self._put(job, [rest])
            self._partial.clear()

    def _put(self, job: Job | None, lines: list[bytes]) -> None:
        data = tagged(job, lines)
        while data:
            data = data[os.write(self._fd, data) :]

    def _forget(self) -> None:
        """In a process that was forked: what is kept is the parent's, and so is the thread with the lock."""
        self._lock = threading.RLock()
        self._partial = {}

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def fileno(self) -> int:
        """Return the descriptor; what is written there by others has no job."""
        return self._fd


class TaggedStreams:
    """Takes the places of sys.stdout and sys.stderr."""

    def __init__(self) -> None:
        self._streams = []
        for name in ("stdout", "stderr"):
            before = getattr(sys, name)
            stream = TaggedStream(before.fileno())
            self._streams.append(stream)
            # It passes all on at once: what it kept could be of several jobs.
            text = io.TextIOWrapper(  # type: ignore[type-var]
                stream, before.encoding, before.errors, write_through=True
            )
            setattr(sys, name, text)

    def end(self, job: Job) -> None:
        """The function of this job has ended."""
        for stream in self._streams:
            stream.end(job)

    def end_all(self) -> None:
        """The process ends."""
        for stream in self._streams:
            stream.end_all()
