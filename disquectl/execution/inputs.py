"""Reads bodies and IDs from a file or from stdin. Raises DataError for what cannot be read."""

from __future__ import annotations

import os

from disquectl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

CHUNK_BYTES = 1 << 18


def read_file(path: str) -> bytes:
    """The contents of a file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as problem:
        raise DataError(f"cannot read {path}: {problem.strerror}") from problem


def read_stdin(stdin: BinaryIO) -> bytes:
    """The contents of stdin, to its end."""
    try:
        return stdin.read()
    except OSError as problem:
        raise DataError(f"cannot read stdin: {os.strerror(problem.errno or 0)}") from problem


def line_chunks(stdin: BinaryIO, name: str = "stdin") -> Iterator[list[tuple[int, bytes]]]:
    """The lines of stdin with numbers from 1, without line ends, in lists of lines that were read at once.

    Blank lines are left out. Lines are returned as soon as they are read: their writer may wait for a reply.
    `name` is what an error calls it.
    """
    number, rest = 0, b""
    while True:
        try:
            data: bytes = stdin.read1(CHUNK_BYTES)  # type: ignore[attr-defined]  # BinaryIO lacks it
        except OSError as problem:
            raise DataError(f"cannot read {name}: {os.strerror(problem.errno or 0)}") from problem
        *lines, rest = (rest + data).split(b"\n") if data else (rest, b"")
        found = [(number + i, line.rstrip(b"\r")) for i, line in enumerate(lines, 1) if line.strip()]
        number += len(lines)
        if found:
            yield found
        if not data:
            return
