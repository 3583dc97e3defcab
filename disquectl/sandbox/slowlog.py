"""The log of slow commands: SLOWLOG's entries. Durations are passed in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_MAX_WORDS = 32
_MAX_WORD_BYTES = 128


@dataclass(frozen=True, slots=True)
class SlowCommand:
    number: int
    time_s: int
    duration_us: int
    words: list[bytes]


class SlowLog:
    """Newest first."""

    def __init__(self) -> None:
        self.entries: deque[SlowCommand] = deque()
        self._next_number = 0

    def add(self, words: list[bytes], time_s: int, duration_us: int) -> None:
        self.entries.appendleft(SlowCommand(self._next_number, time_s, duration_us, _shortened(words)))
        self._next_number += 1

    def trim(self, length: int) -> None:
        while len(self.entries) > length:
            self.entries.pop()


def _shortened(words: list[bytes]) -> list[bytes]:
    """Return at most 32 words of at most 128 bytes, with the number of omitted words and bytes."""
    kept = words if len(words) <= _MAX_WORDS else words[: _MAX_WORDS - 1]
    short = [
        word
        if len(word) <= _MAX_WORD_BYTES
        else word[:_MAX_WORD_BYTES] + b"... (%d more bytes)" % (len(word) - _MAX_WORD_BYTES)
        for word in kept
    ]
    if len(kept) < len(words):
        short.append(b"... (%d more arguments)" % (len(words) - len(kept)))
    return short
