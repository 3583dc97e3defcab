"""The worker's loop for Python functions: a worker that takes the quick way for jobs that are done soon.

A job that is done within some milliseconds is acknowledged with many others, together with the next GETJOB.
All that is rare is the business of the worker and its lifecycle: keeping jobs by WORKING, failures, retries,
dead letters, lost connections, the end.
"""

from __future__ import annotations

import os
import time

from disquectl.errors import ReplyError
from disquectl.functions.direct_acks import SURELY_SECONDS, DirectAck, DirectAcks
from disquectl.functions.entry import entries_of
from disquectl.functions.slots import Functions
from disquectl.render.human import counted, size
from disquectl.worker.child import not_begun_by_the_end, not_run
from disquectl.worker.ending import OPEN
from disquectl.worker.job import Request
from disquectl.worker.memory import resident_bytes
from disquectl.worker.retry_policy import refusal
from disquectl.worker.stdout import Stdout
from disquectl.worker.systemd import Systemd
from disquectl.worker.worker import Worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from disquectl.client.address import Node
    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.execution.signals import Signals
    from disquectl.functions.entry import Entry
    from disquectl.functions.target import Target
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Job
    from disquectl.worker.log import Log
    from disquectl.worker.plan import Plan, Program
    from disquectl.worker.slots import Slots

# How long the other functions of a process with a function that is stuck may go on.
_LAST_SECONDS = 5.0
_MEMORY_SECONDS = 0.25


class FunctionWorker(Worker):
    """Create one for each run."""

    def __init__(
        self,
        plan: Plan,
        target: Target,
        seeds: Sequence[Node],
        connection_factory: ConnectionFactory,
        log: Log,
        *,
        retiring: Callable[[int, list[float], Node], object],
        inherit: Callable[[list[tuple[Job, float]]], object],
    ) -> None:
        """`retiring(running, tokens, node)` is called once, when it takes no more jobs and is replaced.

        `running` is how many jobs it still has, `tokens` what is left of its rates, `node` where it took
        jobs. `inherit(jobs)` is called when its functions have ended, with the jobs that wait for their next
        attempt, and for how long: another process keeps them.
        """
        self._target = target
        self._acks = DirectAcks()
        self._retiring = retiring
        self._inherit = inherit
        self._is_replaced = False
        # Whether another process keeps the jobs that wait; None until the parent says so.
        self._has_heir: bool | None = None
        # Why to replace this process when no GETJOB is unanswered.
        self._used_up = ""
        self._memory_at = 0.0
        self._has_memory_to_look_at = False
        self._give_up_at: float | None = None
        # The parent speaks to systemd.
        super().__init__(plan, None, seeds, connection_factory, log, service=Systemd({}, 0))

    def _open_slots(self, program: Program | None) -> Slots:
        self._stdout = Stdout(self._poller, self._log, self._stdout_is_gone)
        self._functions = Functions(
            self._plan,
            self._target,
            self._poller,
            ended=self._functions_ended,
            slow=self._in_custody,
            working=self._working,
            stuck=self._give_up,
        )
        return self._functions

    @property
    def _hands_over(self) -> bool:
        """Whether another process is to keep what this one leaves."""
        return self._is_replaced and not self._ending.was_signalled

    @property
    def was_signalled(self) -> bool:
        """Whether a signal ended it, or the reader of its stdout that went away."""
        return self._ending.was_signalled

    # Delivery

    def _answered(self, answers: list[tuple[Request, Reply]]) -> None:
        for request, reply in answers:
            if isinstance(request, DirectAck):
                self._acknowledged(request, reply)
            elif request.words[0] == b"GETJOB":
                self._delivered(self._source.read(request, reply, self._now, self._entries_of))
            else:
                self._lifecycle.answered(request, reply, now=self._now)

    def _entries_of(self, reply: Reply, node: Node) -> list[Entry]:
        return entries_of(reply, node, self._now)

    def _delivered(self, entries: list[Entry]) -> None:
        lifecycle, plan = self._lifecycle, self._plan
        jobs, has, is_known = lifecycle.jobs, self._functions.has, lifecycle.has_acknowledged
        start = []
        for entry in entries:
            if entry.additional_deliveries and self._acks.has(entry.id):
                # It is done. Its acknowledgement may be on its way to another node.
                self._acknowledge_if_there(entry)
                continue
            if (
                (not entry.nacks or not refusal(entry, plan))
                and entry.additional_deliveries <= plan.max_returns
                and entry.id not in jobs
                and not is_known(entry.id)
                and has(entry.id) is None
            ) or self._take(entry):
                start.append(entry)
        if self._ending.stage != OPEN:
            for entry in start:
                self._to_put_back.append((self._in_custody(entry), not_begun_by_the_end()))
            return
        if self._log.is_verbose:
            for entry in start:
                self._log.started(entry.as_job())
        self._functions.start_all(start, self._now)

    def _take(self, entry: Entry) -> bool:
        """Take a job that is known already, or past its retries; return whether to call its function."""
        known = self._functions.has(entry.id)
        if known is not None:
            self._in_custody(known)
        job = entry.as_job()
        if not self._lifecycle.take(job, self._now):
            return False
        entry.custody = job
        if why := self._lifecycle.refusal(job):
            self._lifecycle.failed(job, not_run(why))
            return False
        return True

    def _in_custody(self, entry: Entry) -> Job:
        """Return it as a job of the lifecycle, which keeps it by WORKING."""
        job = entry.custody
        if job is None:
            job = entry.custody = entry.as_job()
            self._lifecycle.take(job, self._now)
            # Not the time of this turn: a function may have kept this thread from running.
            if time.monotonic() - entry.taken > SURELY_SECONDS:
                job.too_late = True
        return job

    def _working(self, entry: Entry) -> None:
        """Its function says that it makes progress."""
        if entry.custody is None:
            self._in_custody(entry)
        else:
            self._lifecycle.keep(entry.custody, self._now)

    # Outcomes

    def _functions_ended(self, entries: Sequence[Entry]) -> None:
        self._has_memory_to_look_at = True
        quick = []
        for entry in entries:
            if entry.failure is None and entry.custody is None:
                quick.append(entry)
            else:
                self._slow_one_ended(entry)
        if quick:
            self._log_done(quick)
            if self._figures is not None:
                for entry in quick:
                    self._figures.ended(entry.raw_queue, entry.seconds, is_done=True)
            for entry in self._acks.add(quick, time.monotonic()):
                self._acknowledge_if_there(entry)

    def _slow_one_ended(self, entry: Entry) -> None:
        job, failure = self._in_custody(entry), entry.failure
        if failure is not None:
            failure.seconds = entry.seconds
            job.dead_reason = job.dead_reason or entry.rejected
        self._job_ended(job, failure, entry.seconds)

    def _acknowledge_if_there(self, entry: Entry) -> None:
        """The job is done, but its node may have lost it: let the lifecycle look before it acknowledges."""
        job = entry.as_job()
        self._lifecycle.take_done([job])
        job.too_late = True
        self._lifecycle.succeeded(job)

    def _log_done(self, entries: Sequence[Entry]) -> None:
        if self._log.is_quiet:
            self._log.counts["done"] += len(entries)
            return
        for entry in entries:
            self._log.done(entry.as_job(), entry.seconds)

    # Acknowledgement

    def _ask_for_jobs(self) -> None:
        room = self._room()
        if not self._acks.has_requests:
            self._source.ask(room, self._now)
            return
        current: list[Request] = []
        others: list[Request] = []
        for request in self._acks.requests():
            (current if request.node is self._nodes.current else others).append(request)
        if not self._source.ask(room, self._now, current):
            others += current
        self._nodes.send(others)

    def _requests(self) -> list[Request]:
        return [*self._acks.requests(), *super()._requests()]

    def _is_busy(self) -> bool:
        return bool(self._acks) or super()._is_busy()

    def _acknowledged(self, request: DirectAck, reply: Reply) -> None:
        self._acks.answered(request)
        entries = request.entries
        if isinstance(reply, ReplyError) or self._lifecycle.may_search(self._now):
            self._hand_over(request, lambda same: self._lifecycle.answered(same, reply, self._now))
        else:
            self._lifecycle.remember((entry.id for entry in entries), self._now)

    def _hand_over(self, request: DirectAck, then: Callable[[Request], object]) -> None:
        """Let the lifecycle see to these acknowledgements: it asks the nodes, if necessary again."""
        jobs = [entry.as_job() for entry in request.entries if entry.id not in self._lifecycle.jobs]
        self._lifecycle.take_done(jobs)
        then(Request(request.words, request.node, about=jobs))

    def _lost(self, requests: Iterable[Request], certainly_not_done: bool, node: Node | None) -> None:
        """A connection was lost: its node may have restarted, so it is asked before ACKJOB."""
        if node is not None:
            unsent = self._acks.take_unsent(node)
            self._lifecycle.take_done([entry.as_job() for entry in unsent])
            for entry in self._functions.fresh(node):
                self._in_custody(entry)
        direct: list[DirectAck] = []
        rest: list[Request] = []
        for request in requests:
            if isinstance(request, DirectAck):
                direct.append(request)
            else:
                rest.append(request)
        super()._lost(rest, certainly_not_done, node)
        if node is not None:
            for entry in unsent:
                self._lifecycle.succeeded(self._lifecycle.jobs[entry.id])
        for request in direct:
            self._acks.answered(request)
            self._hand_over(request, lambda same: self._lifecycle.lost([same], certainly_not_done))

    # The end, and another process in its place

    def _room(self) -> int:
        """How many more jobs to take."""
        if self._used_up:
            return 0
        most = self._plan.max_jobs_per_handler
        return self._functions.free if most is None else min(self._functions.free, most - self._source.taken)

    def _check_use(self) -> None:
        """Find out whether it had its last job, or uses too much memory after a job."""
        plan, pid = self._plan, os.getpid()
        if plan.max_jobs_per_handler is not None and self._source.taken >= plan.max_jobs_per_handler:
            self._used_up = f"process {pid} has had {counted(plan.max_jobs_per_handler, 'job')}"
        elif plan.max_memory is not None and self._has_memory_to_look_at and self._now >= self._memory_at:
            self._has_memory_to_look_at, self._memory_at = False, self._now + _MEMORY_SECONDS
            if (used := resident_bytes(pid)) > plan.max_memory:
                limit = f"more than --max-memory {size(plan.max_memory)}"
                self._used_up = f"process {pid} uses {size(used)}, {limit}"

    def _give_up(self) -> None:
        """A function cannot be ended: the others may go on for a few seconds."""
        if self._give_up_at is None:
            self._give_up_at = self._now + min(_LAST_SECONDS, self._plan.grace)
            self._retire("a function did not end, so this process is replaced")

    def _retire(self, why: str) -> None:
        """Take no more jobs, and let the parent start another process in this place."""
        if not self._is_replaced:
            self._is_replaced = True
            self._ending.close()
            if self._give_up_at is not None or not self._log.is_quiet:
                self._log_ending(why)
            self._retiring(self._functions.running, self._source.tokens(self._now), self._nodes.current)

    def set_limit(self, most: int) -> None:
        """Run up to this many functions at a time."""
        self._functions.set_limit(most)

    def set_heir(self, exists: bool) -> None:
        """Another process keeps the jobs that this one leaves, or none does."""
        self._has_heir = exists

    def adopt(self, jobs: Iterable[tuple[Job, float]]) -> None:
        """Keep jobs that another process kept for their next attempt."""
        for job, seconds in jobs:
            self._lifecycle.adopt(job, seconds, self._now)

    def _is_over(self) -> bool:
        if self._hands_over and not (self._functions.running or self._nodes.getting or self._is_busy()):
            if self._has_heir is None:
                # The parent may also have sent jobs before it knew that this process is replaced.
                return False
            if self._has_heir and (held := self._lifecycle.release_held()):
                self._inherit(held)
        return super()._is_over()

    def _apply_deadlines(self) -> None:
        super()._apply_deadlines()
        if self._ending.stage == OPEN:
            if not self._used_up:
                self._check_use()
            if self._used_up and not self._nodes.getting:
                self._retire(f"{self._used_up}, and is replaced")
        if self._give_up_at is not None and self._now >= self._give_up_at:
            self._functions.abandon()

    def _seconds_to_wait(self) -> float:
        if self._acks.has_requests:
            return 0
        seconds = super()._seconds_to_wait()
        if self._give_up_at is not None and self._functions.running:
            seconds = min(seconds, max(self._give_up_at - self._now, 0))
        return seconds

    def _hand_back(self, signals: Signals) -> None:
        for entry in self._functions.fresh():
            self._in_custody(entry)
        super()._hand_back(signals)

    def _close(self, signals: Signals) -> None:
        for request in self._acks.take_unanswered():
            self._hand_over(request, lambda same: self._lifecycle.lost([same], False))
        super()._close(signals)
