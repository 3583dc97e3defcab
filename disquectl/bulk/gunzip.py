"""Decompresses gzip as it comes, in pieces of bounded size. Pure: it is given bytes and never reads.

A stream that does not begin as gzip does is passed on as it is.
"""

from __future__ import annotations

import zlib

from disquectl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"\x1f\x8b"
# Bytes that one step makes at most: a small file can be the compressed form of a huge one.
PIECE_BYTES = 1 << 20
_GZIP_WBITS = 31


class Gunzip:
    """`feed` takes pieces of any size; empty data is the end. `name` is for errors."""

    __slots__ = ("_held", "_member", "_name", "is_gzip")

    def __init__(self, name: str) -> None:
        self._name = name
        self.is_gzip: bool | None = None  # unknown until there are two bytes
        self._held = b""
        self._member = zlib.decompressobj(_GZIP_WBITS)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decompressed pieces. Raises DataError for what is not gzip, and where its end is missing."""
        if self.is_gzip is None:
            self._held += data
            if data and len(self._held) < len(MAGIC):
                return
            self.is_gzip = self._held.startswith(MAGIC)
            data, self._held, is_end = self._held, b"", not data
            if not self.is_gzip:
                yield data
                return
        elif not self.is_gzip:
            yield data
            return
        else:
            is_end = not data
        yield from self._decompressed(data)
        if is_end and not self._member.eof:
            raise DataError(f"{self._name} ends before the end of its gzip data")

    def _decompressed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP_WBITS)
            try:
                piece = self._member.decompress(data, PIECE_BYTES)
            except zlib.error as problem:
                raise DataError(f"{self._name} is not valid gzip: {problem}") from None
            if piece:
                yield piece
            data = self._member.unconsumed_tail or self._member.unused_data
