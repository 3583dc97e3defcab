"""The screens of a queue's jobs, and of one job. Pure."""

from __future__ import annotations

from disquectl.merge.trace import side_by_side
from disquectl.render.escape import for_terminal
from disquectl.render.fit import cells, cut
from disquectl.render.human import duration, show
from disquectl.spec.show_fields import SHOW_KINDS
from disquectl.top.lines import padded, with_cursor
from disquectl.top.rows import ORDERS
from disquectl.top.view_text import body_lines, part_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Record
    from disquectl.top.choice import Choice
    from disquectl.top.lines import Line, Surroundings
    from disquectl.top.model import Snapshot

# From this width on, IDs are shown whole; the beginning is enough for `show` and `trace`.
_WHOLE_IDS_FROM, _ID, _SHORT_ID = 110, 40, 17
# The row above the columns of nodes says these.
_NOT_IN_TABLE = ("body", "queue")


def jobs_screen(snapshot: Snapshot, choice: Choice, around: Surroundings, room: int) -> list[Line]:
    """The oldest queued jobs of the opened queue, and other jobs as far as scans have found them."""
    jobs = choice.jobs(snapshot)
    names = choice.names(snapshot)
    width = _ID if around.width >= _WHOLE_IDS_FROM else _SHORT_ID
    mark = "^" if choice.is_reversed else "v"
    named = {name: name + mark * (choice.sort == name) for name in ORDERS["jobs"]}
    title = (
        f"  {padded('id', width)} {named['state']:<10}{named['age']:>5}{named['ttl']:>6}{named['nacks']:>6}"
        f"{'more':>5}  body"
    )
    queue = for_terminal(choice.queue)
    which = f" /{for_terminal(choice.filter)}" if choice.filter else ""
    lines: list[Line] = [
        [("title", f"  jobs of {queue}{which}: the oldest, and those that scans have found")]
    ]
    if not jobs and snapshot.looked_at != choice.queue:
        return [*lines, [("dim", "  asking the nodes ...")]]
    if not jobs:
        what = "no job passes the filter (Esc removes it)" if choice.filter else "no jobs found"
        return [*lines, [("dim", f"  {what}")]]
    lines.append([("title", title)])
    for at in choice.scroll(names, room - len(lines)):
        line = _job_line(jobs[at], width)
        if names[at] in choice.marked:
            line[0] = ("key", "* ")
        lines.append(with_cursor(line) if names[at] == choice.cursor else line)
    return lines


def _job_line(job: Record, width: int) -> Line:
    returns = job["additional_deliveries"]
    style = "warning" if job["nacks"] or returns else ""
    age, ttl = (duration(job[name]).partition(" ")[0] for name in ("age", "ttl"))
    return [
        ("", "  "),
        ("", padded(job["id"][:width], width)),
        ("", f" {job['state']:<10}{age:>5}{ttl:>6}"),
        (style, f"{job['nacks']:>6}{returns:>5}"),
        ("", f"  {for_terminal(job['body'])}"),
    ]


def job_screen(snapshot: Snapshot, choice: Choice, around: Surroundings, room: int) -> list[Line]:
    """One job: its fields at each node, and its body, as JSON with an item a line if it is JSON."""
    found = snapshot.found[0] if snapshot.looked_at == choice.job and snapshot.found else None
    lines: list[Line] = [[("title", f"  job {for_terminal(choice.job)}")]]
    if found is None:
        return [*lines, [("dim", "  asking the nodes ...")]]
    if not found["copies"]:
        return [*lines, [("warning", "  no node has it now")]]
    lines += _fields(found, around.width)
    return part_of(lines, choice, room)


def _fields(found: Record, width: int) -> list[Line]:
    first = found["copies"][0]
    queue = first.get("queue")
    requeue = found["next_requeue_within"]
    lines: list[Line] = [
        [("", f"  queue {for_terminal(queue) if queue is not None else '-'}   state {found['state']}")],
        [("", f"  created by {for_terminal(str(found['created_by']))}   delivered {found['delivery']}")],
    ]
    if requeue is not None:
        lines[0].append(("", f"   queued again in {duration(requeue // 1000)}"))
    nodes = [replica["node"] for replica in found["copies"]]
    rows = [row for row in side_by_side(found) if row["field"] not in _NOT_IN_TABLE]
    texts = [[_text(row["field"], row.get(node)) for node in nodes] for row in rows]
    name_width = max(len(row["field"]) for row in rows) + 2
    each = max((width - name_width - 2) // len(nodes) - 1, 8)
    each = min(each, max(cells(text) for line in [nodes, *texts] for text in line))
    lines.append([])
    head = "".join(f" {padded(cut(node, each), each)}" for node in nodes)
    lines.append([("title", f"  {'field':<{name_width}}{head}")])
    for row, line in zip(rows, texts, strict=True):
        mark = "warning" if row["differs"] else ""
        values = "".join(f" {padded(cut(text, each), each)}" for text in line)
        lines.append([(mark, f"{row['differs'] or ' '} {row['field']:<{name_width}}"), ("", values)])
    lines += [[], [("title", "  body")]]
    return [*lines, *body_lines(first.get("body") or b"", width)]


def _text(field: str, value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(one) for one in value)
    if isinstance(value, int):
        return show(value, SHOW_KINDS.get(field, ""), None)
    return "" if value is None else for_terminal(value if isinstance(value, bytes) else str(value))
