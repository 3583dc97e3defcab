"""The journal of `move`: a line `ID NEW_ID` for each copy, on the disk before the original is acknowledged.

After kill -9, a second run with the journal acknowledges the originals of these copies instead of copying
them again. A line that was cut is not a line.
"""

from __future__ import annotations

import os

from disquectl.errors import DataError
from disquectl.protocol.jobid import is_valid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Journal:
    """An open journal.

    copies  the ID of each original that earlier runs copied -> the ID of its copy
    """

    def __init__(self, path: str) -> None:
        """Open it for reading and appending; it is created readable by its owner alone. Raises DataError."""
        self._path = path
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with open(self._fd, "rb", closefd=False) as file:
                whole, _, rest = file.read().rpartition(b"\n")
            if rest:
                os.write(self._fd, b"\n")
        except OSError as problem:
            raise DataError(f"--journal: cannot open {path}: {problem.strerror}") from None
        words = (line.split() for line in whole.split(b"\n"))
        self.copies = {line[0]: line[1] for line in words if len(line) == 2 and all(map(is_valid, line))}

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
