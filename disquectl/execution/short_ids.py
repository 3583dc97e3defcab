"""Whole job IDs for the beginnings that a person types to `show` and `trace`."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.jobid import may_be_beginning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values


def complete(values: Values, session: Session) -> None:
    """Replace the beginnings in `id` by the IDs of jobs; a word that no job fits stays as it is.

    Scans all nodes only where a word can be a beginning. Raises UsageError with the IDs if several fit.
    """
    given = values["id"]
    words = (given,) if isinstance(given, bytes) else given
    if not any(may_be_beginning(word) for word in words):
        return
    found = tuple(_whole(word, values, session) if may_be_beginning(word) else word for word in words)
    values["id"] = found[0] if isinstance(given, bytes) else found


def _whole(word: bytes, values: Values, session: Session) -> bytes:
    from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, settle
    from disquectl.fanout.find_ids import ids_that_start_with

    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        found = ids_that_start_with(cluster, word, refusals)
        require_an_answer(cluster, session, refusals)
        if not found:
            settle(cluster, session, refusals=refusals)
            return word
    if len(found) == 1:
        return found[0]
    for job_id in found:
        session.streams.say(job_id.decode("latin-1"))
    raise UsageError(
        f"{word.decode('latin-1')}: {len(found)} jobs have an ID with this beginning", "type more of it"
    )
