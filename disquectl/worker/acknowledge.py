"""Acknowledging jobs: only at nodes that have them, and at every node that a job was taken from.

ACKJOB reaches the nodes that a replica lists. A node that got its replica from another one, for a consumer
that waited there, is in no list, so the job is acknowledged where it was taken. Where that node cannot be
reached, every other node that has a replica is told at once, and that node when it is back. A job that was
moved twice has an unlisted replica where it was in between, so all nodes are asked for one.

ACKJOB at a node that does not know the job, or still replicates it, can crash Disque. It is sent only where
the last look at that node showed the job; after a lost connection SHOW looks again. No sockets, as in
`custody`.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

from disquectl.errors import NotDisque, ReplyError
from disquectl.protocol.jobid import decode
from disquectl.protocol.replies import show
from disquectl.worker.job import OpenAcknowledgement, Request
from disquectl.worker.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Job

_IDS_IN_A_REQUEST = 1000
_AGAIN_SECONDS = 1.0
# Other nodes are asked for unlisted replicas of so many jobs; where jobs are that quick, few are moved.
_LOOKS_A_SECOND = 1000
# At its end the worker waits this long for what they answer.
_LOOK_SECONDS = 1.0
_JUST_NOW_SECONDS = 1.0


class Acknowledge:
    """`settled(job)` is called when a node has acknowledged a job, or no node knows it, perhaps twice.

    `nodes` gives the nodes that are known now, `id_of` the ID of one, or an empty text; requests are appended
    to `out`.
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
        self.next_look = inf
        self._nodes = nodes
        self._id_of = id_of
        self._looks_left = 0
        self._looks_since = -inf
        self._settled = settled
        self._open: dict[str, OpenAcknowledgement] = {}
        # Since `flush` was called last.
        self.done: list[Job] = []
        # How many connections of a node were lost.
        self._breaks: Counter[Node] = Counter()

    def seen(self, job: Job) -> None:
        """Its node has just given it."""
        job.breaks = self._breaks[job.home]

    def broke(self, node: Node) -> None:
        """A connection of this node was lost: what it had before it may not have any longer."""
        self._breaks[node] += 1

    def flush(self, now: float) -> None:
        """Acknowledge the jobs that are done, where they were taken."""
        done, self.done = self.done, []
        sure = [job for job in done if self._surely_has(job, now)]
        if sure:
            self._at_once(sure)
        if len(sure) < len(done) or any(job.earlier_homes for job in done):
            for job in done:
                homes = job.earlier_homes if self._surely_has(job, now) else (job.home, *job.earlier_homes)
                if homes:
                    self.owe(job, homes, now)

    def _surely_has(self, job: Job, now: float) -> bool:
        """Whether its node has it: seen on a connection that stands, and not near the end of its TTL."""
        if self._breaks[job.home] != job.breaks or job.too_late:
            return False
        seen = now - job.asked_working_at
        # WORKING is accepted in the first half of the TTL: half of it was left then.
        return not job.at_least_once or seen < _JUST_NOW_SECONDS or seen < decode(job.id).ttl_minutes * 30

    def _at_once(self, jobs: list[Job]) -> None:
        """ACKJOB for many jobs at a time."""
        by_home: dict[Node, list[Job]] = {}
        home = jobs[0].home
        some = by_home.setdefault(home, [])
        for job in jobs:
            if job.home is not home:
                home = job.home
                some = by_home.setdefault(home, [])
            some.append(job)
        for node, there in by_home.items():
            for i in range(0, len(there), _IDS_IN_A_REQUEST):
                batch = there[i : i + _IDS_IN_A_REQUEST]
                self.out.append(Request((b"ACKJOB", *[job.id for job in batch]), node, about=batch))

    def owe(self, job: Job, nodes: Iterable[Node], now: float) -> None:
        """Acknowledge it at these nodes, which it was taken from: look first, since they may not have it."""
        entry = self._entry(job, now)
        entry.is_look = False
        for node in nodes:
            entry.owed.add(node)
            self._look(entry, node)

    def again(self, job: Job, now: float) -> None:
        """A job that was acknowledged has come again: acknowledge it at every node that has a replica."""
        entry = self._entry(job, now)
        entry.is_known, entry.is_look = True, False
        entry.owed.add(job.home)
        self._acknowledge(entry, job.home)
        self._look_elsewhere(entry)
        self.remembered.add(job.id, now)

    def tick(self, now: float) -> None:
        """Ask the owed nodes again."""
        if now < self.next_look:
            return
        self.next_look = inf
        for entry in self._open.values():
            if now >= entry.due_at:
                entry.due_at = inf
                for node in entry.owed:
                    self._look(entry, node)
            self.next_look = min(self.next_look, entry.due_at)

    def answered(self, request: Request, reply: Reply, now: float) -> None:
        """A node has answered ACKJOB or SHOW."""
        about = request.about
        if isinstance(reply, ReplyError):
            self.lost(request, now)
        elif isinstance(about, OpenAcknowledgement):
            about.asked -= 1
            if request.words[0] == b"SHOW":
                self._shown(about, request.home, reply, now)
            else:
                self._acknowledged(about.job, about, request.home, now)
            self._look_at(about, now)
        else:
            for job in about or ():
                entry = self._open.get(job.id)
                self._acknowledged(job, entry, request.home, now)
                if entry is not None:
                    self._look_at(entry, now)

    def lost(self, request: Request, now: float) -> None:
        """A request was not answered, or refused. All of them may be sent again."""
        about = request.about
        if isinstance(about, OpenAcknowledgement):
            about.asked -= 1
            if request.home in about.owed and not about.is_known:
                self._look_elsewhere(about)
            self._look_at(about, now)
            return
        for job in about or ():
            entry = self._entry(job, now)
            entry.owed.add(request.home)
            self._look_elsewhere(entry)
            self._look_at(entry, now)

    def is_waiting(self, job_id: str, since: float) -> bool:
        """Whether its nodes have been asked in vain since before this time; nothing is on its way."""
        entry = self._open.get(job_id)
        return entry is not None and not entry.asked and entry.since <= since

    def unfinished(self) -> list[tuple[Job, bool, str]]:
        """The jobs with nodes that did not acknowledge them: whether another node did, and these nodes."""
        return [
            (one.job, one.is_known, ", ".join(sorted(map(str, one.owed))))
            for one in self._open.values()
            if one.owed
        ]

    def _entry(self, job: Job, now: float) -> OpenAcknowledgement:
        entry = self._open.get(job.id)
        if entry is None:
            entry = self._open[job.id] = OpenAcknowledgement(job, now)
        return entry

    def _look(self, entry: OpenAcknowledgement, node: Node) -> None:
        entry.asked += 1
        self.out.append(Request((b"SHOW", entry.job.id), node, about=entry))

    def _look_elsewhere(self, entry: OpenAcknowledgement) -> None:
        for node in self._nodes():
            if node not in entry.owed:
                self._look(entry, node)

    def _acknowledge(self, entry: OpenAcknowledgement, node: Node) -> None:
        entry.asked += 1
        self.out.append(Request((b"ACKJOB", entry.job.id), node, about=entry))

    def _acknowledged(self, job: Job, entry: OpenAcknowledgement | None, node: Node, now: float) -> None:
        self.remembered.add(job.id, now)
        if entry is None:
            self._settled(job)
            self._look_for_unlisted(job, now)
            return
        entry.owed.discard(node)
        self._knows(entry)

    def _look_for_unlisted(self, job: Job, now: float) -> None:
        if now - self._looks_since >= 1:
            self._looks_since, self._looks_left = now, _LOOKS_A_SECOND
        others = [node for node in self._nodes() if node != job.home and self._id_of(node)]
        if others and self._looks_left and job.at_least_once:
            self._looks_left -= 1
            entry = self._entry(job, now)
            entry.is_known = entry.is_look = True
            for node in others:
                self._look(entry, node)

    def is_looking(self, now: float) -> bool:
        """Whether nodes were asked for unlisted replicas just now, and have not answered."""
        return any(
            one.is_look and one.asked and now - one.since < _LOOK_SECONDS for one in self._open.values()
        )

    def _knows(self, entry: OpenAcknowledgement) -> None:
        if not entry.is_known:
            entry.is_known = True
            self._settled(entry.job)

    def _shown(self, entry: OpenAcknowledgement, node: Node, reply: Reply, now: float) -> None:
        try:
            fields = show(reply) or {"state": "unknown"}
        except NotDisque:
            return
        state = fields.get("state")
        if (
            entry.is_look
            and node not in entry.owed
            and self._id_of(node) in fields.get("nodes_delivered", ())
        ):
            # Disque tells it.
            return
        if state in ("queued", "active"):
            self._acknowledge(entry, node)
        elif state in ("unknown", "acked"):
            # It has forgotten the job, or the cluster has told it.
            entry.owed.discard(node)
            if state == "acked":
                self.remembered.add(entry.job.id, now)
                self._knows(entry)

    def _look_at(self, entry: OpenAcknowledgement, now: float) -> None:
        """After an answer, or the lack of one: what is still to be done."""
        if entry.asked:
            return
        if entry.owed:
            entry.due_at = now + _AGAIN_SECONDS
            self.next_look = min(self.next_look, entry.due_at)
            return
        del self._open[entry.job.id]
        if not entry.is_known:
            self._settled(entry.job)
