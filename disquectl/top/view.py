"""The screen as lines of styled text: a function of the snapshot, of what was chosen, and of the size. Pure.

A line is a list of pieces, each a style and a text. Styles are words, `error`, `dim` and so on; what they
look like is up to the terminal. Each trouble has a word, so that nothing depends on colours.
"""

from __future__ import annotations

from dataclasses import dataclass

from disquectl.render.escape import for_terminal
from disquectl.render.fit import cells, cut
from disquectl.render.human import duration, size
from disquectl.top.keys import KEYS
from disquectl.top.sparkline import ASCII, BLOCKS, sparkline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from disquectl.top.choice import Choice
    from disquectl.top.model import NodeRow, QueueRow, Snapshot

    Piece: TypeAlias = tuple[str, str]
    Line: TypeAlias = list[Piece]

HEADER_SPARK = 12
# Figures of a queue that are older than this show their age.
OLD_FIGURES_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else the view needs to know: `clock` is the time of day, `cluster` the name of the profile."""

    width: int
    height: int
    clock: str = ""
    cluster: str = ""
    every: float = 2.0
    blocks: bool = True

    @property
    def marks(self) -> str:
        """The characters of sparklines."""
        return BLOCKS if self.blocks else ASCII


def draw(snapshot: Snapshot, choice: Choice, around: Surroundings) -> list[Line]:
    """The whole screen, in exactly `height` lines, each of `width` cells at most."""
    lines = header(snapshot, around)
    room = max(around.height - len(lines) - 1, 1)
    if choice.screen == "help":
        body = _help(choice, room)
    elif choice.screen == "nodes":
        body = _nodes(snapshot, choice, around, room)
    else:
        body = _queues(snapshot, choice, around, room)
    lines += body[:room]
    lines += [[] for _ in range(around.height - 1 - len(lines))]
    lines.append(_last_line(choice, around.width))
    return [_fitted(line, around.width) for line in lines[-around.height :]]


def header(snapshot: Snapshot, around: Surroundings) -> list[Line]:
    """The lines above each screen: the cluster as a whole."""
    total, up, count = snapshot.total, snapshot.total["nodes"], len(snapshot.nodes)
    left: Line = [
        ("title", "disquectl top"),
        ("", f"  {for_terminal(around.cluster)}" if around.cluster else ""),
    ]
    if not count:
        left.append(("dim", "  connecting ..."))
    else:
        left.append(("error" if up < count else "", f"  {up} of {count} nodes up"))
    right = f"every {around.every:g}s  {around.clock}"
    first = _spread(left, [("dim", right)], around.width)
    marks = around.marks
    about = "" if snapshot.is_exact else "~"
    delayed, in_flight = _count(total.get("delayed")), _count(total.get("in_flight"))
    jobs: Line = [
        ("", f"jobs {_count(total.get('queued'))} queued  "),
        ("", f"{about}{delayed} delayed  {about}{in_flight} in flight"),
    ]
    if snapshot.scanned_at is not None and (age := snapshot.at - snapshot.scanned_at) >= OLD_FIGURES_SECONDS:
        jobs.append(("dim", f" ({duration(int(age))} ago)"))
    rates: Line = [
        ("", f"in {_rate(total['rate_in'])}/s "),
        ("spark", sparkline(snapshot.in_history, HEADER_SPARK, marks)),
        ("", f"  out {_rate(total['rate_out'])}/s "),
        ("spark", sparkline(snapshot.out_history, HEADER_SPARK, marks)),
    ]
    memory, limit = total.get("memory"), total.get("maxmemory")
    used = "-" if memory is None else size(memory)
    if memory is not None and limit:
        used = f"{memory * 100 // limit}% of {size(limit)}"
    figures: Line = [
        ("warning", f"problems {snapshot.problems} (!)") if snapshot.problems else ("", "problems 0"),
        ("", f"  memory {used}  waiting {_count(total.get('waiting'))}"),
        ("", f"  clients {_count(total.get('clients'))}  dead {snapshot.dead:,}"),
    ]
    wide = _spread(jobs, rates, around.width)
    second = [wide] if _width(wide) <= around.width else [jobs, rates]
    return [first, *second, figures, []]


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    width: int
    rank: int
    sort: str = ""


# In this order on the screen; those of low rank are left out first where the screen is narrow.
_COLUMNS = (
    _Column("queued", 9, 0, "queued"),
    _Column("delayed", 8, 7),
    _Column("in flight", 9, 8),
    _Column("in/s", 8, 2, "rate_in"),
    _Column("out/s", 8, 1, "rate_out"),
    _Column("oldest", 7, 4, "oldest_age"),
    _Column("waiting", 7, 5, "waiting"),
    _Column("state", 13, 3),
    _Column("length", 12, 6),
)
# Columns of a higher rank than this are there only if names have more room.
_LEAST_NAME, _COMFORTABLE_NAME, _NEEDED_RANK = 14, 24, 5


_NODE_COLUMNS = (
    _Column("health", 9, 0),
    _Column("memory", 15, 1),
    _Column("clients", 8, 3),
    _Column("waiting", 8, 4),
    _Column("jobs", 10, 2),
    _Column("queues", 8, 6),
    _Column("uptime", 7, 5),
)
# Columns of words, which stand to the left.
_WORDS = ("state", "health")


def _columns(width: int, columns: tuple[_Column, ...]) -> tuple[list[_Column], int]:
    """The columns that fit beside a name, and the width of the name."""
    name = width - 2
    chosen = []
    for column in sorted(columns, key=lambda one: one.rank):
        least = _LEAST_NAME if column.rank <= _NEEDED_RANK else _COMFORTABLE_NAME
        if name - column.width - 1 < least:
            break
        chosen.append(column)
        name -= column.width + 1
    return [column for column in columns if column in chosen], name


def _titles(name: str, columns: list[_Column], name_width: int, choice: Choice | None = None) -> Line:
    order = "" if choice is None else "^" if choice.is_reversed else "v"
    sort = "" if choice is None else choice.sort
    titles = (_cell(one.title + (order if one.sort == sort != "" else ""), one) for one in columns)
    return [("title", f"  {_padded(name, name_width)}{''.join(titles)}")]


def _queues(snapshot: Snapshot, choice: Choice, around: Surroundings, room: int) -> list[Line]:
    rows = choice.rows(snapshot)
    columns, name_width = _columns(around.width, _COLUMNS)
    name = "queue"
    if choice.sort == name:
        name += "^" if choice.is_reversed else "v"
    if choice.filter:
        name += f" /{for_terminal(choice.filter)}"
    lines = [_titles(name, columns, name_width, choice)]
    names = [row.queue for row in rows]
    if not rows:
        what = "no queue passes the filter (Esc removes it)" if choice.filter else "no queues"
        return [*lines, [("dim", f"  {what}")]]
    for at in choice.scroll(names, room - 1):
        cell = _queue_cells(rows[at], snapshot.at, around.marks)
        line = _queue_line(rows[at], cell, columns, name_width)
        if rows[at].queue in choice.marked:
            line[0] = ("key", "* ")
        lines.append(_with_cursor(line) if rows[at].queue == choice.cursor else line)
    return lines


def _queue_cells(row: QueueRow, now: float, marks: str) -> dict[str, str]:
    more = f"+{len(row.trouble) - 1}" if len(row.trouble) > 1 else ""
    state = "".join(row.trouble[:1]) + more
    age = now - row.at
    if not state and age >= OLD_FIGURES_SECONDS:
        state = f"{duration(int(age))} ago"
    about = "" if row.is_exact else "~"
    return {
        "queued": f"{row.queued:,}",
        "delayed": about + _count(row.delayed),
        "in flight": about + _count(row.in_flight),
        "in/s": _rate(row.rate_in),
        "out/s": _rate(row.rate_out),
        "oldest": "" if row.oldest_age is None else duration(row.oldest_age).partition(" ")[0],
        "waiting": f"{row.waiting:,}",
        "state": state,
        "length": sparkline(row.history, 12, marks),
    }


def _queue_line(row: QueueRow, cell: dict[str, str], columns: list[_Column], name_width: int) -> Line:
    level = "error" if row.trouble[:1] == ("no consumer",) else "warning" if row.trouble else ""
    line: Line = [
        (level, "! " if row.trouble else "  "),
        (level, _padded(for_terminal(row.queue), name_width)),
    ]
    for column in columns:
        style = level if column.title == "state" else "spark" if column.title == "length" else ""
        line.append((style, _cell(cell[column.title], column)))
    return line


def _nodes(snapshot: Snapshot, choice: Choice, around: Surroundings, room: int) -> list[Line]:
    columns, name_width = _columns(around.width, _NODE_COLUMNS)
    names = [node.name.encode() for node in snapshot.nodes]
    lines = [_titles("node", columns, name_width)]
    for at in choice.scroll(names, room - 1):
        line = _node_line(snapshot.nodes[at], columns, name_width)
        lines.append(_with_cursor(line) if names[at] == choice.cursor else line)
    return lines


def _node_line(node: NodeRow, columns: list[_Column], name_width: int) -> Line:
    bad = node.health != "ok"
    style = "error" if node.health in ("down", "full", "aof error") else "warning" if bad else ""
    line: Line = [(style, "! " if bad else "  "), (style, _padded(for_terminal(node.name), name_width))]
    if node.health == "down":
        problem = node.problem.removeprefix(f"{node.name}: ").removeprefix(f"{node.name} ")
        return [*line, (style, f" {node.health:<9}"), ("dim", " " + for_terminal(problem))]
    memory = "-" if not isinstance(node.used_memory, int) else size(node.used_memory)
    if isinstance(node.used_memory, int) and node.maxmemory:
        memory = f"{node.used_memory * 100 // node.maxmemory}% of {size(node.maxmemory)}"
    cell = {
        "health": node.health,
        "memory": memory,
        "clients": _count(node.clients),
        "waiting": _count(node.blocked),
        "jobs": _count(node.jobs),
        "queues": _count(node.queues),
        "uptime": duration(node.uptime).partition(" ")[0] if isinstance(node.uptime, int) else "-",
    }
    return [
        *line,
        *((style if one.title == "health" else "", _cell(cell[one.title], one)) for one in columns),
    ]


def _help(choice: Choice, room: int) -> list[Line]:
    lines: list[Line] = [[("title", "  Keys")]]
    lines += [[("key", f"  {key.shown:<10}"), ("", key.meaning)] for key in KEYS]
    lines.append([])
    lines.append([("", "  ! is trouble: no consumer, paused, or a job much older than its retry time.")])
    lines.append([("", "  ~ is an estimate from a sample of the jobs; `1m ago` is the age of the figures.")])
    names = [b"%d" % number for number in range(len(lines))]
    return [lines[at] for at in choice.scroll(names, room)]


def _last_line(choice: Choice, width: int) -> Line:
    if choice.asking:
        label = {
            "filter": "/",
            "command": ":",
            "move": "move to queue: ",
            "pause": "pause: i in, o out, a all, n none (resume): ",
        }[choice.asking]
        return [("key", label), ("", for_terminal(choice.text)), ("cursor", " ")]
    if choice.message:
        return [("error" if choice.is_trouble else "", choice.message)]
    line: Line = []
    for key in KEYS:
        item: Line = [("key", f"{key.shown} "), ("dim", f"{key.footer}  ")]
        if key.footer and _width(line) + _width(item) - 2 <= width:
            line += item
    return [*line[:-1], (line[-1][0], line[-1][1].rstrip())]


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "-"


def _rate(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def _cell(text: str, column: _Column) -> str:
    """A cell with a blank before it: words to the left, all else to the right."""
    if column.title in _WORDS:
        return " " + _padded(text, column.width)
    return " " + cut(text, column.width).rjust(column.width)


def _padded(text: str, width: int) -> str:
    text = cut(text, width)
    return text + " " * (width - cells(text))


def _with_cursor(line: Line) -> Line:
    return [(f"{style} cursor".strip(), text) for style, text in line]


def _width(line: Line) -> int:
    return sum(cells(text) for _, text in line)


def _spread(left: Line, right: Line, width: int) -> Line:
    """Both ends of one line."""
    gap = max(width - _width(left) - _width(right), 2)
    return [*left, ("", " " * gap), *right]


def _fitted(line: Line, width: int) -> Line:
    """The line in at most `width` cells."""
    fitted: Line = []
    left = width
    for style, text in line:
        if left <= 0:
            break
        piece = cut(text, left)
        if piece:
            fitted.append((style, piece))
            left -= cells(piece)
    return fitted


def as_text(lines: list[Line]) -> str:
    """The lines without styles."""
    return "".join("".join(text for _, text in line).rstrip() + "\n" for line in lines)
