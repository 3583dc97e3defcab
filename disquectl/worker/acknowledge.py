"""Acknowledges jobs: only at nodes that have them, and at every node that delivered them.

ACKJOB reaches the nodes that a replica lists. A node that got its replica from another node, for a consumer
that waited there, is in no list, so the job is acknowledged at the node that delivered it. If that node
cannot be reached, ACKJOB goes to every other node that has a replica at once, and to that node when it is
back. A job that was moved twice has an unlisted replica at the node in between, so all nodes are asked for
one.

ACKJOB at a node that does not know the job, or still replicates it, can crash Disque. It is sent only if that
node has shown that it has the job; after a lost connection, SHOW asks again. No sockets, as in `lifecycle`.
"""

from __future__ import annotations

from collections import Counter
from math import inf

from disquectl.errors import NotDisque, ReplyError
from disquectl.protocol.jobid import decode
from disquectl.protocol.replies import show
from disquectl.worker.job import OpenAcknowledgement, Request
from disquectl.worker.remembered import Remembered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Job

_IDS_IN_A_REQUEST = 1000
_AGAIN_SECONDS = 1.0
# Other nodes are asked for unlisted replicas of at most this many jobs; if jobs are that fast, few are moved.
_SEARCHES_PER_SECOND = 1000
# How long the worker waits for those replies at its end.
_SEARCH_SECONDS = 1.0
_JUST_NOW_SECONDS = 1.0


class Acknowledge:
    """Calls `settled(job)`, perhaps twice, when a node has acknowledged a job, or no node knows it.

    `nodes` returns the nodes that are known now, `id_of` the ID of one, or an empty string; requests are
    appended to `out`.
    """

    def __init__(
        self,
        nodes: Callable[[], Iterable[Node]],
        id_of: Callable[[Node], str],
        out: list[Request],
        settled: Callable[[Job], object],
    ) -> None:
        self.out = out
        self.remembered = Remembered()
        self.next_deadline = inf
        self._nodes = nodes
        self._id_of = id_of
        self._searches_left = 0
        self._searches_since = -inf
        self._settled = settled
        self._open: dict[str, OpenAcknowledgement] = {}
        # Jobs that are done since `flush` was called last.
        self.done: list[Job] = []
        # How many connections to a node were lost.
        self._connections_lost: Counter[Node] = Counter()

    def taken(self, job: Job) -> None:
        """A node has just delivered this job."""
        job.connections_lost = self._connections_lost[job.node]

    def connection_lost(self, node: Node) -> None:
        """A connection to this node was lost: it may have restarted and lost its jobs."""
        self._connections_lost[node] += 1

    def flush(self, now: float) -> None:
        """Acknowledge the jobs that are done, at the nodes that delivered them."""
        done, self.done = self.done, []
        sure = [job for job in done if self._surely_has(job, now)]
        if sure:
            self._at_once(sure)
        if len(sure) < len(done) or any(job.earlier_nodes for job in done):
            for job in done:
                homes = job.earlier_nodes if self._surely_has(job, now) else (job.node, *job.earlier_nodes)
                if homes:
                    self.acknowledge_at(job, homes, now)

    def _surely_has(self, job: Job, now: float) -> bool:
        """Whether its node certainly has it: no connection was lost since, and its TTL is not nearly over."""
        if self._connections_lost[job.node] != job.connections_lost or job.too_late:
            return False
        seen = now - job.asked_working_at
        # WORKING is accepted in the first half of the TTL: half of it was left then.
        return not job.at_least_once or seen < _JUST_NOW_SECONDS or seen < decode(job.id).ttl_minutes * 30

    def _at_once(self, jobs: list[Job]) -> None:
        """Send ACKJOB for many jobs at a time."""
        by_home: dict[Node, list[Job]] = {}
        home = jobs[0].node
        some = by_home.setdefault(home, [])
        for job in jobs:
            if job.node is not home:
                home = job.node
                some = by_home.setdefault(home, [])
            some.append(job)
        for node, there in by_home.items():
            for i in range(0, len(there), _IDS_IN_A_REQUEST):
                batch = there[i : i + _IDS_IN_A_REQUEST]
                self.out.append(Request((b"ACKJOB", *[job.id for job in batch]), node, about=batch))

    def acknowledge_at(self, job: Job, nodes: Iterable[Node], now: float) -> None:
        """Acknowledge a job at these nodes, which delivered it. SHOW asks first whether they have it."""
        entry = self._entry(job, now)
        entry.is_search = False
        for node in nodes:
            entry.pending.add(node)
            self._ask(entry, node)

    def acknowledge_everywhere(self, job: Job, now: float) -> None:
        """An acknowledged job was delivered again: acknowledge it at every node that has a replica."""
        entry = self._entry(job, now)
        entry.is_acknowledged, entry.is_search = True, False
        entry.pending.add(job.node)
        self._acknowledge(entry, job.node)
        self._ask_other_nodes(entry)
        self.remembered.add(job.id, now)

    def tick(self, now: float) -> None:
        """Ask the pending nodes again, when that is due."""
        if now < self.next_deadline:
            return
        self.next_deadline = inf
        for entry in self._open.values():
            if now >= entry.due_at:
                entry.due_at = inf
                for node in entry.pending:
                    self._ask(entry, node)
            self.next_deadline = min(self.next_deadline, entry.due_at)

    def answered(self, request: Request, reply: Reply, now: float) -> None:
        """A node answered ACKJOB or SHOW."""
        about = request.about
        if isinstance(reply, ReplyError):
            self.lost(request, now)
        elif isinstance(about, OpenAcknowledgement):
            about.asked -= 1
            if request.words[0] == b"SHOW":
                self._shown(about, request.node, reply, now)
            else:
                self._acknowledged(about.job, about, request.node, now)
            self._update(about, now)
        else:
            for job in about or ():
                entry = self._open.get(job.id)
                self._acknowledged(job, entry, request.node, now)
                if entry is not None:
                    self._update(entry, now)

    def lost(self, request: Request, now: float) -> None:
        """A request was not answered, or was refused. ACKJOB and SHOW may be repeated."""
        about = request.about
        if isinstance(about, OpenAcknowledgement):
            about.asked -= 1
            if request.node in about.pending and not about.is_acknowledged:
                self._ask_other_nodes(about)
            self._update(about, now)
            return
        for job in about or ():
            entry = self._entry(job, now)
            entry.pending.add(request.node)
            self._ask_other_nodes(entry)
            self._update(entry, now)

    def is_waiting(self, job_id: str, since: float) -> bool:
        """Whether its nodes have not acknowledged a job since this time, and no request is unanswered."""
        entry = self._open.get(job_id)
        return entry is not None and not entry.asked and entry.since <= since

    def unfinished(self) -> list[tuple[Job, bool, str]]:
        """Return jobs that nodes did not acknowledge: the job, whether another node did, and these nodes."""
        return [
            (one.job, one.is_acknowledged, ", ".join(sorted(map(str, one.pending))))
            for one in self._open.values()
            if one.pending
        ]

    def _entry(self, job: Job, now: float) -> OpenAcknowledgement:
        entry = self._open.get(job.id)
        if entry is None:
            entry = self._open[job.id] = OpenAcknowledgement(job, now)
        return entry

    def _ask(self, entry: OpenAcknowledgement, node: Node) -> None:
        entry.asked += 1
        self.out.append(Request((b"SHOW", entry.job.id), node, about=entry))

    def _ask_other_nodes(self, entry: OpenAcknowledgement) -> None:
        for node in self._nodes():
            if node not in entry.pending:
                self._ask(entry, node)

    def _acknowledge(self, entry: OpenAcknowledgement, node: Node) -> None:
        entry.asked += 1
        self.out.append(Request((b"ACKJOB", entry.job.id), node, about=entry))

    def _acknowledged(self, job: Job, entry: OpenAcknowledgement | None, node: Node, now: float) -> None:
        self.remembered.add(job.id, now)
        if entry is None:
            self._settled(job)
            self._search_unlisted(job, now)
            return
        entry.pending.discard(node)
        self._confirm(entry)

    def may_search(self, now: float) -> bool:
        """Whether other nodes are to be asked for unlisted replicas of a job that is acknowledged now."""
        if now - self._searches_since >= 1:
            self._searches_since, self._searches_left = now, _SEARCHES_PER_SECOND
        return bool(self._searches_left) and len(tuple(self._nodes())) > 1

    def _search_unlisted(self, job: Job, now: float) -> None:
        if not job.at_least_once or not self.may_search(now):
            return
        others = [node for node in self._nodes() if node != job.node and self._id_of(node)]
        if others:
            self._searches_left -= 1
            entry = self._entry(job, now)
            entry.is_acknowledged = entry.is_search = True
            for node in others:
                self._ask(entry, node)

    def is_searching(self, now: float) -> bool:
        """Whether nodes were asked for unlisted replicas within the last second and have not answered."""
        return any(
            one.is_search and one.asked and now - one.since < _SEARCH_SECONDS for one in self._open.values()
        )

    def _confirm(self, entry: OpenAcknowledgement) -> None:
        if not entry.is_acknowledged:
            entry.is_acknowledged = True
            self._settled(entry.job)

    def _shown(self, entry: OpenAcknowledgement, node: Node, reply: Reply, now: float) -> None:
        try:
            fields = show(reply) or {"state": "unknown"}
        except NotDisque:
            return
        state = fields.get("state")
        if (
            entry.is_search
            and node not in entry.pending
            and self._id_of(node) in fields.get("nodes_delivered", ())
        ):
            # A replica lists this node, so ACKJOB reaches it.
            return
        if state in ("queued", "active"):
            self._acknowledge(entry, node)
        elif state in ("unknown", "acked"):
            # It has forgotten the job, or ACKJOB has reached it.
            entry.pending.discard(node)
            if state == "acked":
                self.remembered.add(entry.job.id, now)
                self._confirm(entry)

    def _update(self, entry: OpenAcknowledgement, now: float) -> None:
        """After a reply, or the lack of one: wait, or finish if nothing is left to do."""
        if entry.asked:
            return
        if entry.pending:
            entry.due_at = now + _AGAIN_SECONDS
            self.next_deadline = min(self.next_deadline, entry.due_at)
            return
        del self._open[entry.job.id]
        # Again, if it was acknowledged: it may have been done twice.
        self._settled(entry.job)
