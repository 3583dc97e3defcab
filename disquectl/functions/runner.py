"""`Runner`: runs functions for jobs, up to a number at a time. Base of `Threads` and `EventLoop`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from math import inf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from disquectl.functions.entry import Entry
    from disquectl.functions.results import Results


class Runner(ABC):
    """Calls `call(entry)` for each job, and adds it to `results` when that has ended."""

    def __init__(self, call: Callable[[Entry], Any], results: Results, lines: int) -> None:
        """`lines`: how many lines of a traceback to keep."""
        self._call = call
        self._most = 0
        self._results = results
        self._lines = lines
        self._waiting: deque[Entry] = deque()

    @property
    def next_deadline(self) -> float:
        """When `tick` has something to do."""
        return inf

    @abstractmethod
    def set_limit(self, most: int) -> None:
        """Run up to this many functions at a time: more than before, and none before this is called."""

    @abstractmethod
    def start(self, entries: Sequence[Entry], now: float) -> None:
        """Run the functions for these jobs."""

    @abstractmethod
    def tick(self, now: float) -> None:
        """Do what is due."""

    def take_waiting(self) -> list[Entry]:
        """Return the jobs whose functions have not begun; they will not."""
        taken = []
        # Others take from it, too.
        with suppress(IndexError):
            while True:
                taken.append(self._waiting.popleft())
        return taken

    @abstractmethod
    def cancel(self, entry: Entry, why: str) -> bool:
        """Let the function of this job end, and fail for this reason; whether that is possible."""

    @abstractmethod
    def where(self, entry: Entry) -> str:
        """Return the traceback of the function that runs for this job."""

    @abstractmethod
    def close(self) -> None:
        """Take no more jobs."""
