"""The screen of nodes. Pure."""

from __future__ import annotations

from disquectl.render.escape import for_terminal
from disquectl.render.human import duration, size
from disquectl.top.lines import Column, cell, columns_that_fit, count, padded, titles, with_cursor
from disquectl.top.rows import nodes_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.top.choice import Choice
    from disquectl.top.lines import Line, Surroundings
    from disquectl.top.model import NodeRow, Snapshot


_NODE_COLUMNS = (
    Column("health", 9, 0),
    Column("memory", 15, 1),
    Column("clients", 8, 3),
    Column("waiting", 8, 4),
    Column("jobs", 10, 2),
    Column("queues", 8, 6),
    Column("uptime", 7, 5),
)


def nodes_screen(snapshot: Snapshot, choice: Choice, around: Surroundings, room: int) -> list[Line]:
    """The nodes, those in trouble first."""
    columns, name_width = columns_that_fit(around.width, _NODE_COLUMNS)
    nodes = nodes_of(snapshot.nodes, choice.filter, choice.is_reversed)
    names = [node.name.encode() for node in nodes]
    title = f"node /{for_terminal(choice.filter)}" if choice.filter else "node"
    lines = [titles(title, columns, name_width)]
    for at in choice.scroll(names, room - 1):
        line = _line(nodes[at], columns, name_width)
        lines.append(with_cursor(line) if names[at] == choice.cursor else line)
    return lines


def _line(node: NodeRow, columns: list[Column], name_width: int) -> Line:
    bad = node.health != "ok"
    style = "error" if node.health in ("down", "full", "aof error") else "warning" if bad else ""
    line: Line = [(style, "! " if bad else "  "), (style, padded(for_terminal(node.name), name_width))]
    if node.health == "down":
        problem = node.problem.removeprefix(f"{node.name}: ").removeprefix(f"{node.name} ")
        return [*line, (style, f" {node.health:<9}"), ("dim", " " + for_terminal(problem))]
    memory = "-" if not isinstance(node.used_memory, int) else size(node.used_memory)
    if isinstance(node.used_memory, int) and node.maxmemory:
        memory = f"{node.used_memory * 100 // node.maxmemory}% of {size(node.maxmemory)}"
    texts = {
        "health": node.health,
        "memory": memory,
        "clients": count(node.clients),
        "waiting": count(node.waiting),
        "jobs": count(node.jobs),
        "queues": count(node.queues),
        "uptime": duration(node.uptime).partition(" ")[0] if isinstance(node.uptime, int) else "-",
    }
    return [
        *line,
        *((style if one.title == "health" else "", cell(texts[one.title], one)) for one in columns),
    ]
