"""The probe: asks all nodes what the rules of `health` need to know. It reads only.

Each node is asked on its own: one that does not answer, or refuses something, is noted, and the others are
asked all the same. It must not know a rule, nor how findings are written.
"""

from __future__ import annotations

import time

from disquectl.errors import NotAuthorised, NotDisque, ReplyError
from disquectl.fanout.ask import Refusals, missing_bits
from disquectl.fanout.node_views import CLUSTER_NODES, node_views
from disquectl.fanout.scan_all import ClusterScan, NoGarbageCollection, now_ms
from disquectl.health.job_facts import Suspects
from disquectl.health.observation import NodeFacts, Observation, QueueFacts
from disquectl.merge.consumers import consumers_of
from disquectl.merge.job_counts import JobCounts
from disquectl.merge.queues import QueueSum
from disquectl.merge.replicas import RETRY, ordered
from disquectl.protocol.server_replies import client_list, cluster_nodes, config, latency_latest, slowlog
from disquectl.protocol.worker_names import read_worker_name
from disquectl.spec.parameters import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.client.cluster import Answer, Cluster, Missing
    from disquectl.health.observation import Reason
    from disquectl.merge.replicas import FlatReplica

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
    """One look at a cluster; `observe` takes it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.refusals = Refusals()
        self._workers: set[bytes] = set()
        self._has_unnamed_worker = False

    def observe(self, interval_seconds: float) -> Observation:
        """Ask all nodes, and ask for queues and nodes again during the interval. Raises NotDisque."""
        seen = Observation(interval=interval_seconds)
        nodes, more = node_views(
            self.cluster, self.refusals, NodeFacts, _SETTINGS, _SLOWLOG, _LATENCY, _CLIENTS
        )
        for answer in more:
            self._take(nodes[answer[0].node_id], answer)
        scan = ClusterScan(self.cluster)
        scan.refusals = self.refusals
        # The clocks come first: they tell how old a job is.
        for _ in scan.run(scan_queues=True, scan_jobs=False):
            pass
        samples = self._samples(scan, interval_seconds)
        counts, suspects = JobCounts(scan.clocks), Suspects(scan.clocks)
        scan.until = time.monotonic() + _SCAN_SECONDS
        with NoGarbageCollection():
            for connection, replicas in scan.run(scan_queues=False, scan_jobs=True):
                counts.add(connection.node_id, replicas, now_ms())
                suspects.add(connection.node_id, replicas, now_ms())
        suspects.complete(counts, len(self.cluster.answered()))
        for answer in self.cluster.ask(CLUSTER_NODES):
            if not isinstance(answer[2], ReplyError):
                nodes[answer[0].node_id].later = cluster_nodes(answer[2])
        seen.now_ms = now_ms()
        seen.queues = self._queues(samples, counts, seen.now_ms)
        seen.jobs = suspects.confirmed(self._looks(suspects.to_look_at()), now_ms())
        seen.nodes = list(nodes.values())
        self._mark_missing(nodes)
        seen.unchecked = self._unchecked(scan)
        return seen

    def _take(self, node: NodeFacts, answer: Answer) -> None:
        """Add what a node reports about itself."""
        _, request, reply = answer
        if request == _SETTINGS:
            node.settings = {setting["name"]: setting["value"] for setting in config(reply)}
        elif request == _SLOWLOG:
            node.slow = slowlog(reply)
        elif request == _LATENCY:
            node.events = latency_latest(reply)
        else:
            for consumer in consumers_of(client_list(reply), node.address):
                self._workers.update(consumer["queues"] or ())
                worker = read_worker_name(consumer["name"])
                self._has_unnamed_worker |= worker is not None and worker.left_out > 0

    def _samples(self, scan: ClusterScan, seconds: float) -> list[dict[bytes, QueueSum]]:
        """The queues now, and at several points until the end of the interval."""
        samples = [scan.queues]
        begun = max((total.seen_at for total in scan.queues.values()), default=time.monotonic())
        for step in range(1, _STEPS + 1 if seconds else 1):
            time.sleep(max(begun + seconds * step / _STEPS - time.monotonic(), 0))
            samples.append(scan.again())
        return samples

    def _queues(
        self, samples: list[dict[bytes, QueueSum]], counts: JobCounts, now: float
    ) -> list[QueueFacts]:
        missing = missing_bits(self.cluster, counts.bits)
        answered = [connection.name for connection in self.cluster.answered()]
        names = {**samples[0], **dict.fromkeys(counts.queues())}
        retries = self._retries(
            [one for one in names if (counts.oldest_age(one, now) or 0) >= _OLD_SECONDS], counts
        )
        return [
            QueueFacts(
                name,
                [sample[name] for sample in samples if name in sample],
                counts=counts.counts(name, missing)[0],
                oldest_age=counts.oldest_age(name, now),
                retry=retries.get(name),
                pause=samples[0].get(name, QueueSum()).pause(answered),
                has_worker=self._has_unnamed_worker or name in self._workers,
            )
            for name in names
        ]

    def _retries(self, queues: list[bytes], counts: JobCounts) -> dict[bytes, int]:
        """Queue -> the retry time of its oldest job in seconds."""
        oldest = {counts.oldest(queue): queue for queue in queues[:_MOST_OLD]}
        looks = self._looks(oldest)
        return {
            oldest[job_id]: replica[RETRY]
            for job_id, replicas in looks.items()
            for replica in replicas.values()
        }

    def _looks(self, job_ids: Iterable[bytes]) -> dict[bytes, dict[str, FlatReplica]]:
        """Job ID -> node ID -> its replica now, for all nodes that have one."""
        found: dict[bytes, dict[str, FlatReplica]] = {}
        requests = [[b"SHOW", job_id] for job_id in job_ids]
        for connection, request, reply in self.cluster.ask(*requests) if requests else ():
            if reply is not None and not isinstance(reply, ReplyError):
                found.setdefault(as_bytes(request[1]), {})[connection.node_id] = ordered(reply)
        return found

    def _mark_missing(self, nodes: dict[str, NodeFacts]) -> None:
        for one in self.cluster.missing():
            node = nodes.get(one.node_id or str(one.node))
            if node is None:
                node = nodes.setdefault(str(one.node), NodeFacts(one.node_id, str(one.node)))
            node.answers = False
            node.reason = _reason(one)
            node.problem = one.problem.message.removeprefix(f"{one.node} ").removeprefix(f"{one.node}: ")

    def _unchecked(self, scan: ClusterScan) -> list[str]:
        """A line for each thing that could not be asked."""
        lines = [
            f"{one.node}: everything that only it knows: it does not answer" for one in self.cluster.missing()
        ]
        lines += self.refusals.lines()
        lines += [f"{name}: jobs that the scan did not reach in time" for name in scan.cut_short]
        return lines


def _reason(one: Missing) -> Reason:
    if isinstance(one.problem, NotAuthorised):
        return "password"
    if isinstance(one.problem, NotDisque):
        return "stranger"
    return "replaced" if one.replaced_by else "down"
