"""A process that calls a function, as its parent sees it."""

from __future__ import annotations

import os
import signal

from disquectl.functions.child import CallingProcess
from disquectl.functions.messages import Start
from disquectl.worker.backoff import Backoff
from disquectl.worker.log import Log
from disquectl.worker.log_output import LogOutput
from disquectl.worker.plan import Plan
from disquectl.worker.poller import Poller
from tests.support.waiting import wait_until

START = Start(
    call="json:loads",
    plan=Plan((), ((b"q", 1),), Backoff()),
    given=frozenset(),
    seeds=(),
    connect_timeout=1,
    response_timeout=1,
    password=None,
    tls=None,
    has_metrics=False,
    as_json=True,
    quiet=False,
    verbose=False,
)


def test_a_process_that_does_not_read_keeps_nobody_waiting():
    poller, heard = Poller(), []
    log = Log(LogOutput(-1), as_json=True, live=False, quiet=True, verbose=False)
    process = CallingProcess(0, poller, log, lambda _, kind, value: heard.append((kind, value)), None)
    environ = os.environb | {b"PYTHONPATH": os.fsencode(os.getcwd())}
    process.spawn(environ, START, None)
    process.signal(signal.SIGSTOP)
    process.tell(b"x" * 1_000_000)
    process.signal(signal.SIGKILL)
    os.waitpid(process.pid, 0)
    # It is gone: what it was to be told is dropped.
    wait_until(lambda: poller.dispatch(poller.wait(0.01)) or not process.has_unsent)
    process.close()
