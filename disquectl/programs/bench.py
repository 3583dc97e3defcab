"""Measures a cluster: finds its nodes, asks, adds and takes jobs or repeats a command, and reports.

Started by the command `bench`, whose declaration has the options and the columns.
"""

from __future__ import annotations

import os
import secrets
import socket

from disquectl.bulk.bench_processes import measure, number_of_processes
from disquectl.bulk.bench_run import OF_CONNECTIONS, Load, consume, described, produce, repeat
from disquectl.bulk.progress import Progress
from disquectl.bulk.purge_jobs import purge_own_queue
from disquectl.bulk.script import breaks_order
from disquectl.errors import ConnectionFailed, DisquectlError, PartlyDone, ReplyError, UsageError
from disquectl.execution.present import present
from disquectl.execution.signals import Stop
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, silent_nodes
from disquectl.protocol.server_replies import info
from disquectl.render.escape import for_terminal
from disquectl.render.histogram import histogram
from disquectl.render.human import counted
from disquectl.spec.quoting import split
from disquectl.spec.shape import PAIRS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.bulk.bench_run import Phase
    from disquectl.client.address import Node
    from disquectl.execution.session import Session
    from disquectl.merge.measured import Measured
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Record, Values, Words

_DOCUMENT = Shape(("produce", "consume", "command"), PAIRS)
_JOBS, _CLIENTS, _BODY_BYTES = 100_000, 50, 100
_INFO = [b"INFO"]
_READING = "give a command that only reads, such as 'QLEN mail'"


def bench(values: Values, rows: Shape, session: Session, command_of: Callable[[Words], Command]) -> None:
    """Measure and report. Raises KeyboardInterrupt after a signal, and the error that the figures demand."""
    session.check_output(rows)
    if "command" in values:
        values["command"] = _command_to_measure(values["command"], command_of)
    elif session.settings.read_only:
        raise UsageError("bench can change the cluster, and this is read-only")
    if session.settings.protected and not session.answered:
        session.check_can_ask("bench", "puts load on a protected cluster")
    nodes, silent = _nodes(values, session)
    run = _Bench(values, nodes, session)
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
    if (problem := _problem(run.found, values.get("command", [b"ADDJOB"]), session)) is not None:
        raise problem
    if left:
        raise PartlyDone("not all jobs were deleted")
    if silent:
        raise PartlyDone(f"{len(nodes)} of {counted(len(nodes) + len(silent), 'node')} were measured")


def _command_to_measure(line: bytes, command_of: Callable[[Words], Command]) -> Words:
    """The words of --command. Raises UsageError for one that changes things, or has no reply to count."""
    try:
        words: Words = [*split(line)]
    except UsageError as problem:
        raise UsageError(f"--command: {problem.message}", problem.advice) from None
    if not words:
        raise UsageError("--command is empty", _READING)
    command = command_of(words)
    name = " ".join(for_terminal(word) for word in command.grammar.verb)
    if not command.risk.only_reads(words):
        raise UsageError(f"--command: {name} can change the cluster", _READING)
    if breaks_order(words):
        raise UsageError(f"--command: {name} cannot be measured: it does not send one reply", _READING)
    return words


def _nodes(values: Values, session: Session) -> tuple[list[Node], list[str]]:
    """The nodes to measure, and a line for each that does not answer; asks where they hold jobs."""
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        jobs = 0
        # A command that the nodes refuse is refused once.
        more = [values["command"]] if "command" in values else []
        for connection, request, reply in cluster.ask(_INFO, *more):
            if isinstance(reply, ReplyError):
                refusals.add(connection, request, reply)
            elif request is _INFO:
                jobs += _registered_jobs(info(reply))
        require_an_answer(cluster, session, refusals)
        nodes = [one.node for one in cluster.answered() if one not in refusals.found]
        silent = silent_nodes(cluster, refusals)
    if not session.answered and (jobs or session.settings.protected):
        holds = f"that holds {counted(jobs, 'job')} (replicas counted)" if jobs else "that is protected"
        session.check_can_ask("bench", f"puts load on a cluster {holds}")
        session.ask_of_node(f"bench puts load on a cluster {holds}")
    return nodes, silent


def _registered_jobs(sections: Record) -> int:
    count = sections.get("jobs", {}).get("registered_jobs", 0)
    return count if isinstance(count, int) else 0


class _Bench:
    """The phases of one measurement. `found`: phase -> what it measured."""

    def __init__(self, values: Values, nodes: list[Node], session: Session) -> None:
        self.found: dict[str, Measured] = {}
        self._values = values
        self._session = session
        self._progress = Progress(session.streams, not session.settings.quiet)
        both = not {"produce", "consume"} & values.keys()
        self._produces = both or "produce" in values
        self._consumes = both or "consume" in values
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
            replicate=values.get("replicate"),
            seconds=seconds,
            rate=values.get("rate"),
            command=values.get("command", ()),
        )

    def carry_out(self, stop: Stop) -> None:
        """Send the command; or add jobs, then take them. Raises as connecting does."""
        if self._load.command:
            self.found["command"] = self._phase(repeat, self._jobs, stop)
            return
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
        if self._load.command:
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
        self._progress.clear()
        if not self._load.command:
            self._session.problem(f"jobs of {self._queue.decode()} may be left, 5 minutes at most: {reason}")

    def say_stopping(self) -> None:
        """Called at the first signal."""
        self._progress.clear()
        if not self._load.command:
            self._session.note("stopping: deleting the jobs (press Ctrl-C again not to)")


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


def _problem(found: dict[str, Measured], words: Words, session: Session) -> DisquectlError | None:
    """The error to end with: what failed in which phase. `words` were sent."""
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
    return session.explained(ReplyError(f"{code} {text}"), words)
