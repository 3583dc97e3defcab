"""The parent's end of a pipe into which a process writes."""

from __future__ import annotations

import os

from disquectl.worker.poller import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.worker.poller import Poller

_CHUNK_BYTES = 1 << 16
# A pipe holds 64 KiB, and more only where a program asks for it.
_CHUNKS_IN_A_PIPE = 4


class PipeEnd:
    """Calls `got(data)` for what is written. `writing` is the other end, for the process."""

    def __init__(self, poller: Poller, got: Callable[[bytes], object]) -> None:
        self._poller = poller
        self._got = got
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self.set_reading()

    def set_reading(self, on: bool = True) -> None:
        """Read what is written, or stop reading, so that writes block."""
        if self._reading >= 0 and on:
            self._poller.set(self._reading, READ, self._read)
        elif self._reading >= 0:
            self._poller.drop(self._reading)

    def read_the_rest(self) -> None:
        """The process has ended: read what the pipe holds. What the process has started may go on writing."""
        for _ in range(_CHUNKS_IN_A_PIPE):
            if not self._read(READ):
                return

    def close(self) -> None:
        """Close our end."""
        self.set_reading(False)
        if self._reading >= 0:
            os.close(self._reading)
        self._reading = -1

    def _read(self, _events: int) -> bool:
        if self._reading < 0:
            return False
        try:
            data = os.read(self._reading, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self.close()
            return False
        self._got(data)
        return True
