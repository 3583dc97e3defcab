"""Runs `async def` functions as tasks of one event loop, up to a number at a time, in a thread of its own."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import time
import traceback
from contextlib import suppress
from functools import partial

from disquectl.functions import target
from disquectl.functions.forks import HERE, end
from disquectl.functions.outcome import failure_of, rejection_of, stack_of
from disquectl.functions.runner import Runner
from disquectl.worker.job import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from types import FrameType
    from typing import Any

    from disquectl.functions.entry import Entry
    from disquectl.functions.results import Results

_OURS = (__file__, target.__file__)


class EventLoop(Runner):
    """An event loop whose tasks are the functions."""

    def __init__(
        self,
        call: Callable[[Entry], Coroutine[Any, Any, object]],
        results: Results,
        lines: int,
    ) -> None:
        super().__init__(call, results, lines)
        self._tasks: dict[Entry, asyncio.Task[None]] = {}
        # Jobs whose functions were cancelled by the worker, and why.
        self._cancelled: dict[Entry, str] = {}
        self._loop = asyncio.new_event_loop()
        if hasattr(asyncio, "eager_task_factory"):  # 3.12
            self._loop.set_task_factory(asyncio.eager_task_factory)
        self._is_scheduled = False
        self._will_wake = False
        self._is_closed = False
        self._thread = threading.Thread(target=self._run_loop, name="disquectl-loop", daemon=True)
        self._thread.start()

    def set_limit(self, most: int) -> None:
        """Run up to this many functions at a time: more than before."""
        self._most = most
        self._loop.call_soon_threadsafe(self._begin)

    def start(self, entries: Sequence[Entry], now: float) -> None:
        """Run the functions for these jobs."""
        self._waiting.extend(entries)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon_threadsafe(self._begin)

    def tick(self, now: float) -> None:
        """Do nothing: the loop runs by itself."""

    def cancel(self, entry: Entry, why: str) -> bool:
        """Cancel the task of this job, which fails for this reason; whether that was possible."""
        self._cancelled.setdefault(entry, why)
        self._loop.call_soon_threadsafe(self._cancel, entry)
        return True

    def where(self, entry: Entry) -> str:
        """Return the traceback of the function that runs for this job."""
        task = self._tasks.get(entry)
        coroutine = task.get_coro() if task is not None else None
        if not inspect.iscoroutine(coroutine) or coroutine.cr_running:
            # It keeps the loop from running.
            return stack_of(sys._current_frames()[self._thread.ident or 0], skip=_OURS)
        frames = [frame for frame in _frames(coroutine) if frame.f_code.co_filename not in _OURS]
        summary = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in frames)
        return "".join(summary.format())

    def close(self) -> None:
        """Stop the loop."""
        self._is_closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)

    # In the thread of the loop

    def _run_loop(self) -> None:
        while not self._is_closed:
            # asyncio raises it here too if a task that a function has made exits. Other functions go on.
            with suppress(SystemExit, KeyboardInterrupt):
                self._loop.run_forever()

    def _begin(self) -> None:
        self._is_scheduled = False
        waiting, tasks = self._waiting, self._tasks
        while waiting and len(tasks) < self._most:
            try:
                entry = waiting.popleft()
            except IndexError:
                return
            task = self._loop.create_task(self._run(entry))
            if not task.done():
                tasks[entry] = task
            if not entry.started:
                task.add_done_callback(partial(self._ended_unstarted, entry))

    async def _run(self, entry: Entry) -> None:
        entry.started = time.monotonic()
        try:
            await self._call(entry)
        except BaseException as problem:
            if HERE.is_forked:
                end(problem)
            self._failed(entry, problem)
        else:
            if HERE.is_forked:
                end(None)
            if entry in self._cancelled:
                self._ended_although_cancelled(entry)
        entry.seconds = time.monotonic() - entry.started
        self._ended(entry)

    def _ended(self, entry: Entry) -> None:
        self._tasks.pop(entry, None)
        self._cancelled.pop(entry, None)
        self._results.add(entry)
        if not self._will_wake:
            self._will_wake = True
            self._loop.call_soon(self._wake)
        if self._waiting and not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._begin)

    def _ended_unstarted(self, entry: Entry, task: asyncio.Task[None]) -> None:
        """Before 3.12 a task begins later, and another function may have cancelled it before that."""
        if not entry.started:
            self._failed(entry, asyncio.CancelledError())
            self._ended(entry)

    def _failed(self, entry: Entry, problem: BaseException) -> None:
        entry.failure = failure_of(problem, self._lines, skip=(__file__, target.__file__))
        entry.rejected = rejection_of(problem)
        why = self._cancelled.get(entry)
        if why is not None and isinstance(problem, asyncio.CancelledError):
            entry.failure.why = why

    def _ended_although_cancelled(self, entry: Entry) -> None:
        """It caught the cancellation, which does not make its job done."""
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            entry.failure = Failure(None, None, b"", time.time(), why=self._cancelled[entry])

    def _wake(self) -> None:
        self._will_wake = False
        self._results.wake()

    def _cancel(self, entry: Entry) -> None:
        task = self._tasks.get(entry)
        if task is not None:
            task.cancel()


def _frames(awaited: object) -> Iterator[FrameType]:
    """Yield the frames of a coroutine and of those that it waits for."""
    while inspect.iscoroutine(awaited):
        if awaited.cr_frame is not None:
            yield awaited.cr_frame
        awaited = awaited.cr_await
