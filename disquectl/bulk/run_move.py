"""Runs `move`: opens the destination and the journal, and moves the selected jobs.

With two clusters, echo and errors say of which side they speak.
"""

from __future__ import annotations

import os
from contextlib import ExitStack

from disquectl.bulk.act_on_jobs import act_on_jobs, check_acting_here
from disquectl.bulk.copies import CopyOptions
from disquectl.bulk.destination import Destination, check_destination, other_session
from disquectl.bulk.journal import Journal
from disquectl.bulk.move_jobs import Move, names_of
from disquectl.errors import (
    ConnectionFailed,
    DisquectlError,
    NoAnswer,
    NotAuthorised,
    NotDisque,
    ReplyError,
    UsageError,
)
from disquectl.execution.selecting import selection_of
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS
from disquectl.render.human import counted

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
    # What can be known without a connection is found without one.
    check_acting_here(*names_of("keep" in values), values, shape, session)
    with ExitStack() as stack:
        if other is None:
            _check_queues(values, selection)
        else:
            check_destination(other, dry_run="dry_run" in values)
            session.side, other.side = "source", "destination"
            stack.enter_context(other)
        journal = None
        if "journal" in values and "dry_run" not in values:
            journal = stack.enter_context(Journal(values["journal"]))
        is_other = other is not None and _node_ids(session).isdisjoint(_node_ids(other))
        if not is_other:
            _check_queues(values, selection)
        if other is not None and other.settings.protected and not (other.answered or "dry_run" in values):
            other.ask_of_cluster("move adds jobs to the destination")
        options = CopyOptions(values, DEFAULT_TIMEOUT_MS)
        destination = stack.enter_context(Destination(other or session, options, values, is_other))
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
        except (ConnectionFailed, NoAnswer, NotDisque) as problem:
            raise _of_side(problem, session) from None
        finally:
            note_fewer_replicas(options, session)


def note_fewer_replicas(options: CopyOptions, session: Session) -> None:
    """Say so if copies got fewer replicas than their originals had."""
    if options.was_reduced:
        most = counted(options.most_replicas, "replica")
        session.note(f"copies have at most {most}: the destination can hold no more now")


def _node_ids(session: Session) -> set[str]:
    """The IDs of the nodes of a cluster."""
    try:
        greeting = session.client.verify_any()
        if not greeting["nodes"]:
            raise ReplyError(f"LOADING {session.client.node} is loading its data")
    except DisquectlError as problem:
        raise _of_side(problem, session) from None
    return {node["id"] for node in greeting["nodes"]}


def _check_queues(values: Values, selection: Selection) -> None:
    """Refuse a destination that is the source."""
    to: bytes | None = values.get("to")
    if to is None:
        raise UsageError("the destination is the cluster of the jobs", "name another queue with --to QUEUE")
    if selection.queues.names == frozenset({to}):
        raise UsageError(f"--to {to.decode('utf-8', 'backslashreplace')}: the jobs are in that queue already")


def _of_side(problem: DisquectlError, session: Session) -> DisquectlError:
    """The error, with the side that it came from if there are two."""
    if session.side == "destination" and isinstance(problem, NotAuthorised):
        problem.advice = "Give its password by --to-password-file, or name its profile by --to-profile."
    if session.side:
        problem.message = f"{session.side}: {problem.message}"
    return problem
