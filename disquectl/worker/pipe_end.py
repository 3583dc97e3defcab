"""The worker's end of a pipe into which processes write."""

from __future__ import annotations

import os

from disquectl.worker.poller import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.worker.poller import Poller

# A pipe holds 64 KiB, and more only where a program asks for it.
_PIPE_BYTES = 1 << 16
_CHUNKS_IN_A_PIPE = 4


class PipeEnd:
    """Calls `got(data)` for what is written. `writing` is the other end, for the processes."""

    def __init__(
        self, poller: Poller, got: Callable[[bytes], object], chunk_bytes: int = _PIPE_BYTES
    ) -> None:
        """`chunk_bytes`: how much to read in a turn, at most."""
        self._poller = poller
        self._got = got
        self._chunk_bytes = chunk_bytes
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self.set_reading()

    def set_reading(self, on: bool = True) -> None:
        """Read what is written, or stop reading, so that writes block."""
        if self._reading >= 0 and on:
            self._poller.set(self._reading, READ, self._ready)
        elif self._reading >= 0:
            self._poller.drop(self._reading)

    def read_the_rest(self) -> None:
        """A process has ended: read what the pipe holds. What the process has started may go on writing."""
        for _ in range(_CHUNKS_IN_A_PIPE):
            if self._read_a_chunk() < self._chunk_bytes:
                return

    def close(self) -> None:
        """Close our end."""
        self.set_reading(False)
        if self._reading >= 0:
            os.close(self._reading)
        self._reading = -1

    def _ready(self, _events: int) -> None:
        self._read_a_chunk()

    def _read_a_chunk(self) -> int:
        """Return how many bytes were there; nobody can write any more where the pipe has ended."""
        if self._reading < 0:
            return 0
        try:
            data = os.read(self._reading, self._chunk_bytes)
        except BlockingIOError:
            return 0
        if data:
            self._got(data)
        else:
            self.close()
        return len(data)
