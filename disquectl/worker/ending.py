"""The stages of a worker's end: when it sends commands TERM and KILL, and when it exits. Pure.

Times are on the worker's clock. The order is: take no more jobs and let the commands run; near the end of the
grace time send them TERM; send KILL to those that still run; report the outcomes to the nodes; exit.
"""

from __future__ import annotations

import signal
from math import inf
from typing import Literal, TypeAlias

from disquectl.render.human import duration
from disquectl.worker.child import KILL_AFTER_SECONDS

Stage: TypeAlias = Literal["open", "closing", "ending"]
OPEN: Stage = "open"  # taking jobs
CLOSING: Stage = "closing"  # taking no more jobs, while commands run
ENDING: Stage = "ending"  # the commands were sent TERM

# What to send the commands.
Action: TypeAlias = Literal["term", "kill"]
TERM: Action = "term"
KILL: Action = "kill"

# The signals that end a worker, as the log names them.
ENDING_SIGNALS = {signal.SIGINT: "INT", signal.SIGTERM: "TERM", signal.SIGHUP: "HUP", signal.SIGQUIT: "QUIT"}

# The share of the grace time between TERM and KILL, and that for reporting to the nodes after KILL.
_SHARE = 0.2
_MAX_REPORTING_SECONDS = 2.0


class Ending:
    """`was_signalled`: whether a signal asked the worker to end. `exit_at`: when it exits in any case."""

    def __init__(self, grace: float) -> None:
        self.stage: Stage = OPEN
        self.was_signalled = False
        self.exit_at = inf
        self._grace = grace
        self._reporting_seconds = min(_SHARE * grace, _MAX_REPORTING_SECONDS)
        self._term_at = self._kill_at = inf
        self._interrupts = 0

    @property
    def next_deadline(self) -> float:
        """When `due` has something to do."""
        return min(self._term_at, self._kill_at, self.exit_at)

    @property
    def is_limited(self) -> bool:
        """Whether the grace time has begun."""
        return self.exit_at < inf

    def seconds_left(self, now: float) -> float:
        """How much time commands still have before they are sent TERM."""
        return max(min(self._term_at, self._kill_at) - now, 0.0) if self.stage != ENDING else 0.0

    def describe(self, why: str, running: str, now: float) -> str:
        """Return the line of the log: that no more jobs are taken, and for what `running` it waits."""
        limit = f" for up to {duration(self.seconds_left(now))}" if self.is_limited else ""
        return f"{why}: taking no more jobs" + (f", waiting for {running}{limit}" if running else "")

    def is_nearly_over(self, now: float) -> bool:
        """Whether half of the time for reporting to the nodes has passed: a node may never answer."""
        return now >= self.exit_at - self._reporting_seconds / 2

    def close(self) -> None:
        """Take no more jobs."""
        if self.stage == OPEN:
            self.stage = CLOSING

    def start_grace(self, now: float) -> None:
        """Take no more jobs, and exit within the grace time, which begins now unless it has begun."""
        self.close()
        if not self.is_limited:
            self.exit_at = now + self._grace
            self._kill_at = self.exit_at - self._reporting_seconds
            self._term_at = self._kill_at - min(_SHARE * self._grace, KILL_AFTER_SECONDS)

    def signalled(self, number: int, now: float) -> None:
        """Handle a signal.

        INT: the first takes no more jobs, the second acts as TERM, the third sends the commands TERM now, the
        next one KILL.
        TERM and HUP: exit within the grace time. Repeated ones are ignored: `timeout` and shells repeat them.
        QUIT: send the commands TERM now; the next one sends KILL.
        """
        self.was_signalled = True
        self.close()
        if number == signal.SIGINT:
            self._interrupts += 1
            if self._interrupts == 1:
                return
        self.start_grace(now)
        if number == signal.SIGQUIT or (number == signal.SIGINT and self._interrupts > 2):
            self._hurry(now)

    def _hurry(self, now: float) -> None:
        if self.stage == ENDING:
            self._kill_at = now
            return
        self._term_at = now
        self._kill_at = min(self._kill_at, now + KILL_AFTER_SECONDS)
        self.exit_at = min(self.exit_at, self._kill_at + self._reporting_seconds)

    def postpone(self, seconds: float) -> None:
        """The worker was stopped for this long, and so were its commands: the grace time continues now."""
        self._term_at += seconds
        self._kill_at += seconds
        self.exit_at += seconds

    def due(self, now: float) -> list[Action]:
        """Return what to send the commands now."""
        actions: list[Action] = []
        if now >= self._term_at:
            self._term_at = inf
            self.stage = ENDING
            actions.append(TERM)
        if now >= self._kill_at:
            self._kill_at = inf
            if now > self.exit_at - self._reporting_seconds / 4:
                # The worker was held up, and still has to report to the nodes.
                self.exit_at = now + self._reporting_seconds
            actions.append(KILL)
        return actions
