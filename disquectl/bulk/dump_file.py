"""The file of a dump: it gets its name only when it is complete; until then it is FILE.partial.

Raises UsageError and DataError before anything is read, and DataError for a full disk.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat

from disquectl.errors import DataError, UsageError
from disquectl.execution.streams import complete

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

BUFFER_BYTES = 1 << 18
COMPRESSION_LEVEL = 6


class DumpFile:
    """`out` takes the bytes; a name that ends in .gz is compressed. Then `finish` or `leave`.

    partial  the name of the file until it is complete
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.partial = f"{path}.partial"
        _check_replaceable(path)
        try:
            # Not through a link that someone else may have put there.
            fd = os.open(self.partial, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise self._error(problem) from None
        self._file = open(fd, "wb", buffering=BUFFER_BYTES)  # noqa: SIM115  # closed by finish or leave
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.fchmod(fd, 0o600)
            os.ftruncate(fd, 0)
        except BlockingIOError:
            self._file.close()
            raise UsageError(f"another process is writing {self.partial}") from None
        except OSError as problem:
            self._file.close()
            raise self._error(problem) from None
        self._gzip: BinaryIO | None = None
        if path.endswith(".gz"):
            from gzip import GzipFile

            self._gzip = GzipFile(  # type: ignore[assignment]  # it has what is used of it
                "", "wb", COMPRESSION_LEVEL, self._file, mtime=0
            )
        self.out = complete(self._gzip or self._file)

    def finish(self) -> None:
        """Put the complete file in the place of an earlier one. Raises DataError."""
        try:
            if self._gzip is not None:
                self._gzip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            os.rename(self.partial, self.path)
            folder = os.open(os.path.dirname(self.path) or ".", os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as problem:
            raise self._error(problem) from None
        finally:
            self._close()

    def leave(self, *, is_empty: bool) -> None:
        """Close it under the name that it has now; remove it if `is_empty`."""
        self._close()
        if is_empty:
            with contextlib.suppress(OSError):
                os.unlink(self.partial)

    def _close(self) -> None:
        for file in (self._gzip, self._file):
            if file is not None:
                with contextlib.suppress(OSError, ValueError):
                    file.close()

    def _error(self, problem: OSError) -> DataError:
        return DataError(f"cannot write {self.partial}: {problem.strerror or problem}")


def _check_replaceable(path: str) -> None:
    """Raise UsageError for a name that is something else than a file."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise UsageError(f"--file {path}: it is {what}", "leave --file out, and redirect stdout")
