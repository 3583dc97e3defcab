"""Moves jobs to another queue or cluster; each is always in the source, in the destination, or in both.

A queued job is claimed by DEQUEUE, copied, looked at again, and acknowledged. A delayed one is not held: it
is copied with the rest of its delay. What cannot be settled is reported with both IDs.
"""

from __future__ import annotations

from disquectl.bulk.finish_moves import NOT_ANSWERED, finish_moves
from disquectl.bulk.originals import Originals
from disquectl.bulk.summary import (
    DONE,
    DOUBLED,
    GONE,
    LEFT,
    PENDING,
    PENDING_REASON,
    SKIPPED,
    UNKNOWN,
    JobResult,
    running_twice,
)
from disquectl.errors import DataError, OutcomeUnknown, ReplyError
from disquectl.fanout.scan_all import now_ms
from disquectl.merge.move_plan import (
    ACKNOWLEDGE,
    DUE_SOON_MS,
    RECLAIM,
    TOO_LATE,
    Look,
    acknowledgements,
    after_copy,
)
from disquectl.merge.replicas import TTL
from disquectl.merge.states import DELAYED, QUEUED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.bulk.copies import CopyOptions
    from disquectl.bulk.destination import Destination
    from disquectl.bulk.journal import Journal
    from disquectl.bulk.summary import OutcomeKind
    from disquectl.client.pipelined_connection import Outcome
    from disquectl.errors import DisquectlError
    from disquectl.fanout.find_jobs import JobSearch
    from disquectl.merge.replicas import FlatReplica
    from disquectl.merge.selected_jobs import Choice, SelectedJob
    from disquectl.spec.selection import Selection

# After kill -9, at most this many jobs are in both places.
BATCH = 100
STATES = frozenset({QUEUED, DELAYED})
AT_MOST_ONCE = "at most once: it cannot be put back (--at-most-once moves it)"
SAME_QUEUE = "in that queue already"
EXPIRED = "expired"
DUE_SOON = f"due within {DUE_SOON_MS // 1000} s"
DELIVERED = "delivered or acknowledged while it was copied"
MAY_RETURN = "copied; its node did not answer and may deliver it again"
STAYS = "; it could not be put back and stays in flight"
# Refusals that concern one queue of the destination, and refusals that concern all of it.
OF_QUEUE = ("PAUSED", "MAXLEN")
OF_ALL = ("OOM", "NOREPL", "NOAUTH", "LEAVING", "LOADING")


def names_of(keeps: bool) -> tuple[str, str]:
    """The name of the action, and what it does to jobs. `keeps`: whether the originals stay."""
    return ("move --keep", "copies") if keeps else ("move", "moves")


class Moving:
    """A job on its way. `claimed_at`: where it was taken out of its queue; None for one that is not held."""

    __slots__ = ("claimed_at", "due_ms", "job", "look", "new_id")

    def __init__(self, job: SelectedJob, look: Look, claimed_at: bytes | None, due_ms: int | None) -> None:
        self.job = job
        self.look = look
        self.claimed_at = claimed_at
        self.due_ms = due_ms
        self.new_id = b""


class Move:
    """The action of `move`; see bulk.job_action."""

    batch_size = BATCH
    silent_note = "they may have replicas of these jobs and deliver them again"

    def __init__(
        self,
        destination: Destination,
        options: CopyOptions,
        journal: Journal | None,
        *,
        states: frozenset[str] = frozenset(),
        keeps: bool = False,
        at_most_once: bool = False,
    ) -> None:
        """`keeps`: whether the originals stay."""
        self.name, self.deed = names_of(keeps)
        self.states = states or STATES
        self.failure: DisquectlError | None = None
        self._due_ms = 0.0  # when the last job is due that was left because it is due soon
        self._destination = destination
        self._options = options
        self._journal = journal
        self._earlier = journal.copies if journal is not None else {}
        self._keeps = keeps
        self._at_most_once = at_most_once
        self._closed: dict[bytes, str] = {}  # queues of the destination that take nothing, and why
        self._results: dict[bytes, JobResult] = {}

    @property
    def pause_ms(self) -> float:
        """How long to wait before the next pass, for jobs that are due soon."""
        return max(self._due_ms - now_ms(), 0.0)

    def warning(self, choice: Choice) -> str:
        """Jobs in flight run twice."""
        return running_twice(choice.counts, self.states)

    def begin(self, search: JobSearch, selection: Selection) -> Iterator[list[JobResult]]:
        """Acknowledge the originals of copies that an earlier run made."""
        earlier = list(self._earlier)
        if earlier:
            search.connect()
        for at in range(0, len(earlier), BATCH):
            if search.is_over():
                return
            if results := self._finish(search, earlier[at : at + BATCH]):
                yield results

    def act_again(self, search: JobSearch) -> None:
        """Delete replicas of moved jobs that no other node lists."""
        if self._keeps:
            return
        originals = Originals(search)
        originals.change_each(
            (job_id, connection.node_id.encode(), b"FASTACK")
            for connection, job_ids in search.again.items()
            for job_id in job_ids
        )

    def act(self, search: JobSearch, jobs: list[SelectedJob]) -> list[JobResult]:
        """Move a batch."""
        originals = Originals(search)
        self._results = {}
        earlier = [job.job_id for job in jobs if job.job_id in self._earlier]
        for result in self._finish(search, earlier):
            self._results[result.job_id] = result
        new = [job for job in jobs if job.job_id not in self._earlier and self._may_move(job)]
        moving = self._claim(originals, search, new)
        if missing := search.cluster.missing():
            self._destination.count_without({one.node_id for one in missing})
        copied = self._copy(originals, moving)
        if self._keeps:
            for one in copied:
                self._note(one, DONE)
        else:
            self._acknowledge(originals, search, copied)
        return [self._results.get(job.job_id) or JobResult(job.job_id, job.queue, GONE) for job in jobs]

    def _finish(self, search: JobSearch, job_ids: list[bytes]) -> list[JobResult]:
        return finish_moves(search, job_ids, self._earlier, self._options.queue_of) if job_ids else []

    def _may_move(self, job: SelectedJob) -> bool:
        """Whether to try; otherwise the result is noted."""
        to = self._options.queue_of(job.queue)
        if job.replicas.is_once and not (self._at_most_once or self._keeps):
            self._results[job.job_id] = JobResult(job.job_id, job.queue, SKIPPED, AT_MOST_ONCE)
        elif to == job.queue and not self._destination.is_other:
            self._results[job.job_id] = JobResult(job.job_id, job.queue, SKIPPED, SAME_QUEUE)
        elif to in self._closed:
            self._results[job.job_id] = JobResult(job.job_id, job.queue, LEFT, self._closed[to], to=to)
        return job.job_id not in self._results

    def _claim(self, originals: Originals, search: JobSearch, jobs: list[SelectedJob]) -> list[Moving]:
        """Take queued jobs out of their queues, and look at all."""
        claims = {
            job.job_id: originals.nodes_of(job.replicas.queued_at)
            for job in jobs
            if job.state == QUEUED and not self._keeps
        }
        holders = {job.job_id: originals.nodes_of(job.replicas.holders) for job in jobs}
        looks, claimed = originals.look(holders, claims)
        moving: list[Moving] = []
        lost: dict[bytes, bytes] = {}
        for job in jobs:
            look, claimed_at = looks.get(job.job_id), claimed.get(job.job_id)
            if look is None:
                self._results[job.job_id] = JobResult(job.job_id, job.queue, LEFT, NOT_ANSWERED)
                if claimed_at is not None:
                    lost[job.job_id] = claimed_at
                continue
            one = Moving(job, look, claimed_at, None)
            if self._is_movable(one, search):
                moving.append(one)
        self._put_back(originals, lost)
        return moving

    def _is_movable(self, one: Moving, search: JobSearch) -> bool:
        """Whether a job is still where its state says. Otherwise it is gone, or its result is noted."""
        look = one.look
        if look.is_acknowledged:
            return False
        if min(replica[TTL] for replica in look.replicas.values()) == 0:
            self._note(one, SKIPPED, EXPIRED)
            return False
        if one.job.state == QUEUED:
            # Queued after it was claimed: it has returned already, or another node has it queued, too.
            return bool(look.queued_at) if self._keeps else one.claimed_at is not None and not look.queued_at
        if one.job.state != DELAYED:
            return not look.queued_at
        if not look.is_delayed(now_ms(), search.clocks):
            return False
        if look.due_ms is None or look.due_ms >= DUE_SOON_MS or self._keeps:
            one.due_ms = look.due_ms
            return True
        self._due_ms = max(self._due_ms, now_ms() + look.due_ms + 500)
        self._note(one, LEFT, DUE_SOON)
        return False

    def _copy(self, originals: Originals, moving: list[Moving]) -> list[Moving]:
        """Add the copies, and write the journal; return the jobs that were copied. The others go back."""
        if not moving:
            return []
        claimed = {one.job.job_id: one.claimed_at for one in moving if one.claimed_at is not None}
        originals.renew(claimed)
        outcomes = self._destination.add([(_replica(one), one.due_ms) for one in moving])
        copied: list[Moving] = []
        refused: dict[bytes, bytes] = {}
        for one, outcome in zip(moving, outcomes, strict=True):
            if isinstance(outcome, bytes):
                one.new_id = outcome
                copied.append(one)
            elif isinstance(outcome, OutcomeUnknown):
                self._note(one, UNKNOWN, f"{self._destination.prefix}{outcome.message}")
            else:
                self._refuse(one, outcome)
                if one.claimed_at is not None:
                    refused[one.job.job_id] = one.claimed_at
        self._put_back(originals, refused)
        self.failure = self.failure or self._destination.failure
        if self._journal is not None and copied:
            try:
                self._journal.add((one.job.job_id, one.new_id) for one in copied)
            except DataError as problem:
                # These originals are acknowledged all the same, and no more are copied.
                self.failure = problem
        return copied

    def _refuse(self, one: Moving, outcome: Outcome) -> None:
        """Note a refusal; where it concerns other jobs, too, do not try them."""
        assert isinstance(outcome, ReplyError)
        reason = f"{self._destination.prefix}{outcome.message}"
        self._note(one, LEFT, reason)
        if outcome.code in OF_QUEUE:
            self._closed[self._options.queue_of(one.job.queue)] = reason
        elif outcome.code in OF_ALL and self.failure is None:
            self.failure = ReplyError(reason)

    def _put_back(self, originals: Originals, claimed: dict[bytes, bytes]) -> None:
        """Queue jobs again that were claimed at these nodes and not copied."""
        if not claimed:
            return
        counts = originals.change(b"ENQUEUE", {job_id: [node_id] for job_id, node_id in claimed.items()})
        for job_id in claimed:
            if not counts.get(job_id):
                self._results[job_id].reason += STAYS

    def _acknowledge(self, originals: Originals, search: JobSearch, copied: list[Moving]) -> None:
        """Look at the originals again, and acknowledge those that nobody else got."""
        looks, _ = originals.look(
            {one.job.job_id: originals.nodes_of(one.job.replicas.holders) for one in copied}, {}
        )
        ready: list[Moving] = []
        returned: dict[bytes, list[bytes]] = {}
        for one in copied:
            look = looks.get(one.job.job_id)
            if look is None:
                self._note(one, DOUBLED, MAY_RETURN)
                continue
            what = after_copy(look, one.look.returns)
            if (
                what == ACKNOWLEDGE
                and one.due_ms is not None
                and not look.is_delayed(now_ms(), search.clocks)
            ):
                what = TOO_LATE
            one.look = look
            if what == TOO_LATE:
                self._note(one, DOUBLED, DELIVERED)
                continue
            if what == RECLAIM:
                returned[one.job.job_id] = look.queued_at
            ready.append(one)
        if returned:
            counts = originals.change(b"DEQUEUE", returned)
            for one in [
                one for one in ready if one.job.job_id in returned and not counts.get(one.job.job_id)
            ]:
                self._note(one, DOUBLED, DELIVERED)
                ready.remove(one)
        told = {one.job.job_id: acknowledgements(one.look, one.claimed_at) for one in ready}
        counts = originals.change_each(
            (job_id, node_id, verb) for job_id, some in told.items() for node_id, verb in some
        )
        missing = search.missing
        for one in ready:
            count = counts.get(one.job.job_id)
            if count is None:
                self._note(one, DOUBLED, MAY_RETURN)
            elif not count:
                self._note(one, DOUBLED, DELIVERED)
            elif _may_be_elsewhere(one, told[one.job.job_id][0][0], search, missing):
                self._note(one, PENDING, PENDING_REASON)
            else:
                self._note(one, DONE)

    def _note(self, one: Moving, kind: OutcomeKind, reason: str = "") -> None:
        job = one.job
        self._results[job.job_id] = JobResult(
            job.job_id,
            job.queue,
            kind,
            reason,
            new_id=one.new_id or None,
            to=self._options.queue_of(job.queue),
        )


def _may_be_elsewhere(one: Moving, told: bytes, search: JobSearch, missing: int) -> bool:
    """Whether a `missing` node may have a replica. `told`: the node that has answered ACKJOB.

    Where no other node has one, it does not matter that this node failed after its answer.
    """
    places = one.job.replicas.holders | one.job.replicas.delivered
    return bool(places & missing) and places != search.table.bits.mask((told,))


def _replica(one: Moving) -> FlatReplica:
    """The replica to copy: where the job was claimed, otherwise any."""
    replicas = one.look.replicas
    if one.claimed_at is not None and one.claimed_at in replicas:
        return replicas[one.claimed_at]
    return next(iter(replicas.values()))
