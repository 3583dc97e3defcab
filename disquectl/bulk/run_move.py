"""Runs `move`: opens the destination and the journal, and moves the selected jobs.

With two clusters, echo and errors say of which side they speak.
"""

from __future__ import annotations

import os

from disquectl.bulk.act_on_jobs import act_on_jobs
from disquectl.bulk.copies import CopyOptions
from disquectl.bulk.destination import Destination, other_session
from disquectl.bulk.journal import Journal
from disquectl.bulk.move_jobs import Move
from disquectl.errors import DisquectlError, UsageError
from disquectl.execution.selecting import selection_of
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.selection import Selection
    from disquectl.spec.shape import Shape


def move(values: Values, shape: Shape, session: Session) -> None:
    """Find the jobs on all nodes, ask, and move them."""
    selection = selection_of(values, session, needs_glob=True)
    other = other_session(values, session, os.environ)
    if other is None:
        _move(values, shape, session, selection)
        return
    session.side, other.side = "source", "destination"
    with other:
        if other.settings.read_only and "dry_run" not in values:
            raise UsageError("move can change the destination, and that is read-only")
        _move(values, shape, session, selection, other)


def _move(
    values: Values, shape: Shape, session: Session, selection: Selection, other: Session | None = None
) -> None:
    target = other or session
    try:
        is_other = other is not None and not _are_one_cluster(session, other)
    except DisquectlError as problem:
        raise _named(problem, other) from None
    if not is_other:
        _check_queues(values, selection)
    if is_other and "dry_run" not in values and target.settings.protected:
        target.ask_of_node("move adds jobs to the destination")
    options = CopyOptions(values, DEFAULT_TIMEOUT_MS)
    with Destination(target, options, values, is_other) as destination:
        journal = Journal(values["journal"]) if "journal" in values and "dry_run" not in values else None
        action = Move(
            destination,
            options,
            journal,
            states=selection.states,
            keeps="keep" in values,
            at_most_once="at_most_once" in values,
        )
        try:
            act_on_jobs(action, selection, values, shape, session)
        finally:
            if journal is not None:
                journal.close()
            if options.was_reduced:
                most = options.most_replicas
                count = "1 replica" if most == 1 else f"{most} replicas"
                session.note(f"copies have at most {count}: the destination can hold no more now")


def _are_one_cluster(session: Session, other: Session) -> bool:
    """Whether both sessions speak with the same cluster, by the IDs of its nodes."""
    nodes = [{node["id"] for node in one.client.verify()["nodes"]} for one in (session, other)]
    return bool(nodes[0] & nodes[1])


def _check_queues(values: Values, selection: Selection) -> None:
    """Refuse a destination that is the source."""
    to: bytes | None = values.get("to")
    if to is None:
        raise UsageError("the destination is the cluster of the jobs", "name another queue with --to QUEUE")
    if selection.queues.names == frozenset({to}):
        raise UsageError(f"--to {to.decode('utf-8', 'backslashreplace')}: the jobs are in that queue already")


def _named(problem: DisquectlError, other: Session | None) -> DisquectlError:
    """The error with the side that it came from."""
    if other is not None and other.client.last_node is None and not problem.message.startswith("source"):
        problem.message = f"destination: {problem.message}"
    return problem
