"""What every format's writer has in common: where its bytes go, and what a failure to write them means.

It knows no format.
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

    Call `write` for each record, then `finish` once, also when a part of the result is missing: it closes
    what was begun (a JSON array) and flushes. BrokenPipeError comes through as it is; any other failure to
    write is a DataError.
    """

    __slots__ = ("_out",)

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, record: Record) -> None:
        """Write one record, or keep it until `finish` where the format needs them all."""
        raise NotImplementedError

    def write_all(self, records: Records) -> None:
        """Write each of them; a writer may be quicker with `Columns`."""
        for record in records:
            self.write(record)

    def finish(self) -> None:
        """Write what is left, and flush."""
        self.flush()

    def pause(self) -> None:
        """The next record may be long in coming: let readers have all of the last one."""
        self.flush()

    def flush(self) -> None:
        """Hand everything written so far to the system."""
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
