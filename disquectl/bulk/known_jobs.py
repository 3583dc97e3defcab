"""Which of many job IDs any node of the cluster knows: SHOW of each at all nodes, pipelined."""

from __future__ import annotations

import time

from disquectl.errors import ReplyError
from disquectl.fanout.ask import Refusals, open_cluster, ping_all, require_an_answer, silent_nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from disquectl.client.cluster import Cluster
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

# After this long without a question the nodes are connected to again: they may close idle connections.
IDLE_SECONDS = 10.0
# The replies have the bodies of jobs that are known, so not too many are asked for at a time.
MOST_AT_A_TIME = 256


class KnownJobs:
    """A context manager that closes the connections.

    When a node stops answering, jobs that only it has count as unknown from then on; `silent` names it.
    """

    def __init__(self, session: Session, values: Values) -> None:
        self._session = session
        self._values = values
        self._cluster: Cluster | None = None
        self._refusals = Refusals()
        self._asked_at = 0.0
        self._has_looked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._cluster is not None:
            self._cluster.close()

    def silent_ids(self) -> set[str]:
        """The IDs of the nodes that do not answer now. Raises what require_an_answer does if none answers."""
        cluster = self._connected()
        ping_all(cluster, self._session)
        self._asked_at = time.monotonic()
        return {one.node_id for one in cluster.missing()}

    def of(self, job_ids: list[bytes]) -> set[bytes]:
        """Those of these IDs that a node knows. Raises what require_an_answer does if no node answers."""
        cluster = self._connected()
        self._has_looked = True
        found: set[bytes] = set()
        for at in range(0, len(job_ids), MOST_AT_A_TIME):
            some = job_ids[at : at + MOST_AT_A_TIME]
            for connection, request, reply in cluster.ask(*([b"SHOW", job_id] for job_id in some)):
                if isinstance(reply, ReplyError):
                    self._refusals.add(connection, request, reply)
                elif reply is not None:
                    found.add(request[1])  # type: ignore[arg-type]  # requests are made of bytes
            require_an_answer(cluster, self._session, self._refusals)
        self._asked_at = time.monotonic()
        return found

    def silent(self) -> list[str]:
        """A line for each node that did not answer; none if no job was looked for."""
        if self._cluster is None or not self._has_looked:
            return []
        return silent_nodes(self._cluster, self._refusals)

    def _connected(self) -> Cluster:
        is_idle = time.monotonic() - self._asked_at > IDLE_SECONDS
        if self._cluster is None or (is_idle and not self._cluster.missing()):
            if self._cluster is not None:
                self._cluster.close()
            self._cluster = open_cluster(self._session.client, self._values)
        return self._cluster
