"""dump: writes whole jobs of all nodes as JSON lines, to stdout or to a file."""

from __future__ import annotations

from contextlib import contextmanager

from disquectl.bulk.dump_file import DumpFile
from disquectl.bulk.progress import Progress
from disquectl.bulk.rate_limit import RateLimit
from disquectl.errors import DataError, DisquectlError, PartlyDone, UsageError
from disquectl.execution.selecting import selection_of
from disquectl.execution.signals import STOPPING, Signals
from disquectl.fanout.ask import open_cluster, require_an_answer, silent_nodes
from disquectl.fanout.find_jobs import JobSearch, Start
from disquectl.fanout.scan_all import now_ms
from disquectl.fanout.whole_jobs import WholeJobsScan
from disquectl.merge.job_dump import DumpRecords
from disquectl.merge.states import DELAYED, IN_FLIGHT, QUEUED, UNKNOWN
from disquectl.protocol.server_replies import info
from disquectl.render.human import counted
from disquectl.render.output import writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.client.cluster import Cluster
    from disquectl.execution.session import Session
    from disquectl.fanout.whole_jobs import WholeJobs
    from disquectl.render.stream import Writer
    from disquectl.spec.parameters import Values
    from disquectl.spec.selection import Selection
    from disquectl.spec.shape import Shape

# A job that a node which did not answer may have queued is saved, too.
STATES = frozenset({QUEUED, DELAYED, IN_FLIGHT, UNKNOWN})
# Their sizes are not known before.
SHOWN_AT_A_TIME = 16
EMPTY = "no jobs match"


def dump(values: Values, shape: Shape, session: Session) -> None:
    """Write the jobs.

    Raises PartlyDone if a node did not answer, DataError if the jobs cannot be written.
    """
    session.check_output(shape)
    if session.settings.output_from_option and session.format != "jsonl":
        raise UsageError(
            "dump writes JSON lines (-o jsonl)", "`disquectl jobs --full` lists jobs in other formats"
        )
    selection = selection_of(values, session)
    file = DumpFile(values["file"]) if "file" in values else None
    out = writer(
        "jsonl",
        shape,
        out=session.streams.stdout if file is None else file.out,
        columns=session.settings.columns,
    )
    run = _Run(values, selection, out, file, session)
    try:
        run.carry_out()
    except BaseException as problem:
        if file is not None:
            file.leave(is_empty=not run.has_begun)
            if run.has_begun and isinstance(problem, (DisquectlError, KeyboardInterrupt)):
                # A failed write may have ended within a line.
                jobs = (
                    "some jobs are"
                    if isinstance(problem, DataError)
                    else counted(run.count, "job is", "jobs are")
                )
                session.problem(f"{file.path} was not replaced; {jobs} in {file.partial}")
        raise


class _Run:
    """Reads the jobs and writes them. `count`: how many were written; `has_begun`: whether any may be."""

    def __init__(
        self, values: Values, selection: Selection, out: Writer, file: DumpFile | None, session: Session
    ) -> None:
        self.count = 0
        self.has_begun = False
        self._values = values
        self._selection = selection
        self._out = out
        self._file = file
        self._session = session
        self._states = selection.states or STATES
        self._counts: dict[str, int] = {}
        self._rate_limit = RateLimit(values.get("rate"))
        self._progress = Progress(session.streams, not session.settings.quiet)
        self._signals = Signals(STOPPING, self._on_signal)
        self._is_stopped = False
        self._is_reading = False

    def carry_out(self) -> None:
        """Write all jobs; put the file in its place if no node is missing, otherwise raise PartlyDone."""
        silent: list[str] = []
        with self._signals, open_cluster(self._session.client, self._values) as cluster:
            scan = WholeJobsScan(cluster, self._selection, self._states)
            with self._interruptible():
                scan.connect()
                require_an_answer(cluster, self._session, scan.refusals)
                total = self._total(cluster)
            records = DumpRecords(scan.clocks)
            jobs = scan.run() if self._selection.limit is None else self._first_jobs(scan, silent)
            for some in self._interruptibly(jobs):
                self._write(records, some)
                self._progress.update(self.count, 0, min(scan.seen / total, 1.0) if total else None)
                self._rate_limit.wait(len(some.replicas), self._signals.fd)
            require_an_answer(cluster, self._session, scan.refusals)
            silent += silent_nodes(cluster, scan.refusals)
        self._progress.clear()
        self._out.finish()
        self._finish(list(dict.fromkeys(silent)))

    def _finish(self, silent: list[str]) -> None:
        for line in silent:
            self._session.problem(line)
        by_state = ", ".join(f"{count:,} {state}" for state, count in sorted(self._counts.items()))
        text = f"{counted(self.count, 'job')} written" + (f" ({by_state})" if by_state else "")
        if silent:
            raise PartlyDone(f"{text}; jobs that only those nodes have are missing")
        if self._file is not None:
            self._file.finish()
        self._session.note(f"dump: {text}" if self.count else EMPTY)

    def _write(self, records: DumpRecords, some: WholeJobs) -> None:
        self.has_begun = True
        self._out.write_all(records.columns(some.replicas, some.states, some.node_ms, some.node_id))
        if self._file is None:
            self._out.flush()
        self.count += len(some.replicas)
        for state in set(some.states):
            self._counts[state] = self._counts.get(state, 0) + some.states.count(state)

    def _first_jobs(self, scan: WholeJobsScan, silent: list[str]) -> Iterator[WholeJobs]:
        """The jobs within --limit, in their order: found by a scan of all, then read."""
        with JobSearch(self._session.client, self._values, self._selection, Start()) as search:
            search.run()
            require_an_answer(search.cluster, self._session, search.refusals)
            choice = search.table.choose(self._states, search.missing, now_ms())
            selection = self._selection
            ids = [job.job_id for job in choice.jobs(selection.limit, newest=selection.newest)]
            silent += silent_nodes(search.cluster, search.refusals)
        for at in range(0, len(ids), SHOWN_AT_A_TIME):
            yield from scan.in_order(ids[at : at + SHOWN_AT_A_TIME])

    def _total(self, cluster: Cluster) -> int:
        """About how many replicas all nodes have, for the progress; 0 if nobody looks at it."""
        if not self._session.streams.stderr_is_terminal:
            return 0
        total = 0
        for _, _, reply in cluster.ask([b"INFO", b"jobs"]):
            if isinstance(reply, bytes):
                count = info(reply).get("jobs", {}).get("registered_jobs")
                total += count if isinstance(count, int) else 0
        return total

    def _interruptibly(self, jobs: Iterator[WholeJobs]) -> Iterator[WholeJobs]:
        """The same; a signal ends it between two batches, and at once while it waits for a node."""
        while True:
            with self._interruptible():
                some = next(jobs, None)
            if some is None:
                return
            yield some

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        self._is_reading = True
        try:
            if self._is_stopped:
                raise KeyboardInterrupt
            yield
        finally:
            self._is_reading = False

    def _on_signal(self, _number: int) -> None:
        self._is_stopped = True
        if self._is_reading:
            raise KeyboardInterrupt
