"""Handlers that run, with a log that shows nothing."""

from __future__ import annotations

import os
import signal
import sys

from disquectl.client.address import Node
from disquectl.worker.backoff import Backoff
from disquectl.worker.handlers import Handlers
from disquectl.worker.job import Job
from disquectl.worker.plan import LINES, Plan, Program
from disquectl.worker.poller import Poller

ID = "D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-05a1"


class Unread:
    """A log that takes everything and shows nothing; it keeps the messages."""

    is_behind = False

    def __init__(self):
        self.messages = []

    def child_stderr(self, job, lines):
        pass

    def message(self, text):
        self.messages.append(text)


class Slots:
    """Handlers, and what they said of the jobs."""

    def __init__(self, script, concurrency, path=None, **plan):
        self.ended = []
        self.interrupted = []
        self.watch = Poller()
        command = (sys.executable.encode(), b"-c", script.encode())
        made = Plan(command, ((b"q", 1),), Backoff(), input_mode=LINES, concurrency=concurrency, **plan)
        program = Program(path or command[0], os.environb)
        self.log = Unread()
        self.handlers = Handlers(made, program, self.watch, self._ended, self.log)

    def _ended(self, job, failure, _seconds):
        self.ended.append((job.body, failure and failure.why))
        self.interrupted.append(bool(failure and failure.interrupted))

    def kill(self):
        for child in self.handlers.children():
            child.signal(signal.SIGKILL)

    def start(self, *bodies, nacks=0, retry=None):
        for body in bodies:
            job = Job(ID, b"q", body, nacks, 0, Node("127.0.0.1", 7711), retry=retry)
            self.handlers.start(job, 0.0)

    def hear(self, count):
        """Until so many jobs have come to their end; nobody is woken meanwhile."""
        while len(self.ended) < count:
            self.watch.dispatch(self.watch.wait(1))

    def see_the_end(self):
        """Until no process is left; nothing is heard meanwhile."""
        while self.handlers.alive:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            self.handlers.reap()
