"""How far a worker is on its way out: when it ends its commands, kills them, and leaves. Pure.

Times are on the worker's clock. The order is: take no more jobs and let the commands run on; near the end of
the grace time send them TERM; send KILL to those that are left; leave once the nodes were told.
"""

from __future__ import annotations

import signal
from math import inf

from disquectl.worker.child import KILL_AFTER_SECONDS

# Taking jobs; taking no more, while commands run on; commands were sent TERM.
OPEN, CLOSING, ENDING = "open", "closing", "ending"
# What `due` asks for.
TERM, KILL = "term", "kill"

# Of the grace time, what is kept for each: between TERM and KILL, and for telling the nodes.
_SHARE = 0.2
_MAX_TELLING_SECONDS = 2.0


class Ending:
    """`was_told`: whether a signal asked for it."""

    def __init__(self, grace: float) -> None:
        self.stage = OPEN
        self.was_told = False
        self.leave_at = inf
        self._grace = grace
        self._telling = min(_SHARE * grace, _MAX_TELLING_SECONDS)
        self._term_at = self._kill_at = inf
        self._interrupts = 0

    @property
    def next_deadline(self) -> float:
        """When there is something to do."""
        return min(self._term_at, self._kill_at, self.leave_at)

    @property
    def is_limited(self) -> bool:
        """Whether the grace time has begun."""
        return self.leave_at < inf

    def seconds_left(self, now: float) -> float:
        """How much time commands still have before they are sent TERM."""
        return max(min(self._term_at, self._kill_at) - now, 0.0) if self.stage != ENDING else 0.0

    def close(self) -> None:
        """Take no more jobs."""
        if self.stage == OPEN:
            self.stage = CLOSING

    def leave(self, now: float) -> None:
        """Take no more jobs, and leave within the grace time from now, or from when it began."""
        self.close()
        if not self.is_limited:
            self.leave_at = now + self._grace
            self._kill_at = self.leave_at - self._telling
            self._term_at = self._kill_at - min(_SHARE * self._grace, KILL_AFTER_SECONDS)

    def told(self, number: int, now: float) -> None:
        """A signal came.

        INT: the first closes, the second is as TERM, the third ends the commands now, the next kills them.
        TERM and HUP: leave within the grace time; several are as one, since `timeout` and shells repeat them.
        QUIT: end the commands now; the next kills them.
        """
        self.was_told = True
        self.close()
        if number == signal.SIGINT:
            self._interrupts += 1
            if self._interrupts == 1:
                return
        self.leave(now)
        if number == signal.SIGQUIT or (number == signal.SIGINT and self._interrupts > 2):
            self._hurry(now)

    def _hurry(self, now: float) -> None:
        if self.stage == ENDING:
            self._kill_at = now
            return
        self._term_at = now
        self._kill_at = min(self._kill_at, now + KILL_AFTER_SECONDS)
        self.leave_at = min(self.leave_at, self._kill_at + self._telling)

    def due(self, now: float) -> list[str]:
        """What is to be done to the commands now."""
        acts = []
        if now >= self._term_at:
            self._term_at = inf
            self.stage = ENDING
            acts.append(TERM)
        if now >= self._kill_at:
            self._kill_at = inf
            acts.append(KILL)
        return acts
