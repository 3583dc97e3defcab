"""`top -b`: snapshots one after the other, a record for each queue, in every format."""

from __future__ import annotations

import time

from disquectl.execution.repeat import utc_now
from disquectl.programs.stat import LATE_SECONDS, end_of, problem_of, wait_for
from disquectl.top.lines import Surroundings, as_text
from disquectl.top.rows import arranged
from disquectl.top.sampling import TopSampler
from disquectl.top.view import header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Shape
    from disquectl.top.model import Snapshot


def run_batch(values: Values, shape: Shape, session: Session, seconds: float) -> None:
    """Write a snapshot at each interval; the first after one. Raises what the last sample raises."""
    session.check_output(shape)
    times: int | None = values.get("times")
    is_table = session.format == "table"
    out = None if is_table else session.writer(shape)
    with TopSampler(session, values, seconds) as sampler:
        try:
            begun = time.monotonic()
            sampler.first()
            problem_of(sampler.sampler, session)
            due = max(time.monotonic(), begun)
            done = 0
            while done != times:
                due = max(due + seconds, time.monotonic() + seconds / 2)
                sampler.rest(due, lambda seconds: _wake(seconds, session))
                wait_for(due, session)
                snapshot = sampler.tick(due + max(seconds / 2, LATE_SECONDS))
                problem = problem_of(sampler.sampler, session, is_last=done + 1 == times)
                writer = out
                if writer is None:
                    session.streams.put(_heading(snapshot, session, seconds).encode())
                    writer = session.writer(shape)
                stamp = utc_now()
                for row in arranged(snapshot.rows):
                    writer.write(row.record(stamp))
                if is_table:
                    writer.finish()
                else:
                    writer.pause()
                done += 1
        finally:
            if out is not None:
                out.finish()
        if problem is not None:
            raise problem
        end_of(sampler.sampler, session)


def _wake(seconds: float, session: Session) -> bool:
    wait_for(time.monotonic() + seconds, session)
    return False


def _heading(snapshot: Snapshot, session: Session, seconds: float) -> str:
    """The header of the live screen as plain text."""
    around = Surroundings(
        session.streams.width,
        0,
        time.strftime("%H:%M:%S"),
        session.settings.profile or "",
        seconds,
        blocks=False,
    )
    return as_text(header(snapshot, around))
