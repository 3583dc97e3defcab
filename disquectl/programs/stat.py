"""Writes a line of figures of the whole cluster at an interval, as vmstat does.

Started by the command `stat`, whose declaration has the options and the columns.
"""

from __future__ import annotations

import select
import shutil
import time
from functools import partial

from disquectl.errors import DisquectlError, PartlyDone
from disquectl.execution.repeat import may_pass, utc_now
from disquectl.execution.streams import reader_is_gone
from disquectl.fanout.ask import require_an_answer
from disquectl.fanout.existing_queues import settle_queues
from disquectl.fanout.sampler import FIRST_SECONDS, Sampler
from disquectl.merge.sampling_plan import NodePlan
from disquectl.render.human import counted
from disquectl.render.steady import SteadyWriter
from disquectl.spec.queue_patterns import QueueWords, is_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.render.stream import Writer
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Shape

DEFAULT_INTERVAL_MS = 1_000
# A node fails that takes this long to answer.
PATIENCE_SECONDS = 5.0
# A sample waits this long for a node, or half an interval; the next ones do not wait for it.
LATE_SECONDS = 0.5


def watch(values: Values, shape: Shape, session: Session) -> None:
    """Sample all nodes and write a line each time; the first after one interval.

    Raises what the last sample raises: PartlyDone if nodes are missing, ConnectionFailed if all are.
    """
    session.check_output(shape)
    seconds = values.get("every", DEFAULT_INTERVAL_MS) / 1000
    times: int | None = values.get("times")
    words: tuple[bytes, ...] = values.get("queue", ())
    out = _writer(shape, session)
    client = session.impatient_client(min(PATIENCE_SECONDS, session.settings.response_timeout_ms / 1000))
    queues = QueueWords(words)
    plan = partial(
        NodePlan,
        seconds,
        wants=None if queues.means_all else queues.wants,
        names=words if words and not any(map(is_pattern, words)) else None,
    )
    with Sampler(client, plan, discover="seeds_only" not in values) as sampler:
        try:
            begun = time.monotonic()
            if queues.open:
                settle_queues(sampler.cluster, queues, sampler.refusals)
            sampler.first(begun + FIRST_SECONDS)
            problem_of(sampler, session)
            due = max(time.monotonic(), begun)
            done = 0
            while done != times:
                due = max(due + seconds, time.monotonic() + seconds / 2)
                wait_for(due, session)
                sampler.tick(due + max(seconds / 2, LATE_SECONDS))
                problem = problem_of(sampler, session, is_last=done + 1 == times)
                out.write(_record(sampler, words))
                out.pause()
                done += 1
        finally:
            out.finish()
        if problem is not None:
            raise problem
        end_of(sampler, session)


def end_of(sampler: Sampler, session: Session) -> None:
    """Report the nodes that did not answer the last sample, and raise PartlyDone for them."""
    nodes = sampler.samples.nodes.values()
    down = [node for node in nodes if not node.is_up]
    for node in down:
        session.problem(f"{node.name}: {node.problem}")
    if down:
        raise PartlyDone(f"{len(nodes) - len(down)} of {counted(len(nodes), 'node')} answered")


def _writer(shape: Shape, session: Session) -> Writer:
    if session.format != "table" or session.settings.columns is not None:
        return session.line_writer(shape)
    streams = session.streams
    height = max(shutil.get_terminal_size().lines - 2, 5) if streams.stdout_is_terminal else 0
    return SteadyWriter(streams.stdout, shape, height=height, header=session.settings.header)


def problem_of(sampler: Sampler, session: Session, *, is_last: bool = False) -> DisquectlError | None:
    """Why no node answers; reported unless it is the last sample. Raises it if it lasts."""
    try:
        require_an_answer(sampler.cluster, session, sampler.refusals)
    except DisquectlError as problem:
        if not may_pass(problem):
            raise
        if not is_last:
            session.problem(problem.message)
        return problem
    return None


def _record(sampler: Sampler, words: tuple[bytes, ...]) -> Record:
    names = list(sampler.samples.queue_names()) if words else None
    return {"time": utc_now(), **sampler.samples.total(names)}


def wait_for(due: float, session: Session) -> None:
    """Wait until a time. Raises BrokenPipeError when the reader of stdout has gone."""
    poll = select.poll()
    try:
        poll.register(session.streams.stdout.fileno(), 0)
    except (OSError, ValueError):
        time.sleep(max(due - time.monotonic(), 0))
        return
    while (left := due - time.monotonic()) > 0:
        if poll.poll(left * 1000) and reader_is_gone(session.streams.stdout):
            raise BrokenPipeError
