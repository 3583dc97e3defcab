"""Reads lines from a file or stdin. Non-blocking: the caller is told when to poll.

Raises DataError for what cannot be read, and UsageError for what is not UTF-8 where it must be.
"""

from __future__ import annotations

import io
import os
import select
import stat

from disquectl.bulk.encoding import Utf8Start
from disquectl.bulk.lines import LineSplitter
from disquectl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, Self

CHUNK_BYTES = 64 << 10


class Source:
    """The lines of a stream; `name` is for errors, `bytes_read` and `total_bytes` for the progress.

    A context manager that closes the stream if it was opened here.
    """

    def __init__(
        self, stream: BinaryIO, name: str, separator: bytes, *, opened: bool, start: Utf8Start | None = None
    ) -> None:
        self._stream = stream
        self._opened = opened
        self._name = name
        self._splitter = LineSplitter(separator)
        self._start = start
        self._poll = select.poll()
        self.bytes_read = 0
        self.total_bytes: int | None = None
        try:
            self.fd = stream.fileno()
        except (io.UnsupportedOperation, ValueError, OSError):
            self.fd = -1
            return
        self._poll.register(self.fd, select.POLLIN)
        status = os.fstat(self.fd)
        if stat.S_ISREG(status.st_mode):
            self.total_bytes = status.st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened:
            self._stream.close()

    def chunks(self) -> Iterator[list[bytes | None] | None]:
        """Lists of lines, with None for one that is too long. None as a list: nothing can be read now."""
        while True:
            if self.fd >= 0 and not self._poll.poll(0):
                yield None
                continue
            data = self._read()
            self.bytes_read += len(data)
            text = data if self._start is None else self._start.feed(data)
            lines = self._splitter.feed(text) if text else []
            if not data:
                lines += self._splitter.finish()
            if lines:
                yield lines
            if not data:
                return

    def _read(self) -> bytes:
        try:
            data: bytes = self._stream.read1(CHUNK_BYTES)  # type: ignore[attr-defined]  # BinaryIO lacks it
        except OSError as problem:
            raise DataError(f"cannot read {self._name}: {os.strerror(problem.errno or 0)}") from problem
        return data


def open_source(path: str | None, stdin: BinaryIO, separator: bytes = b"\n", utf8: bool = False) -> Source:
    """The file, or stdin without a path. With `utf8`, other encodings raise UsageError."""
    start = Utf8Start(path or "stdin") if utf8 else None
    if path is None:
        return Source(stdin, "stdin", separator, opened=False, start=start)
    try:
        return Source(open(path, "rb"), path, separator, opened=True, start=start)
    except OSError as problem:
        raise DataError(f"cannot read {path}: {problem.strerror}") from problem
