"""Lines of input as batches of ADDJOB requests; the tag of a batch is the numbers of its lines. Pure.

A line that is not a job becomes a separate batch that has its error already, which keeps the order.
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
        """Makes requests of lines. `overruled`: how many lines name another queue than that of their job."""

        overruled: int

        def quick(self, lines: Lines) -> list[bytes] | None:
            """The requests of lines that are all plain jobs; None if each line has to be parsed."""

        def request(self, line: bytes, number: int) -> Request | None:
            """The request of line `number`, None for an empty one.

            Raises UsageError for a line that is not a job, WrongInput if no line of the input can be one.
            """


class WrongInput(UsageError):
    """The input as a whole is not of the form that the options say: none of it is added."""


class BodyLines:
    """Each line is a body."""

    overruled = 0

    def __init__(self, template: Template, in_order: bool, keep_empty: bool) -> None:
        self._template = template
        self._in_order = in_order
        self._keep_empty = keep_empty

    def quick(self, lines: Lines) -> list[bytes] | None:
        """The requests of all lines, if none is too long or empty."""
        if None in lines or (b"" in lines and not self._keep_empty):
            return None
        return self._template.requests(lines)  # type: ignore[arg-type]  # none of them is None

    def request(self, line: bytes, number: int) -> Request | None:
        """The request of one line."""
        if not line and not self._keep_empty:
            return None
        return self._template.requests([line])[0], self._in_order


class Batcher:
    """Numbers the lines from 1, and makes batches of at most `size` requests after the first `skip` lines."""

    def __init__(self, reader: Reader, outcomes: LineOutcomes, size: int, in_order: bool, skip: int) -> None:
        self._reader = reader
        self._outcomes = outcomes
        self._size = size
        self._in_order = in_order
        self._skip = skip
        self.number = 0  # of the last line that was read

    def batches(self, lines: Lines) -> Iterator[Batch]:
        """The batches of the next lines."""
        if self.number < self._skip:
            skipped = min(self._skip - self.number, len(lines))
            self.number += skipped
            lines = lines[skipped:]
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
                self._outcomes.empty += 1
        if requests:
            yield Batch(requests, numbers, in_order)

    def _request(self, line: bytes | None) -> Request | None:
        if line is None:
            raise UsageError("the body is longer than 512 MB, the most that Disque accepts")
        return self._reader.request(line, self.number)
