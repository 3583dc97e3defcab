"""The base class of the formats' writers: writes records to a stream, and maps errors of writing.

Knows no format.
"""

from __future__ import annotations

from disquectl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from disquectl.protocol.columns import Records
    from disquectl.spec.shape import Record


class Writer:
    """Writes records to a buffered binary stream.

    Call `write` for each record, then `finish` once, even if a part of the result is missing: it closes open
    structures (a JSON array) and flushes. Raises BrokenPipeError unchanged, DataError for other errors of
    writing.
    """

    __slots__ = ("_out",)

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, record: Record) -> None:
        """Write one record, or keep it until `finish` if the format needs all of them."""
        raise NotImplementedError

    def write_all(self, records: Records) -> None:
        """Write all records; some writers are faster with `Columns`."""
        for record in records:
            self.write(record)

    def summarize(self, summary: Record) -> None:
        """Take the summary of all records, before `finish`. Only JSON has a place for it."""

    def finish(self) -> None:
        """Write the rest, and flush."""
        self.flush()

    def pause(self) -> None:
        """Flush now; the next record may take a while."""
        self.flush()

    def flush(self) -> None:
        """Flush the stream."""
        try:
            self._out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _lost(error) from None

    def _put(self, data: bytes) -> None:
        try:
            self._out.write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _lost(error) from None


def _lost(error: OSError) -> DataError:
    return DataError(f"the result could not be written: {error.strerror or error}")
