"""Lines of input as portions of ADDJOB requests; the tag of a portion is the numbers of its lines. Pure.

A line that is no job becomes a portion of its own that has its error already, so that the order stays.
"""

from __future__ import annotations

from disquectl.client.pipelined_connection import Batch
from disquectl.errors import ReplyError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol, TypeAlias

    from disquectl.bulk.outcomes import LineOutcomes
    from disquectl.bulk.template import Template

    # None stands for a line that is too long.
    Lines: TypeAlias = list[bytes | None]
    # A request, and whether it must keep its place in the queue.
    Request: TypeAlias = tuple[bytes, bool]

    class Reader(Protocol):
        """What lines mean. `overruled`: how many named another queue than the one that their job goes to."""

        overruled: int

        def quick(self, lines: Lines) -> list[bytes] | None:
            """The requests of lines that are all plain jobs, which keep their place; None: look at each."""

        def request(self, line: bytes, number: int) -> Request | None:
            """The request of line `number`, None for an empty one.

            Raises UsageError for a line that is no job, WrongInput where no line can be one.
            """


class WrongInput(UsageError):
    """The input as a whole is not what the options say: nothing of it is added."""


class BodyLines:
    """Each line is a body."""

    overruled = 0

    def __init__(self, template: Template, in_order: bool, keep_empty: bool) -> None:
        self._template = template
        self._in_order = in_order
        self._keep_empty = keep_empty

    def quick(self, lines: Lines) -> list[bytes] | None:
        """All at once, where none is too long or empty."""
        if None in lines or (b"" in lines and not self._keep_empty):
            return None
        return self._template.requests(lines)  # type: ignore[arg-type]  # none of them is None

    def request(self, line: bytes, number: int) -> Request | None:
        """The request of one line."""
        if not line and not self._keep_empty:
            return None
        return self._template.requests([line])[0], self._in_order


class Batcher:
    """Numbers the lines from 1; portions of at most `size` requests, after the first `skip` lines."""

    def __init__(self, reader: Reader, ledger: LineOutcomes, size: int, in_order: bool, skip: int) -> None:
        self._reader = reader
        self._ledger = ledger
        self._size = size
        self._in_order = in_order
        self._skip = skip
        self.number = 0  # the last line that was looked at

    def batches(self, lines: Lines) -> Iterator[Batch]:
        """The portions of the next lines."""
        if self.number < self._skip:
            left_out = min(self._skip - self.number, len(lines))
            self.number += left_out
            lines = lines[left_out:]
        for at in range(0, len(lines), self._size):
            some = lines[at : at + self._size]
            requests = self._reader.quick(some)
            if requests is None:
                yield from self._one_by_one(some)
            else:
                numbers = range(self.number + 1, self.number + len(some) + 1)
                self.number += len(some)
                yield Batch(requests, numbers, self._in_order)

    def _one_by_one(self, lines: Lines) -> Iterator[Batch]:
        requests: list[bytes] = []
        numbers: list[int] = []
        in_order = self._in_order
        for line in lines:
            self.number += 1
            problem, request = None, None
            try:
                request = self._request(line)
            except WrongInput:
                raise
            except UsageError as refused:
                problem = ReplyError(f"ERR {refused.message}")
            if requests and (problem or (request and request[1] != in_order)):
                yield Batch(requests, numbers, in_order)
                requests, numbers = [], []
            if problem:
                batch = Batch([], [self.number])
                batch.outcomes.append(problem)
                yield batch
            elif request:
                in_order = request[1]
                requests.append(request[0])
                numbers.append(self.number)
            else:
                self._ledger.empty += 1
        if requests:
            yield Batch(requests, numbers, in_order)

    def _request(self, line: bytes | None) -> Request | None:
        if line is None:
            raise UsageError("the body is longer than the 512 MB that Disque takes")
        return self._reader.request(line, self.number)
