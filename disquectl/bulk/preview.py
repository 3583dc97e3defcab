"""What a command on selected jobs would do: the list of --dry-run, and the question before it begins."""

from __future__ import annotations

from disquectl.bulk.summary import by_state
from disquectl.render.escape import for_terminal
from disquectl.render.human import counted
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.bulk.job_action import JobAction
    from disquectl.execution.session import Session
    from disquectl.merge.selected_jobs import Choice, SelectedJob
    from disquectl.spec.parameters import Record
    from disquectl.spec.selection import Selection

PREVIEW = Shape(
    ("id", "queue", "state", "age", "ttl"),
    RECORDS,
    many=True,
    value="id",
    kinds={"id": "id", "state": "word", "age": "seconds", "ttl": "seconds"},
    ranks=("id", "state", "queue", "age", "ttl"),
    empty="no jobs match",
    listed_as="jobs",
)


def preview(choice: Choice, selection: Selection, session: Session) -> None:
    """List the jobs that would be acted on."""
    out = session.writer(PREVIEW)
    count = 0
    for job in choice.jobs(selection.limit, newest=selection.newest):
        count += 1
        out.write(_record(job))
    out.summarize({"matched": count})
    out.finish()
    if not len(choice):
        session.note(PREVIEW.empty)
    elif more := len(choice) - count:
        session.note(f"{counted(more, 'more job matches', 'more jobs match')}, beyond --limit")


def _record(job: SelectedJob) -> Record:
    return {
        "id": job.job_id.decode("utf-8", "backslashreplace"),
        "queue": job.queue,
        "state": job.state,
        "age": int(job.age_ms / 1000),
        "ttl": max(int(job.ttl_ms / 1000), 0),
    }


def question(action: JobAction, choice: Choice, selection: Selection) -> str:
    """What is asked: the number of jobs, by queue and state."""
    chosen = {key: count for key, count in choice.counts.items() if key[1] in action.states}
    lines = [f"  {for_terminal(queue)}: {states}" for queue, states in by_state(chosen)]
    if (more := len({queue for queue, _ in chosen}) - len(lines)) > 0:
        lines.append(f"  and {counted(more, 'more queue')}")
    which = ""
    if selection.limit is not None and selection.limit < len(choice):
        which = f"the {'newest' if selection.newest else 'oldest'} {selection.limit:,} of "
    what = f"{action.name} {action.deed} {which}{counted(len(choice), 'job')}:"
    warning = action.warning(choice)
    return "\n".join([what, *lines, *([warning] if warning else [])])
