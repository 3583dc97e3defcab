"""The screen of queues. Pure."""

from __future__ import annotations

from disquectl.render.escape import for_terminal
from disquectl.render.human import duration
from disquectl.top.lines import (
    OLD_FIGURES_SECONDS,
    Column,
    cell,
    columns_that_fit,
    count,
    padded,
    rate,
    titles,
    with_cursor,
)
from disquectl.top.sparkline import sparkline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.top.choice import Choice
    from disquectl.top.lines import Line, Surroundings
    from disquectl.top.model import QueueRow, Snapshot


# In this order on the screen; those of low rank are left out first where the screen is narrow.
_COLUMNS = (
    Column("queued", 9, 0, "queued"),
    Column("delayed", 8, 7),
    Column("in flight", 9, 8),
    Column("in/s", 8, 2, "rate_in"),
    Column("out/s", 8, 1, "rate_out"),
    Column("oldest", 7, 4, "oldest_age"),
    Column("waiting", 7, 5, "waiting"),
    Column("state", 13, 3),
    Column("length", 12, 6),
)


def queues_screen(snapshot: Snapshot, choice: Choice, around: Surroundings, room: int) -> list[Line]:
    """The queues in the chosen order, those in trouble marked."""
    rows = choice.rows(snapshot)
    columns, name_width = columns_that_fit(around.width, _COLUMNS)
    name = "queue"
    if choice.sort == name:
        name += "^" if choice.is_reversed else "v"
    if choice.filter:
        name += f" /{for_terminal(choice.filter)}"
    order = "^" if choice.is_reversed else "v"
    lines = [titles(name, columns, name_width, choice.sort, order)]
    names = choice.names(snapshot)
    if not rows:
        what = "no queue passes the filter (Esc removes it)" if choice.filter else "no queues"
        return [*lines, [("dim", f"  {what}")]]
    for at in choice.scroll(names, room - 1):
        texts = _cells(rows[at], snapshot.at, around.marks)
        line = _line(rows[at], texts, columns, name_width)
        if rows[at].queue in choice.marked:
            line[0] = ("key", "* ")
        lines.append(with_cursor(line) if rows[at].queue == choice.cursor else line)
    return lines


def _cells(row: QueueRow, now: float, marks: str) -> dict[str, str]:
    more = f"+{len(row.trouble) - 1}" if len(row.trouble) > 1 else ""
    state = "".join(row.trouble[:1]) + more
    age = now - row.at
    if not state and age >= OLD_FIGURES_SECONDS:
        state = f"{duration(int(age))} ago"
    about = "" if row.is_exact else "~"
    return {
        "queued": f"{row.queued:,}",
        "delayed": about + count(row.delayed),
        "in flight": about + count(row.in_flight),
        "in/s": rate(row.rate_in),
        "out/s": rate(row.rate_out),
        "oldest": "" if row.oldest_age is None else duration(row.oldest_age).partition(" ")[0],
        "waiting": f"{row.waiting:,}",
        "state": state,
        "length": sparkline(row.history, 12, marks),
    }


def _line(row: QueueRow, texts: dict[str, str], columns: list[Column], name_width: int) -> Line:
    level = "error" if row.trouble[:1] == ("no consumer",) else "warning" if row.trouble else ""
    line: Line = [
        (level, "! " if row.trouble else "  "),
        (level, padded(for_terminal(row.queue), name_width)),
    ]
    for column in columns:
        style = level if column.title == "state" else "spark" if column.title == "length" else ""
        line.append((style, cell(texts[column.title], column)))
    return line
