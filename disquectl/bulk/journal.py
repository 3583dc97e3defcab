"""The journal of `move`: a line `ID NEW_ID` for each copy, on the disk before the original is acknowledged.

After kill -9, a second run with the journal acknowledges the originals of these copies instead of copying
them again. A line that was cut is not used.
"""

from __future__ import annotations

import os
import stat

from disquectl.errors import DataError
from disquectl.protocol.jobid import is_valid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self


class Journal:
    """An open journal; a context manager that closes it.

    copies  the ID of each original that earlier runs copied -> the ID of its copy
    """

    def __init__(self, path: str) -> None:
        """Open it for reading and appending; it is created readable by its owner alone. Raises DataError."""
        self._path = path
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise DataError(f"--journal: cannot open {path}: {problem.strerror}") from None
        try:
            self.copies = self._read()
        except DataError:
            self.close()
            raise

    def _read(self) -> dict[bytes, bytes]:
        """The pairs of IDs in the file, which ends with a whole line after that."""
        if not stat.S_ISREG(os.fstat(self._fd).st_mode):
            raise DataError(f"--journal: {self._path} is not a regular file")
        found: dict[bytes, bytes] = {}
        line = b""
        try:
            with open(self._fd, "rb", closefd=False) as file:
                for line in file:
                    words = line.split()
                    if len(words) == 2 and all(map(is_valid, words)):
                        found[words[0]] = words[1]
            if line and not line.endswith(b"\n"):
                os.write(self._fd, b"\n")
        except OSError as problem:
            raise DataError(f"--journal: cannot read {self._path}: {problem.strerror}") from None
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def add(self, copies: Iterable[tuple[bytes, bytes]]) -> None:
        """Write the pairs of ID and new ID, and wait until they are on the disk. Raises DataError."""
        data = b"".join(b"%b %b\n" % pair for pair in copies)
        try:
            while data:
                data = data[os.write(self._fd, data) :]
            os.fsync(self._fd)
        except OSError as problem:
            raise DataError(f"--journal: cannot write {self._path}: {problem.strerror}") from None
