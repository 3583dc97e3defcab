"""Lines of a dump as batches of ADDJOB requests; the tag of a batch is its lines.

A line that is not sent has its outcome already. It stays between its neighbours, so that outcomes are noted
in the order of the file.
"""

from __future__ import annotations

import time

from disquectl.bulk.load_plan import EMPTY, STILL_KNOWN
from disquectl.bulk.summary import LEFT, SKIPPED
from disquectl.client.pipelined_connection import Batch
from disquectl.protocol.jobid import is_valid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disquectl.bulk.batches import Lines
    from disquectl.bulk.load_plan import LoadPlan, PlannedLine

    # Job IDs -> those that the cluster knows.
    Known = Callable[[list[bytes]], set[bytes]]


class LoadBatcher:
    """Numbers the lines from 1, and makes batches of at most `size` lines after the first `skip`."""

    def __init__(
        self,
        plan: LoadPlan,
        known: Known | None = None,
        *,
        size: int = 1,
        in_order: bool = False,
        skip: int = 0,
        ends_at_left: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`known` is asked for the IDs of each chunk of lines; None: all are added.

        `in_order`: all requests keep their order, even those that wait for replication. `ends_at_left`: a
        line that is not a job ends its batch, so that a caller can stop there.
        """
        self._plan = plan
        self._known = known
        self._size = size
        self._in_order = in_order
        self._skip = skip
        self._ends_at_left = ends_at_left
        self._clock = clock
        self.number = 0

    def batches(self, lines: Lines) -> Iterator[Batch]:
        """The batches of the next lines."""
        planned = self.planned(lines)
        some: list[PlannedLine] = []
        in_order = self._in_order
        for line in planned:
            is_next = line.kind is None and (self._in_order or line.addition.in_order) is not in_order
            if len(some) >= self._size or (is_next and any(one.kind is None for one in some)):
                yield self._batch(some, in_order)
                some = []
            if is_next:
                in_order = not in_order
            some.append(line)
            if self._ends_at_left and line.kind == LEFT:
                yield self._batch(some, in_order)
                some = []
        if some:
            yield self._batch(some, in_order)

    def planned(self, lines: Lines) -> list[PlannedLine]:
        """What becomes of the next lines; those that the cluster still knows are skipped."""
        if self.number < self._skip:
            skipped = min(self._skip - self.number, len(lines))
            self.number += skipped
            lines = lines[skipped:]
        now, first = self._clock(), self.number + 1
        self.number += len(lines)
        planned = [self._plan.read(line, number, now) for number, line in enumerate(lines, first)]
        if self._known is not None:
            self._leave_out_known(planned, self._known)
        return planned

    def _leave_out_known(self, planned: list[PlannedLine], known: Known) -> None:
        ids = [
            one.job_id
            for one in planned
            if one.kind is None and one.job_id is not None and is_valid(one.job_id)
        ]
        if not ids:
            return
        found = known(ids)
        for one in planned:
            if one.kind is None and one.job_id in found:
                one.end(SKIPPED, STILL_KNOWN)

    def _batch(self, lines: list[PlannedLine], in_order: bool) -> Batch:
        requests = [line.request() for line in lines if line.kind is None]
        return Batch(requests, [line for line in lines if line.kind != EMPTY], in_order)
