"""Acts on selected jobs: finds them on all nodes, asks, acts in batches, looks again, and reports.

The commands differ in what they do to a batch of jobs (`JobAction`). A scan of Disque can miss jobs, and jobs
move between nodes: after all were acted on, all nodes are scanned again, until a pass finds nothing new.
"""

from __future__ import annotations

import select
from contextlib import contextmanager
from functools import partial
from itertools import compress, islice

from disquectl.bulk.preview import PREVIEW, preview, question
from disquectl.bulk.rate_limit import RateLimit
from disquectl.bulk.report import Report
from disquectl.bulk.summary import DONE, GONE, LEFT, DoneJobs
from disquectl.errors import DataError, DisquectlError, OutcomeUnknown, UsageError
from disquectl.execution.signals import Stop
from disquectl.fanout.ask import require_an_answer, settle, silent_nodes
from disquectl.fanout.find_jobs import JobSearch, Start
from disquectl.fanout.scan_all import NoGarbageCollection, now_ms
from disquectl.merge.states import IN_FLIGHT, UNKNOWN
from disquectl.protocol.dedup import Deduplicator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disquectl.bulk.job_action import JobAction
    from disquectl.bulk.summary import JobResult
    from disquectl.execution.session import Session
    from disquectl.merge.selected_jobs import Choice, SelectedJob
    from disquectl.spec.parameters import Values
    from disquectl.spec.selection import Selection
    from disquectl.spec.shape import Shape

NOT_TRIED = "not tried after that"
# The most scans of all nodes.
PASSES = 5


def act_on_jobs(
    action: JobAction, selection: Selection, values: Values, shape: Shape, session: Session
) -> None:
    """Find the jobs, ask for confirmation, act, and report.

    Raises PartlyDone, OutcomeUnknown, ReplyError, DataError as the summary demands, and Declined.
    """
    check_acting_here(action.name, action.deed, values, shape, session)
    dry_run = bool(values.get("dry_run"))
    new_search = partial(JobSearch, session.client, values, selection, Start())
    if dry_run or not session.answered:
        with new_search() as search:
            choice = _first_look(search, action, session)
            _note_ids_not_found(search, session)
            if dry_run:
                preview(choice, selection, session)
                settle(search.cluster, session, refusals=search.refusals)
                return
            if not len(choice):
                session.note(PREVIEW.empty)
                settle(search.cluster, session, refusals=search.refusals)
                return
            session.ask_of_cluster(question(action, choice, selection))
        del search, choice
    run = Run(action, selection, new_search, Report(shape, session), RateLimit(values.get("rate")))
    run.carry_out()
    run.report_the_end(session)


def check_acting_here(name: str, deed: str, values: Values, shape: Shape, session: Session) -> None:
    """Reject wrong columns, and what may not be done or cannot be asked, before a node is asked."""
    dry_run = bool(values.get("dry_run"))
    session.check_output(PREVIEW if dry_run else shape)
    if dry_run:
        return
    if session.settings.read_only:
        raise UsageError(f"{name} can change the cluster, and this is read-only")
    if not session.answered:
        session.check_can_ask(name, f"{deed} all jobs that it finds")


def _first_look(search: JobSearch, action: JobAction, session: Session) -> Choice:
    search.run()
    require_an_answer(search.cluster, session, search.refusals)
    return search.table.choose(action.states, search.missing, now_ms())


def _note_ids_not_found(search: JobSearch, session: Session) -> None:
    if count := search.ids_not_found:
        session.note(f"no job found for {count:,} of the IDs in --ids-from")


class _Interrupted(Exception):
    """A signal has ended what changes nothing."""


class Run:
    """Acts on what a pass finds, then on what further passes find."""

    def __init__(
        self,
        action: JobAction,
        selection: Selection,
        search: Callable[..., JobSearch],
        report: Report,
        rate_limit: RateLimit,
    ) -> None:
        """`search` makes a new search for the selected jobs."""
        self._action = action
        self._selection = selection
        self._search = search
        self._report = report
        self._rate_limit = rate_limit
        self._left_to_do = selection.limit
        self._acted = Deduplicator()
        self._not_done = Deduplicator()  # those of them that must not be acted on again
        self._stop = Stop(self._stopping)
        self._is_interruptible = False
        self._silent: list[str] = []
        self._failure: DisquectlError | None = None

    def carry_out(self) -> None:
        """Act, and look again until nothing new is found."""
        with self._stop, NoGarbageCollection():
            try:
                self._begin()
                for number in range(PASSES):
                    if self._is_over() or self._action.failure is not None or not self._pass(number):
                        break
                    if self._action.pause_ms:
                        select.select([self._stop.fd], [], [], self._action.pause_ms / 1000)
            except KeyboardInterrupt:
                # The second signal: what is in flight is not waited for.
                self._report.problem("interrupted: the outcome of the last batch is not known")
            except _Interrupted:
                pass
            except DisquectlError as problem:
                # What was done is reported before it is raised.
                self._failure = problem
        self._report.finish(skip_empty=self._failure is not None)

    def _begin(self) -> None:
        """Let the action do first what needs no scan."""
        with self._search(is_over=self._is_over) as search:
            for results in self._action.begin(search, self._selection):
                if isinstance(results, DoneJobs):
                    self._note_done(results)
                    count = len(results.job_ids)
                else:
                    self._note(results)
                    count = len(results)
                self._report.progress(None)
                self._rate_limit.wait(count, self._stop.fd)

    def _pass(self, number: int) -> int:
        """Find jobs and act on them; return how many there were."""
        with self._search(is_over=self._is_over) as search:
            with self.interruptible():
                search.run(self._acted)
            if self._is_over():
                return 0
            require_an_answer(search.cluster, self._report.session, search.refusals)
            choice = search.table.choose(self._action.states, search.missing, now_ms())
            for connection, job_ids in search.again.items():
                search.again[connection] = [job_id for job_id in job_ids if job_id not in self._not_done]
            again = self._action.act_again(search) or 0
            if not number and self._report.session.answered:
                _note_ids_not_found(search, self._report.session)
            if not {IN_FLIGHT, UNKNOWN} & self._action.states:
                self._report.summary.not_selected = sum(
                    count for (_, state), count in choice.counts.items() if state in (IN_FLIGHT, UNKNOWN)
                )
            # A node that refuses to act on a job has answered: that is an outcome of the job.
            unscanned = search.refusals.copy()
            count = self._act(search, choice)
            self._silent = silent_nodes(search.cluster, unscanned)
            return count + again

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """For what changes nothing and may take long: the first signal ends it."""
        self._is_interruptible = True
        try:
            yield
        finally:
            self._is_interruptible = False

    def _stopping(self) -> None:
        """A signal asks to stop: a scan, or input, is not waited for."""
        if self._is_interruptible:
            raise _Interrupted
        self._report.stopping()

    def _act(self, search: JobSearch, choice: Choice) -> int:
        total = len(choice) if self._left_to_do is None else min(self._left_to_do, len(choice))
        done = 0
        jobs = choice.jobs(self._left_to_do, newest=self._selection.newest)
        for batch in _batches(jobs, self._rate_limit.batch_size(self._action.batch_size)):
            if self._is_over():
                break
            if self._action.failure is not None:
                self._report.summary.add(LEFT, NOT_TRIED, total - done)
                break
            self._note(self._action.act(search, batch))
            done += len(batch)
            self._report.progress(done / total)
            self._rate_limit.wait(len(batch), self._stop.fd)
        return done

    def _note(self, results: list[JobResult]) -> None:
        """Take the results. Jobs that were left, or gone from where they were, are tried if found again."""
        settled = [one for one in results if one.kind not in (LEFT, GONE)]
        # A job may be queued on two nodes.
        is_new = self._acted.new(one.job_id for one in settled)
        self._not_done.new(one.job_id for one in settled if one.kind != DONE)
        # A later pass may find the copies, whose creation is known to the millisecond only.
        copies = [one.new_id for one in results if one.new_id is not None]
        self._acted.new(copies)
        self._not_done.new(copies)
        if self._left_to_do is not None:
            self._left_to_do -= len(settled)
        if len(settled) == len(results) and all(is_new):
            self._report.add(results)
        else:
            others = [one for one in results if one.kind in (LEFT, GONE) and one.job_id not in self._acted]
            self._report.add([one for one, new in zip(settled, is_new, strict=True) if new] + others)

    def _note_done(self, done: DoneJobs) -> None:
        """Take jobs that were done; a job may be queued on two nodes."""
        is_new = self._acted.new(done.job_ids)
        if not all(is_new):
            done = DoneJobs(list(compress(done.job_ids, is_new)), done.queue)
        if self._left_to_do is not None:
            self._left_to_do -= len(done.job_ids)
        self._report.add_done(done)

    def _is_over(self) -> bool:
        return self._stop.asked or self._report.broken is not None

    def report_the_end(self, session: Session) -> None:
        """Write the summary; raise what the run ends with."""
        summary, broken = self._report.summary, self._report.broken
        if self._failure is not None and not (summary.matched or broken or self._stop.interrupted):
            raise self._failure
        for line in self._silent:
            session.problem(f"{session.side}: {line}" if session.side else line)
        if self._silent:
            session.problem(f"nodes did not answer: {self._action.silent_note}")
        if isinstance(broken, DataError):
            raise DataError(f"{broken.message}; {summary.text()}")
        is_complete = not self._silent and not self._failure and not broken and not self._stop.asked
        problem = summary.error(is_complete=is_complete)
        if self._stop.interrupted:
            session.problem(f"{self._action.name}: {summary.text()}")
            raise KeyboardInterrupt
        if isinstance(self._action.failure, DataError):
            raise DataError(f"{self._action.failure.message}; {summary.text()}")
        if self._action.failure is not None:
            session.problem(self._action.failure.message)
        if self._failure is not None:
            session.problem(self._failure.message)
            if isinstance(self._failure, OutcomeUnknown):
                raise OutcomeUnknown(summary.text())
        if problem is not None:
            raise problem
        session.note(f"{self._action.name}: {summary.text()}" if summary.matched else PREVIEW.empty)


def _batches(jobs: Iterator[SelectedJob], size: int) -> Iterator[list[SelectedJob]]:
    while batch := list(islice(jobs, size)):
        yield batch
