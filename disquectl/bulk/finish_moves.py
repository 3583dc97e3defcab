"""Finishes the moves of an earlier run by its journal: acknowledges originals that no consumer has now."""

from __future__ import annotations

from disquectl.bulk.originals import Originals
from disquectl.bulk.summary import DONE, LEFT, PENDING, PENDING_REASON, JobResult
from disquectl.fanout.scan_all import now_ms
from disquectl.merge.move_plan import acknowledgements, is_still_held
from disquectl.merge.replicas import QUEUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.bulk.summary import OutcomeKind
    from disquectl.fanout.find_jobs import JobSearch

NOT_ANSWERED = "the node did not answer"
WITH_CONSUMER = "copied by an earlier run, and perhaps with a consumer now"


def finish_moves(
    search: JobSearch, job_ids: list[bytes], copies: dict[bytes, bytes], queue_of: Callable[[bytes], bytes]
) -> list[JobResult]:
    """Acknowledge these originals; return a result for each that still exists.

    `copies`: original -> copy, of the journal; `queue_of`: the queue of the copy, by that of the original.
    """
    originals = Originals(search)
    looks, _ = originals.look(dict.fromkeys(job_ids, originals.node_ids), {})
    known = {job_id: look for job_id, look in looks.items() if not look.is_acknowledged}
    returned = {job_id: look.queued_at for job_id, look in known.items() if look.queued_at}
    held = {job_id for job_id, look in known.items() if is_still_held(look, now_ms(), search.clocks)}
    counts = originals.change(b"DEQUEUE", returned)
    held |= {job_id for job_id in returned if counts.get(job_id)}
    done = originals.change_each(
        (job_id, node_id, verb) for job_id in held for node_id, verb in acknowledgements(known[job_id], None)
    )
    results = [
        JobResult(job_id, b"", LEFT, NOT_ANSWERED, new_id=copies[job_id])
        for job_id in job_ids
        if job_id not in looks
    ]
    for job_id, look in known.items():
        queue = next(iter(look.replicas.values()))[QUEUE]
        kind: OutcomeKind = DONE
        reason = ""
        if not done.get(job_id):
            kind, reason = LEFT, WITH_CONSUMER
        elif not look.listed.issubset(originals.node_ids):
            kind, reason = PENDING, PENDING_REASON
        results.append(JobResult(job_id, queue, kind, reason, new_id=copies[job_id], to=queue_of(queue)))
    return results
