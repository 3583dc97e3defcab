"""`nack --delay`: replaces jobs by copies that are queued later, by the engine of `move`.

The jobs are named, so each is looked at with SHOW on every node, and nothing is scanned. IDs are taken from
stdin as they come.
"""

from __future__ import annotations

from itertools import islice

from disquectl.bulk.act_on_jobs import NOT_TRIED, Run
from disquectl.bulk.copies import CopyOptions
from disquectl.bulk.destination import Destination
from disquectl.bulk.move_jobs import BATCH, Move
from disquectl.bulk.rate_limit import RateLimit
from disquectl.bulk.report import Report
from disquectl.bulk.run_move import note_fewer_replicas
from disquectl.bulk.summary import GONE, LEFT, SKIPPED, JobResult
from disquectl.errors import NothingThere, PartlyDone, ReplyError
from disquectl.execution.id_commands import check_ids, id_batches
from disquectl.fanout.ask import require_an_answer
from disquectl.fanout.find_jobs import JobSearch, Start
from disquectl.fanout.scan_all import now_ms
from disquectl.merge.plan import ACKNOWLEDGED, MAYBE_QUEUED, NOT_ANSWERED, UNKNOWN, WAITING
from disquectl.merge.replicas import ID, shown
from disquectl.merge.selected_jobs import JobTable
from disquectl.merge.states import ACKNOWLEDGED as IS_ACKNOWLEDGED
from disquectl.merge.states import DELAYED, IN_FLIGHT, QUEUED
from disquectl.merge.states import UNKNOWN as IS_UNKNOWN
from disquectl.merge.states import WAITING as IS_WAITING
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS
from disquectl.spec.selection import STATES, Selection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    from disquectl.execution.session import Session
    from disquectl.merge.selected_jobs import SelectedJob
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values, Words
    from disquectl.spec.shape import Shape

AT_MOST_ONCE = "at most once (RETRY 0): it is never delivered again"
MOVED_ON = "it was queued, delivered or acknowledged meanwhile"
_ACTED_ON = frozenset({QUEUED, DELAYED, IN_FLIGHT})
# Why jobs in these states are left.
_LEFT_STATES = {IS_ACKNOWLEDGED: ACKNOWLEDGED, IS_WAITING: WAITING, IS_UNKNOWN: MAYBE_QUEUED}


def nack_later(command: Command, values: Values, shape: Shape, session: Session) -> None:
    """Replace the jobs of the command line, or those of stdin, by copies with the delay.

    Raises PartlyDone, OutcomeUnknown, ReplyError, DataError as the outcomes demand; NothingThere if no node
    knows any of the jobs.
    """
    session.check_output(shape)
    session.guard(command, [*command.grammar.verb])
    bad: list[int] = []
    given: Words = list(values["id"])
    if given == [b"-"]:
        batches: Iterator[Words] = id_batches(session, bad)
    else:
        check_ids(given)
        batches = iter([list(dict.fromkeys(given))])
    selection, start = Selection({}), Start()
    options = CopyOptions({"delay": values["delay"]}, DEFAULT_TIMEOUT_MS)

    def new_search(is_over: Callable[[], bool]) -> NamedJobs:
        return NamedJobs(session.client, values, selection, start, is_over)

    with Destination(session, options, values, False) as destination:

        def read() -> Iterable[Words]:
            while True:
                with run.interruptible():
                    batch = next(batches, None)
                if batch is None:
                    return
                yield batch

        report = Report(shape, session)
        action = DelayedNack(destination, options, values["delay"], read, session)
        run = Run(action, selection, new_search, report, RateLimit(None))
        run.carry_out()
    note_fewer_replicas(options, session)
    try:
        run.report_the_end(session)
    except ReplyError:
        if report.summary.reasons.get((LEFT, UNKNOWN)) == report.summary.matched:
            raise NothingThere(UNKNOWN) from None
        raise
    if bad and not report.summary.matched:
        raise ReplyError("BADID none of the lines is a job ID")
    if bad:
        raise PartlyDone(f"{len(bad)} lines refused")


class NamedJobs(JobSearch):
    """Looks at jobs by their IDs."""

    def run(self, known: Container[bytes] = ()) -> None:
        """Scan nothing; only find out which nodes answer."""
        self.connect()

    def look_at(self, job_ids: Words) -> dict[bytes, SelectedJob]:
        """The jobs that nodes have. A job that moves meanwhile is looked for a second time."""
        self.table = JobTable(self._selection, self.clocks, float("inf"))
        wanted = job_ids
        for _ in range(2):
            found: set[bytes] = set()
            for connection, request, reply in self.cluster.ask(*([b"SHOW", job_id] for job_id in wanted)):
                if isinstance(reply, ReplyError):
                    self.refusals.add(connection, request, reply)
                elif (replica := shown(reply)) is not None:
                    self.table.add(connection.node_id, [replica], now_ms())
                    found.add(replica[ID])
            wanted = [job_id for job_id in wanted if job_id not in found]
        choice = self.table.choose(STATES, self.missing, now_ms())
        return {job.job_id: job for job in choice.jobs()}


class DelayedNack(Move):
    """A move into the same queue, with a delay, of the jobs that are named. See bulk.job_action."""

    def __init__(
        self,
        destination: Destination,
        options: CopyOptions,
        delay: int,
        read: Callable[[], Iterable[Words]],
        session: Session,
    ) -> None:
        """`read` returns batches of IDs."""
        super().__init__(destination, options, None, states=_ACTED_ON)
        self.name, self.deed = "nack --delay", "delays"
        self._delay = delay
        self._read = read
        self._session = session

    def begin(self, search: JobSearch, selection: Selection) -> Iterator[list[JobResult]]:
        """Act on all jobs that are named."""
        assert isinstance(search, NamedJobs)
        search.connect()
        require_an_answer(search.cluster, self._session, search.refusals)
        for some in self._read():
            ids = iter(some)
            while batch := list(islice(ids, BATCH)):
                if search.is_over():
                    return
                if self.failure is not None:
                    yield [JobResult(job_id, b"", LEFT, NOT_TRIED) for job_id in batch]
                else:
                    yield self._act_on_named(search, batch)

    def _act_on_named(self, search: NamedJobs, job_ids: Words) -> list[JobResult]:
        jobs = search.look_at(job_ids)
        require_an_answer(search.cluster, self._session, search.refusals)
        unknown = NOT_ANSWERED if search.missing else UNKNOWN
        results: dict[bytes, JobResult] = {}
        for job_id in job_ids:
            job = jobs.get(job_id)
            if job is None:
                results[job_id] = JobResult(job_id, b"", LEFT, unknown)
            elif job.state in _LEFT_STATES:
                results[job_id] = JobResult(job_id, job.queue, LEFT, _LEFT_STATES[job.state])
        acted = self.act(search, [job for job_id, job in jobs.items() if job_id not in results])
        for one in acted:
            if one.kind in (GONE, SKIPPED):
                # It was named and has no copy: that is no success.
                one.kind, one.reason = LEFT, one.reason or MOVED_ON
            results[one.job_id] = one
        return [results[job_id] for job_id in job_ids]

    def _may_move(self, job: SelectedJob) -> bool:
        """Whether a copy can replace it; otherwise the result is noted."""
        why = ""
        if job.replicas.is_once:
            why = AT_MOST_ONCE
        elif self._delay * 1000 >= job.ttl_ms:
            why = f"the delay is not below the {max(int(job.ttl_ms / 1000), 0)} s that are left of its TTL"
        if why:
            self._results[job.job_id] = JobResult(job.job_id, job.queue, LEFT, why)
        return not why
