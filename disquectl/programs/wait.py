"""Waits for a condition: looks at all nodes again and again, until it is true or the timeout is reached.

Started by the command `wait`, whose declaration has the options and the columns.
"""

from __future__ import annotations

import time
from typing import NoReturn

from disquectl.errors import NothingThere, ReplyError
from disquectl.execution.id_commands import id_batches
from disquectl.execution.present import present
from disquectl.execution.signals import STOPPING, Signals
from disquectl.fanout.every_node import EveryNode, Incomplete, TimeIsOver
from disquectl.merge.wait_rules import Pauses, timed_out
from disquectl.programs.wait_looks import Consumers, Drained, Empty, Gone, Length, Nodes
from disquectl.render.human import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.merge.wait_rules import Verdict
    from disquectl.programs.wait_looks import Condition
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Shape

# The first look gets this time, however short --timeout is; with 0 it gets all that the nodes may take.
_FIRST_LOOK_SECONDS = 1.0


def wait(values: Values, shape: Shape, session: Session) -> None:
    """Return when the condition is true, and write what was seen. Raises NothingThere at the timeout."""
    session.check_output(shape)
    word, condition = _condition(values, session)
    begun = time.monotonic()
    timeout = values["timeout"] / 1000 if "timeout" in values else None
    waiting = _Waiting(condition, session, timeout)
    discover = "seeds_only" not in values
    # A separate client: its timeouts change.
    client = session.patient_client()
    with client, EveryNode(client, session, discover=discover) as every, Signals(STOPPING, _interrupt):
        try:
            verdict = waiting.until_true(every)
        except (NothingThere, ReplyError):
            _write_the_end(_record(word, begun, waiting.value), shape, session)
            raise
        except KeyboardInterrupt:
            if waiting.text:
                session.note(f"disquectl: interrupted: {waiting.text}")
            raise
    present(shape, [_record(word, begun, verdict.value)], session)


def _record(word: str, begun: float, value: int | None) -> Record:
    return {"condition": word, "waited": round(time.monotonic() - begun, 3), "value": value}


def _write_the_end(record: Record, shape: Shape, session: Session) -> None:
    """Write what was last seen of a condition that is not true: only JSON has it, as its one document."""
    if session.format in ("json", "jsonl"):
        present(shape, [record], session)
    elif session.format != "table":
        present(shape, [], session)


def _interrupt(_number: int) -> NoReturn:
    raise KeyboardInterrupt


def _condition(values: Values, session: Session) -> tuple[str, Condition]:
    """The condition, and the word for it."""
    if values.get("empty"):
        return "empty", Empty(values["queue"])
    if "length" in values:
        return "length", Length(values["queue"], values["length"])
    if "consumers" in values:
        return "consumers", Consumers(values["queue"], values["consumers"])
    if "job" in values:
        return "job", Gone(_job_ids(values["job"], session), gone_ok="gone_ok" in values)
    if "drained" in values:
        return "drained", Drained(values["drained"])
    if "nodes" in values:
        return "nodes", Nodes(values["nodes"])
    return "ready", Nodes(1)


def _job_ids(given: tuple[bytes, ...], session: Session) -> list[bytes]:
    """The IDs that were typed, or those of stdin. Raises ReplyError for a line that is not an ID."""
    if given != (b"-",):
        return list(given)
    bad: list[int] = []
    job_ids = [job_id for batch in id_batches(session, bad) for job_id in batch]
    if bad:
        raise ReplyError(f"BADID {counted(len(bad), 'line is not a job ID', 'lines are not job IDs')}")
    return job_ids


class _Waiting:
    """Looks until the condition is true or the time is over.

    text   what was last seen
    value  the figure of the last look at which all nodes answered; None if there was none
    """

    def __init__(self, condition: Condition, session: Session, timeout: float | None) -> None:
        """`timeout` is in seconds, None for no limit."""
        self.text = ""
        self.value: int | None = None
        self._silent: list[str] = []  # the nodes that did not answer at the last look
        self._condition = condition
        self._session = session
        self._timeout = timeout

    def until_true(self, every: EveryNode) -> Verdict:
        """The verdict that is true. Raises NothingThere at the timeout, and as EveryNode.ask does."""
        pauses = Pauses()
        timeout, begun = self._timeout, time.monotonic()
        if timeout:
            every.deadline = begun + max(timeout, _FIRST_LOOK_SECONDS)
        while True:
            verdict = self._look(every)
            if verdict is not None and verdict.is_true:
                return verdict
            left = None if timeout is None else begun + timeout - time.monotonic()
            if left is not None and left <= 0:
                raise NothingThere(timed_out(timeout or 0, self.text))
            time.sleep(pauses.next(left))

    def _look(self, every: EveryNode) -> Verdict | None:
        """What a look found; None if not all nodes answered."""
        try:
            verdict = self._condition.look(every)
        except TimeIsOver:
            self.text = self.text or "the nodes were still being asked"
            return None
        except Incomplete as problem:
            if self._silent != problem.nodes:
                self._session.warn(f"{problem}; nothing counts as true until all nodes answer")
            self._silent = problem.nodes
            self.text = str(problem)
            return None
        self._silent = []
        self.text, self.value = verdict.text, verdict.value
        return verdict
