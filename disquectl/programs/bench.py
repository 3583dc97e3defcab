"""Measures a cluster: finds its nodes, asks, adds and takes jobs, deletes what is left, and reports.

Started by the command `bench`, whose declaration has the options and the columns.
"""

from __future__ import annotations

import os
import secrets
import socket

from disquectl.bulk.bench_processes import measure, number_of_processes
from disquectl.bulk.bench_run import OF_CONNECTIONS, Load, ask_length, consume, described, produce
from disquectl.bulk.progress import Progress
from disquectl.bulk.purge_jobs import purge_own_queue
from disquectl.errors import ConnectionFailed, DisquectlError, PartlyDone, ReplyError, UsageError
from disquectl.execution.present import present
from disquectl.execution.signals import Stop
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, silent_nodes
from disquectl.merge.nodes import possible_replicas
from disquectl.protocol.job_options import DEFAULT_REPLICATE
from disquectl.protocol.server_replies import info
from disquectl.render.histogram import histogram
from disquectl.render.human import counted
from disquectl.spec.shape import PAIRS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.bulk.bench_run import Phase
    from disquectl.client.address import Node
    from disquectl.client.cluster import Cluster
    from disquectl.execution.session import Session
    from disquectl.merge.measured import Measured
    from disquectl.spec.parameters import Record, Values

_DOCUMENT = Shape(("produce", "consume", "qlen"), PAIRS)
_JOBS, _CLIENTS, _BODY_BYTES = 100_000, 50, 100
_INFO = [b"INFO"]
_VERBS = {"produce": b"ADDJOB", "consume": b"GETJOB", "qlen": b"QLEN"}


def bench(values: Values, rows: Shape, session: Session) -> None:
    """Measure and report. Raises KeyboardInterrupt after a signal, and the error that the figures demand."""
    session.check_output(rows)
    if session.settings.read_only:
        raise UsageError("bench can change the cluster, and this is read-only")
    if session.settings.protected and not session.answered:
        session.check_can_ask("bench", "puts load on a protected cluster")
    nodes, silent, replicate = _nodes(values, session)
    run = _Bench(values, nodes, replicate, session)
    with Stop(run.say_stopping) as stop:
        try:
            run.carry_out(stop)
            left = run.delete_jobs()
        except KeyboardInterrupt:
            run.say_left("interrupted")
            raise
        except BaseException:
            run.delete_jobs()
            raise
    _write(run.found, rows, session)
    for line in silent:
        session.problem(line)
    if stop.interrupted:
        raise KeyboardInterrupt
    if (problem := _problem(run.found, session)) is not None:
        raise problem
    if left:
        raise PartlyDone("not all jobs were deleted")
    if silent:
        raise PartlyDone(f"{len(nodes)} of {counted(len(nodes) + len(silent), 'node')} were measured")


def _nodes(values: Values, session: Session) -> tuple[list[Node], list[str], int | None]:
    """The nodes to measure, a line for each that is silent, and REPLICATE; asks where they hold jobs."""
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        jobs = 0
        for connection, request, reply in cluster.ask(_INFO):
            if isinstance(reply, ReplyError):
                refusals.add(connection, request, reply)
            else:
                jobs += _registered_jobs(info(reply))
        require_an_answer(cluster, session, refusals)
        nodes = [one.node for one in cluster.answered() if one not in refusals.found]
        silent = silent_nodes(cluster, refusals)
        replicate: int | None = values.get("replicate", _fewer_replicas(cluster))
    if not session.answered and (jobs or session.settings.protected):
        holds = f"that holds {counted(jobs, 'job')} (replicas counted)" if jobs else "that is protected"
        session.check_can_ask("bench", f"puts load on a cluster {holds}")
        session.ask_of_node(f"bench puts load on a cluster {holds}")
    return nodes, silent, replicate


def _fewer_replicas(cluster: Cluster) -> int | None:
    """How many replicas the nodes that answer can make; None for Disque's own default, if they can."""
    greeting = cluster.answered()[0].greeting
    if greeting is None:
        return None
    possible = possible_replicas(greeting, silent={one.node_id for one in cluster.missing()})
    return possible if possible < min(len(greeting["nodes"]), DEFAULT_REPLICATE) else None


def _registered_jobs(sections: Record) -> int:
    count = sections.get("jobs", {}).get("registered_jobs", 0)
    return count if isinstance(count, int) else 0


class _Bench:
    """The phases of one measurement. `found`: phase -> what it measured."""

    def __init__(self, values: Values, nodes: list[Node], replicate: int | None, session: Session) -> None:
        self.found: dict[str, Measured] = {}
        self._values = values
        self._session = session
        self._progress = Progress(session.streams, not session.settings.quiet)
        unsaid = not {"produce", "consume", "qlen"} & values.keys()
        self._produces = unsaid or "produce" in values
        self._consumes = unsaid or "consume" in values
        self._asks_lengths = "qlen" in values
        self._adds = self._produces or self._consumes
        seconds = values["for"] / 1000 if "for" in values else None
        self._jobs: int | None = None if seconds is not None else values.get("jobs", _JOBS)
        self._seconds = seconds
        self._queue = f"disquectl:bench:{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}".encode()
        self._load = Load(
            nodes,
            self._queue,
            clients=values.get("clients", _CLIENTS),
            pipeline=values.get("pipeline", 1),
            size=values.get("size", _BODY_BYTES),
            replicate=replicate,
            seconds=seconds,
            rate=values.get("rate"),
        )

    def carry_out(self, stop: Stop) -> None:
        """Add jobs, then take them; then ask for the length of their queue. Raises as connecting does."""
        if self._adds:
            self._add_and_take(stop)
        if self._asks_lengths and not stop.asked:
            self.found["qlen"] = self._phase(ask_length, self._jobs, stop)

    def _add_and_take(self, stop: Stop) -> None:
        replicas = self._load.replicate
        if replicas is not None and "replicate" not in self._values:
            self._session.note(f"jobs have {counted(replicas, 'replica')}: the cluster can hold no more now")
        if not self._produces:
            self._session.note("adding the jobs to take")
        added = self._phase(produce, self._jobs, stop)
        if self._produces:
            self.found["produce"] = added
        if self._consumes and added.jobs and not stop.asked:
            self.found["consume"] = self._phase(consume, added.jobs, stop)
        elif not self._produces and not stop.asked:
            self.found["produce"] = added  # why there was nothing to take

    def _phase(self, phase: Phase, jobs: int | None, stop: Stop) -> Measured:
        processes = number_of_processes(self._load.clients)

        def report(done: int) -> None:
            self._progress.update(done, 0, done / jobs if jobs else None)

        try:
            return measure(
                phase,
                self._load,
                jobs,
                self._session.client.connection_factory,
                stop=stop,
                report=report,
                processes=processes,
            )
        finally:
            self._progress.clear()

    def delete_jobs(self) -> bool:
        """Delete the jobs that are left; return whether some may be left all the same."""
        if not self._adds:
            return False
        try:
            lines = purge_own_queue(self._session.client, self._values, self._queue)
        except DisquectlError as problem:
            lines = [problem.message]
        for line in lines:
            self.say_left(line)
        return bool(lines)

    def say_left(self, reason: str) -> None:
        """Say that jobs are not deleted."""
        if not self._adds:
            return
        self._progress.clear()
        self._session.problem(f"jobs of {self._queue.decode()} may be left, 5 minutes at most: {reason}")

    def say_stopping(self) -> None:
        """Called at the first signal."""
        self._progress.clear()
        self._session.note(
            "stopping: deleting the jobs (press Ctrl-C again not to)" if self._adds else "stopping"
        )


def _write(found: dict[str, Measured], rows: Shape, session: Session) -> None:
    """JSON has a member for each phase; other formats a row, and tables the histograms."""
    if session.format in ("json", "jsonl") and session.settings.columns is None:
        present(_DOCUMENT, [{phase: one.record() for phase, one in found.items()}] if found else [], session)
        return
    present(rows, [_row(phase, one) for phase, one in found.items()], session)
    if session.format == "table" and session.settings.columns is None:
        for phase, one in found.items():
            text = histogram(list(one.latencies.ranges()), session.streams.width)
            if text:
                session.streams.put(f"\n{phase}: latency\n{text}".encode())


def _row(phase: str, measured: Measured) -> Record:
    record = measured.record()
    latency: Record = record["latency"]  # type: ignore[assignment]  # Measured.record makes a dict of it
    flat = {name: value for name, value in record.items() if name != "latency"}
    return {"phase": phase, **flat, "errors": measured.failed, **latency}


def _problem(found: dict[str, Measured], session: Session) -> DisquectlError | None:
    """The error to end with: what failed in which phase."""
    failed = {phase: one for phase, one in found.items() if one.failed}
    if not failed:
        return None
    text = "; ".join(f"{phase}: {described(one.errors)}" for phase, one in failed.items())
    if any(one.jobs for one in found.values()):
        return PartlyDone(f"errors: {text}")
    kinds = {kind for one in failed.values() for kind in one.errors}
    if kinds <= OF_CONNECTIONS:
        return ConnectionFailed(text)
    code = min(kinds - OF_CONNECTIONS)
    return session.explained(ReplyError(f"{code} {text}"), [_VERBS[min(failed)]])
