"""Starts a worker: its plan from the options, the log, the environment of handlers, and the end.

Started by the command `work`, whose declaration has the options. How jobs are run is the worker's business.
"""

from __future__ import annotations

import os
from shutil import which

from disquectl.errors import UsageError
from disquectl.execution.child_environment import child_environment
from disquectl.spec.listen_address import exposure, metrics_url
from disquectl.spec.queue_names import doubts
from disquectl.worker.backoff import Backoff
from disquectl.worker.log import Log
from disquectl.worker.log_output import LogOutput
from disquectl.worker.memory import can_be_read
from disquectl.worker.open_files import make_room
from disquectl.worker.plan import ARG, ARGS, LINES, STDIN, Plan, Program
from disquectl.worker.scrapes import listening_socket
from disquectl.worker.systemd import VARIABLES, Systemd
from disquectl.worker.worker import Worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket
    from typing import BinaryIO

    from disquectl.client.address import Node
    from disquectl.execution.session import Session
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values


def plan_of(values: Values) -> Plan:
    """Return the options as a Plan."""
    prefix: bytes = values.get("prefix", b"")
    given: Values = {
        name: values[name]
        for name in (
            "concurrency",
            "max_jobs",
            "max_retries",
            "hold",
            "backtrace",
            "dead_ttl",
            "in_flight",
            "max_jobs_per_handler",
            "max_memory",
        )
        if name in values
    }
    given |= {name: values[name] / 1000 for name in ("max_time", "timeout", "grace") if name in values}
    modes = {"as_arg": ARG, "as_args": ARGS, "lines": LINES}
    return Plan(
        command=values.get("command", ()),
        queues=tuple((prefix + name, weight) for name, weight in values.get("queue", ())),
        backoff=Backoff(*values["backoff"]) if "backoff" in values else Backoff(),
        prefix=prefix,
        strict="strict" in values,
        input_mode=next((mode for name, mode in modes.items() if name in values), STDIN),
        burst="burst" in values,
        dead_queue=prefix + values["dead"] if "dead" in values else None,
        keep_dead="no_dead" not in values,
        rates=tuple(
            (None if name is None else prefix + name, per_second)
            for name, per_second in values.get("rate", ())
        ),
        tag="tag" in values,
        term_done="term_exit_0_done" in values,
        **given,
    )


def work(command: Command, values: Values, session: Session) -> None:
    """Check that the command exists and that a Disque node answers, then run the worker."""
    plan = plan_of(values)
    for doubt in doubts(command, (name for name, _ in plan.queues)):
        session.warn(doubt)
    if session.settings.read_only:
        raise UsageError("work takes jobs, and this is read-only")
    if plan.max_memory is not None and not can_be_read():
        raise UsageError("--max-memory needs /proc, which this system does not have")
    path = None
    if "call" not in values:
        path = which(plan.command[0])
        if path is None:
            raise UsageError(f"command not found: {os.fsdecode(plan.command[0])!r}")
        make_room(plan)
    client = session.client
    client.verify()
    first = client.node
    client.close()
    seeds = sorted(client.nodes, key=lambda node: node != first)
    terminal = session.streams.stderr_is_terminal
    log = Log(
        LogOutput(_fileno(session.streams.stderr)),
        as_json=values.get("log", "text" if terminal else "json") == "json",
        live=terminal,
        quiet=session.settings.quiet,
        verbose="verbose" in values,
        tag=plan.tag,
    )
    pass_credentials = "pass_credentials" in values
    if session.password is not None and not pass_credentials and not session.settings.quiet:
        whom = "commands" if path is not None else "the environment of functions"
        log.message(f"the password is not passed to {whom} (--pass-credentials passes it)")
    environ = _environment(plan, session, first, pass_credentials=pass_credentials)
    service = Systemd(os.environ, os.getpid())
    listening = _listen(values, session, log) if "metrics" in values else None
    if path is None:
        _call(plan, values, seeds, environ, session=session, log=log, service=service, listening=listening)
        return
    program = Program(path, environ)
    worker = Worker(
        plan, program, seeds, client.connection_factory, log, service=service, listening=listening
    )
    session.exit_code = 0 if worker.run() else 3


def _environment(
    plan: Plan, session: Session, connected: Node | None, *, pass_credentials: bool
) -> dict[bytes, bytes]:
    """The environment of what runs the jobs."""
    environ = child_environment(
        os.environ, session.settings, connected=connected, pass_credentials=pass_credentials
    )
    for name in VARIABLES:
        environ.pop(name, None)
    if plan.input_mode == LINES:
        # An answer that a Python program keeps in its buffer would never arrive.
        environ.setdefault("PYTHONUNBUFFERED", "1")
    return {os.fsencode(name): os.fsencode(text) for name, text in environ.items()}


def _listen(values: Values, session: Session, log: Log) -> socket:
    """Listen for scrapes of --metrics, and say where."""
    host, port = values["metrics"]
    listening = listening_socket(host, port)
    if warning := exposure(host):
        session.warn(warning)
    if not session.settings.quiet:
        log.message(f"listening on {metrics_url(host, listening.getsockname()[1])}")
        log.write()
    return listening


def _call(
    plan: Plan,
    values: Values,
    seeds: list[Node],
    environ: dict[bytes, bytes],
    *,
    session: Session,
    log: Log,
    service: Systemd,
    listening: socket | None,
) -> None:
    """Start and watch the processes that call a Python function."""
    from disquectl.functions.messages import Start
    from disquectl.functions.supervisor import Supervisor

    settings = session.settings
    start = Start(
        call=values["call"],
        plan=plan,
        given=frozenset(values),
        seeds=tuple(seeds),
        connect_timeout=settings.connect_timeout_ms / 1000,
        response_timeout=settings.response_timeout_ms / 1000,
        password=session.password,
        tls=settings.tls,
        has_metrics=listening is not None,
        as_json=log.is_json,
        quiet=log.is_quiet,
        verbose=log.is_verbose,
    )
    count = values.get("processes") or os.cpu_count() or 1
    supervisor = Supervisor(start, count, environ, log, service=service, listening=listening)
    session.exit_code = supervisor.run()


def _fileno(stream: BinaryIO) -> int:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return -1  # stderr is closed
