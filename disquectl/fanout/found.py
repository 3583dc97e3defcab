"""Acknowledging jobs at every node that has them, where the connection that they came by is lost."""

from __future__ import annotations

from disquectl.errors import PartlyDone
from disquectl.fanout.act import Acting
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.fanout.ask import Asker


def acknowledge_where_found(asker: Asker, job_ids: Iterable[str]) -> None:
    """Acknowledge them. Raises PartlyDone where a node did not answer, and why where none did."""
    with open_cluster(asker.client) as cluster:
        refusals = Refusals()
        Acting(cluster, b"ACKJOB", refusals).act(job_id.encode() for job_id in job_ids)
        require_an_answer(cluster, asker, refusals)
        silent = [str(one.node) for one in cluster.missing()] + [str(link.node) for link in refusals.found]
    if silent:
        raise PartlyDone(f"{', '.join(silent)} did not answer and may deliver some of them again")
