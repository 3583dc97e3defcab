"""The probe: asks all nodes what the rules of `health` need to know. It reads only.

Each node is asked on its own: one that does not answer, or refuses something, is noted, and the others are
asked all the same. It must not know a rule, nor how findings are written.
"""

from __future__ import annotations

import time

from disquectl.errors import NotAuthorised, NotDisque, ReplyError
from disquectl.fanout.ask import Refusals, missing_bits
from disquectl.fanout.existing_queues import settle_queues
from disquectl.fanout.node_views import CLUSTER_NODES, node_views
from disquectl.fanout.scan_all import ClusterScan, NoGarbageCollection, now_ms
from disquectl.health.job_facts import Suspects
from disquectl.health.observation import NodeFacts, Observation, QueueFacts, is_watched
from disquectl.merge.consumers import Workers, consumers_of
from disquectl.merge.job_counts import JobCounts
from disquectl.merge.queues import QueueSum
from disquectl.merge.replicas import CTIME, RETRY, ordered
from disquectl.protocol.replies import jobs
from disquectl.protocol.server_replies import client_list, cluster_nodes, config, latency_latest, slowlog
from disquectl.spec.parameters import as_bytes
from disquectl.spec.queue_patterns import QueueWords
from disquectl.spec.selection import STATES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.client.cluster import Cluster, Missing
    from disquectl.client.node_connection import Request
    from disquectl.fanout.job_slices import JobPass
    from disquectl.health.observation import Reason
    from disquectl.merge.job_estimate import QueueEstimate
    from disquectl.merge.replicas import FlatReplica
    from disquectl.merge.states import Bits

_SETTINGS = [b"CONFIG", b"GET", b"*"]
_SLOWLOG = [b"SLOWLOG", b"GET", b"128"]
_LATENCY = [b"LATENCY", b"LATEST"]
_CLIENTS = [b"CLIENT", b"LIST"]
# A scan of all jobs takes about 4 s for a million; one that takes longer than this is cut off.
_SCAN_SECONDS = 60.0
_STEPS = 5
# Of queues with an older job the rules need the retry time of that job.
_OLD_SECONDS = 60
_MOST_OLD = 1000


class Probe:
    """Looks at a cluster: at its nodes, at its queues, or at everything.

    refusals  the nodes that refused something
    scan      the scan of the queues and jobs
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.refusals = Refusals()
        self.scan = ClusterScan(cluster)
        self.scan.refusals = self.refusals
        self._nodes: dict[str, NodeFacts] = {}
        self._workers = Workers()

    def observe(self, interval_seconds: float) -> Observation:
        """Everything: all nodes, queues and jobs, and queues and nodes again during the interval."""
        seen = Observation(interval=interval_seconds)
        self._ask_nodes(_SETTINGS, _SLOWLOG, _LATENCY)
        suspects = Suspects(self.scan.clocks)
        seen.queues = self.observe_queues(QueueWords(()), interval_seconds, suspects)
        return self._observed(seen, suspects)

    def observe_beside(
        self, interval_seconds: float, queues: frozenset[bytes], scanned: JobPass | None
    ) -> Observation:
        """The nodes and these queues; the jobs as another scan has found them. It costs the nodes little.

        `scanned`: None: no scan has ended yet. Raises NotDisque.
        """
        seen = Observation(interval=interval_seconds)
        self._ask_nodes(_SETTINGS, _SLOWLOG, _LATENCY)
        self.ask_clients()
        self.scan.wanted = queues.__contains__
        for _ in self.scan.run(scan_queues=True, scan_jobs=False):
            pass
        samples = self._samples(interval_seconds)
        answered = [connection.name for connection in self.cluster.answered()]
        found = {} if scanned is None else scanned.queues
        seen.queues = [self._queue_beside(name, samples, found.get(name), answered) for name in samples[0]]
        seen = self._observed(seen, None if scanned is None else scanned.suspects)
        if scanned is None:
            seen.unchecked.append("jobs: the first scan of them has not ended")
        elif scanned.suspects.factor > 1:
            seen.unchecked.append(f"replicas: only those of one job in {scanned.suspects.factor}")
        return seen

    def _queue_beside(
        self,
        name: bytes,
        samples: list[dict[bytes, QueueSum]],
        found: QueueEstimate | None,
        answered: list[str],
    ) -> QueueFacts:
        sums = [sample[name] for sample in samples if name in sample]
        counts = dict.fromkeys(STATES, 0) | {"queued": sums[-1].length}
        age = None
        if found is not None:
            counts |= {"delayed": found.delayed, "in-flight": found.in_flight}
            if found.oldest_ms is not None and sums[-1].length:
                age = max(int((now_ms() - found.oldest_ms) / 1000), 0)
        return QueueFacts(
            name,
            sums,
            counts=counts,
            oldest_age=age,
            retry=None if age is None or found is None else found.retry,
            pause=sums[0].pause(answered),
            workers=self._workers.of(name),
            is_whole=False,
        )

    def _observed(self, seen: Observation, suspects: Suspects | None) -> Observation:
        """The observation with the nodes as they are now, and with the suspects that were confirmed."""
        for connection, _, reply in self.cluster.ask(CLUSTER_NODES):
            if not isinstance(reply, ReplyError):
                self._nodes[connection.node_id].later = cluster_nodes(reply)
        if suspects is not None:
            seen.jobs = suspects.confirmed(self._looks(suspects.to_look_at()), now_ms())
        seen.nodes = self._with_missing()
        seen.now_ms = now_ms()
        seen.unchecked = self.unchecked()
        return seen

    def observe_nodes(self) -> Observation:
        """The nodes alone."""
        seen = Observation()
        self._ask_nodes(_SETTINGS)
        seen.now_ms = now_ms()
        seen.nodes = self._with_missing()
        return seen

    def observe_queues(
        self,
        wanted: QueueWords,
        interval_seconds: float,
        suspects: Suspects | None = None,
        scan_seconds: float = _SCAN_SECONDS,
    ) -> list[QueueFacts]:
        """The queues that are meant, also those that exist nowhere, watched for the interval.

        With `suspects`, all jobs are added there. The scan of the jobs ends after `scan_seconds`. Raises
        NotDisque.
        """
        self.ask_clients()
        settle_queues(self.cluster, wanted, self.refusals)
        names = wanted.names
        only = next(iter(names)) if names is not None and len(names) == 1 else None
        scan = self.scan
        scan.wanted = None if wanted.means_all else wanted.wants
        # The clocks come first: they tell how old a job is.
        for _ in scan.run(scan_queues=True, queue=only, scan_jobs=False):
            pass
        watched = None
        if suspects is not None:
            # The rules watch only some queues; the others may be many.
            watched = {name for name, first in scan.queues.items() if is_watched(name, first)}
        samples = self._samples(interval_seconds, watched)
        counts = JobCounts(scan.clocks, scan.wanted)
        scan.until = time.monotonic() + scan_seconds
        with NoGarbageCollection():
            for connection, replicas in scan.run(scan_queues=False, queue=only, scan_jobs=True):
                counts.add(connection.node_id, replicas, now_ms())
                if suspects is not None:
                    suspects.add(connection.node_id, replicas, now_ms())
        if suspects is not None:
            suspects.complete(counts, len(self.cluster.answered()))
        return self._queues(samples, counts, names or (), now_ms())

    def sum_queues(self, wanted: QueueWords) -> dict[bytes, QueueSum]:
        """The queues that are meant and exist, with counters by node."""
        settle_queues(self.cluster, wanted, self.refusals)
        self.scan.wanted = None if wanted.means_all else wanted.wants
        self.scan.by_node = True
        for _ in self.scan.run(scan_queues=True, scan_jobs=False):
            pass
        return self.scan.queues

    def missing(self, bits: Bits) -> int:
        """The bits of the nodes that did not answer."""
        return missing_bits(self.cluster, bits)

    def unchecked(self) -> list[str]:
        """A line for each thing that could not be asked."""
        missing = [f"{one.node}: it does not answer" for one in self.cluster.missing()]
        cut_short = [f"{name}: the rest of its jobs, for lack of time" for name in self.scan.cut_short]
        return missing + self.refusals.lines() + cut_short

    def _ask_nodes(self, *more: Request) -> None:
        self._nodes, answers = node_views(self.cluster, self.refusals, NodeFacts, *more)
        for connection, request, reply in answers:
            node = self._nodes[connection.node_id]
            if request == _SETTINGS:
                node.settings = {setting["name"]: setting["value"] for setting in config(reply)}
            elif request == _SLOWLOG:
                node.slow = slowlog(reply)
            else:
                node.events = latency_latest(reply)

    def ask_clients(self) -> Workers:
        """Ask for the connections of all nodes; return the workers among them."""
        for connection, request, reply in self.cluster.ask(_CLIENTS):
            if isinstance(reply, ReplyError):
                self.refusals.add(connection, request, reply)
            else:
                self._workers.add(consumers_of(client_list(reply), connection.name))
        return self._workers

    def _samples(self, seconds: float, watched: set[bytes] | None = None) -> list[dict[bytes, QueueSum]]:
        """The queues now, and those watched (None: all) at several points until the end of the interval."""
        samples = [self.scan.queues]
        begun = max((total.seen_at for total in self.scan.queues.values()), default=time.monotonic())
        for step in range(1, _STEPS + 1 if seconds else 1):
            time.sleep(max(begun + seconds * step / _STEPS - time.monotonic(), 0))
            samples.append(self.scan.again(watched))
        return samples

    def _queues(
        self, samples: list[dict[bytes, QueueSum]], counts: JobCounts, asked: Iterable[bytes], now: float
    ) -> list[QueueFacts]:
        missing = missing_bits(self.cluster, counts.bits)
        answered = [connection.name for connection in self.cluster.answered()]
        names = dict.fromkeys([*asked, *samples[0], *counts.queues()])
        ages = {name: counts.oldest_age(name, now) for name in names}
        heads = {counts.oldest(name): name for name in names if (ages[name] or 0) >= _OLD_SECONDS}
        if self.scan.cut_short:
            heads |= self._heads([name for name in names if name in samples[0]])
        retries: dict[bytes, int] = {}
        for job_id, replicas in self._looks(list(heads)[:_MOST_OLD]).items():
            name = heads[job_id]
            for replica in replicas.values():
                age = int(self.scan.clocks.age_ms(job_id, replica[CTIME], now) / 1000)
                if age >= (ages[name] or 0):
                    ages[name], retries[name] = age, replica[RETRY]
        return [
            QueueFacts(
                name,
                [sample[name] for sample in samples if name in sample],
                counts=counts.counts(name, missing)[0],
                oldest_age=ages[name],
                retry=retries.get(name),
                pause=samples[0].get(name, QueueSum()).pause(answered),
                workers=self._workers.of(name),
                is_whole=not self.scan.cut_short,
            )
            for name in names
        ]

    def _heads(self, queues: list[bytes]) -> dict[bytes, bytes]:
        """The ID of the oldest job of each queue at each node -> the queue."""
        found: dict[bytes, bytes] = {}
        requests = [[b"QPEEK", queue, b"1"] for queue in queues[:_MOST_OLD]]
        for _, request, reply in self.cluster.ask(*requests) if requests else ():
            if not isinstance(reply, ReplyError):
                found |= {job["id"].encode(): as_bytes(request[1]) for job in jobs(reply, "QPEEK")}
        return found

    def _looks(self, job_ids: Iterable[bytes]) -> dict[bytes, dict[str, FlatReplica]]:
        """Job ID -> node ID -> its replica now, for all nodes that have one."""
        found: dict[bytes, dict[str, FlatReplica]] = {}
        requests = [[b"SHOW", job_id] for job_id in job_ids]
        for connection, request, reply in self.cluster.ask(*requests) if requests else ():
            if reply is not None and not isinstance(reply, ReplyError):
                found.setdefault(as_bytes(request[1]), {})[connection.node_id] = ordered(reply)
        return found

    def _with_missing(self) -> list[NodeFacts]:
        """All nodes, those that do not answer with the reason."""
        for one in self.cluster.missing():
            node = self._nodes.get(one.node_id or str(one.node))
            if node is None:
                node = self._nodes[str(one.node)] = NodeFacts(one.node_id, str(one.node))
            node.answers = False
            node.reason = _reason(one)
            node.problem = one.problem.message.removeprefix(f"{one.node} ").removeprefix(f"{one.node}: ")
        return list(self._nodes.values())


def _reason(one: Missing) -> Reason:
    if isinstance(one.problem, NotAuthorised):
        return "password"
    if isinstance(one.problem, NotDisque):
        return "stranger"
    return "replaced" if one.replaced_by else "down"
