"""Runs functions in threads, up to a number at a time; each thread takes the next job by itself.

A thread is woken only when jobs would wait otherwise: the fewer threads take turns, the fewer switches
between them, which are most of the cost of a small function.
"""

from __future__ import annotations

import sys
import threading
import time
from math import inf

from disquectl.functions import target
from disquectl.functions.forks import HERE, end
from disquectl.functions.outcome import failure_of, rejection_of, stack_of
from disquectl.functions.runner import Runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disquectl.functions.entry import Entry
    from disquectl.functions.results import Results

# How long a job may wait for the thread that is busy while another one is idle.
_PATIENCE_SECONDS = 0.001
# The worker's loop is woken when a function took longer than this, or this many have ended.
_LONG_SECONDS = 0.001
_MANY = 128


class Threads(Runner):
    """Daemon threads, which are started as they are needed."""

    def __init__(self, call: Callable[[Entry], object], results: Results, lines: int) -> None:
        super().__init__(call, results, lines)
        self._idle: list[threading.Lock] = []
        self._threads: list[threading.Thread] = []
        # Thread ident -> the job of that thread.
        self._current: dict[int, Entry] = {}
        self._wake_at = inf
        self._is_closed = False

    @property
    def next_deadline(self) -> float:
        """When to let more threads run."""
        return self._wake_at

    def set_limit(self, most: int) -> None:
        """Run up to this many functions at a time: more than before."""
        self._most = most
        if self._can_wake_more():
            self._wake_at = -inf

    def start(self, entries: Sequence[Entry], now: float) -> None:
        """Run the functions for these jobs."""
        self._waiting.extend(entries)
        if len(self._idle) == len(self._threads):
            self._wake_one()
        if self._can_wake_more():
            self._wake_at = min(self._wake_at, now + _PATIENCE_SECONDS)

    def tick(self, now: float) -> None:
        """Let more threads run, if jobs still wait."""
        if now < self._wake_at:
            return
        self._wake_at = inf
        for _ in range(len(self._waiting)):
            if not self._can_wake_more():
                return
            self._wake_one()

    def _can_wake_more(self) -> bool:
        return bool(self._waiting) and (bool(self._idle) or len(self._threads) < self._most)

    def _wake_one(self) -> None:
        try:
            self._idle.pop().release()
        except IndexError:
            if len(self._threads) < self._most:
                name = f"disquectl-{len(self._threads) + 1}"
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def cancel(self, entry: Entry, why: str) -> bool:
        """Return False: a thread cannot be ended."""
        return False

    def where(self, entry: Entry) -> str:
        """Return the traceback of the function that runs for this job."""
        frames = sys._current_frames()
        for ident, current in list(self._current.items()):
            if current is entry and ident in frames:
                return stack_of(frames[ident], skip=(__file__, target.__file__))
        return ""

    def close(self) -> None:
        """Let idle threads end."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().release()

    def _run(self) -> None:
        lock = threading.Lock()
        lock.acquire()
        ident = threading.get_ident()
        waiting, results, call, current = self._waiting, self._results, self._call, self._current
        monotonic, add = time.monotonic, self._results.add
        now = monotonic()
        while not self._is_closed:
            try:
                entry = waiting.popleft()
            except IndexError:
                self._wait(lock)
                now = monotonic()
                continue
            current[ident] = entry
            entry.started = now
            try:
                call(entry)
            except BaseException as problem:
                if HERE.is_forked:
                    end(problem)
                entry.failure = failure_of(problem, self._lines, skip=(__file__, target.__file__))
                entry.rejected = rejection_of(problem)
                # Its frames would keep the function's variables.
                del problem
            if HERE.is_forked:
                end(None)
            then, now = now, monotonic()
            entry.seconds = now - then
            add(entry)
            if now - then > _LONG_SECONDS or len(results) >= _MANY:
                results.wake()
        current.pop(ident, None)

    def _wait(self, lock: threading.Lock) -> None:
        """Wait until there are more jobs."""
        self._current.pop(threading.get_ident(), None)
        if len(self._results):
            self._results.wake()
        self._idle.append(lock)
        if self._waiting:
            # They came before the lock was there to be found.
            try:
                self._idle.remove(lock)
            except ValueError:
                pass
            else:
                return
        if not self._is_closed:
            lock.acquire()
