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

    from disquectl.bulk.gunzip import Gunzip

CHUNK_BYTES = 64 << 10


class Source:
    """The lines of a stream; `name` is for errors, `bytes_read` and `total_bytes` for the progress.

    A context manager that closes the stream if it was opened here.
    """

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        separator: bytes,
        *,
        opened: bool,
        start: Utf8Start | None = None,
        gunzip: Gunzip | None = None,
    ) -> None:
        self._stream = stream
        self._opened = opened
        self._name = name
        self._splitter = LineSplitter(separator)
        self._start = start
        self._gunzip = gunzip
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
            for piece in self._pieces(data):
                if lines := self._splitter.feed(piece):
                    yield lines
            if not data:
                if lines := self._splitter.finish():
                    yield lines
                return

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        """The text in the data that was read; empty data is the end."""
        if self._gunzip is None:
            yield data if self._start is None else self._start.feed(data)
            return
        for piece in self._gunzip.feed(data):
            if piece:
                yield piece if self._start is None else self._start.feed(piece)
        if not data and self._start is not None:
            yield self._start.feed(b"")

    def _read(self) -> bytes:
        try:
            data: bytes = self._stream.read1(CHUNK_BYTES)  # type: ignore[attr-defined]  # BinaryIO lacks it
        except OSError as problem:
            raise DataError(f"cannot read {self._name}: {os.strerror(problem.errno or 0)}") from problem
        return data


def open_source(
    path: str | None,
    stdin: BinaryIO,
    separator: bytes = b"\n",
    utf8: bool = False,
    gzip: bool = False,
) -> Source:
    """The file, or stdin without a path. With `utf8`, other encodings raise UsageError.

    `gzip`: decompress what begins as gzip does.
    """
    name = path or "stdin"
    start = Utf8Start(name) if utf8 else None
    gunzip = None
    if gzip:
        from disquectl.bulk.gunzip import Gunzip

        gunzip = Gunzip(name)
    if path is None:
        return Source(stdin, name, separator, opened=False, start=start, gunzip=gunzip)
    try:
        return Source(open(path, "rb"), path, separator, opened=True, start=start, gunzip=gunzip)
    except OSError as problem:
        raise DataError(f"cannot read {path}: {problem.strerror}") from problem
