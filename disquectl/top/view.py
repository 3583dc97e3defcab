"""The screen as lines of styled text: a function of the snapshot, of what was chosen, and of the size. Pure.

Each trouble has a word, so that nothing depends on colours. Each screen is a separate module.
"""

from __future__ import annotations

from disquectl.render.escape import for_terminal
from disquectl.render.fit import cut
from disquectl.render.human import duration, size
from disquectl.top.keys import KEYS
from disquectl.top.lines import OLD_FIGURES_SECONDS, count, fitted, line_width, rate, spread
from disquectl.top.sparkline import sparkline
from disquectl.top.view_dead import dead_screen, letter_screen
from disquectl.top.view_jobs import job_screen, jobs_screen
from disquectl.top.view_nodes import nodes_screen
from disquectl.top.view_problems import problem_screen, problems_screen
from disquectl.top.view_queues import queues_screen
from disquectl.top.view_text import part_of, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.top.choice import Choice
    from disquectl.top.lines import Line, Surroundings
    from disquectl.top.model import Snapshot

HEADER_SPARK = 12
# A question shows its command if there is room for this much of it.
_LEAST_COMMAND = 12
# The width of a key on the screen of keys.
_KEY = 12


def draw(snapshot: Snapshot, choice: Choice, around: Surroundings) -> list[Line]:
    """The whole screen, in exactly `height` lines, each of `width` cells at most."""
    lines = header(snapshot, around)
    room = max(around.height - len(lines) - 1, 1)
    if choice.screen == "help":
        body = _help(choice, around, room)
    elif choice.screen == "dead":
        body = dead_screen(snapshot, choice, around, room)
    elif choice.screen == "letter":
        body = letter_screen(snapshot, choice, around, room)
    elif choice.screen == "problems":
        body = problems_screen(snapshot, choice, around, room)
    elif choice.screen == "problem":
        body = problem_screen(snapshot, choice, around, room)
    elif choice.screen == "nodes":
        body = nodes_screen(snapshot, choice, around, room)
    elif choice.screen == "jobs":
        body = jobs_screen(snapshot, choice, around, room)
    elif choice.screen == "job":
        body = job_screen(snapshot, choice, around, room)
    else:
        body = queues_screen(snapshot, choice, around, room)
    lines += body[:room]
    lines += [[] for _ in range(around.height - 1 - len(lines))]
    lines.append(_last_line(choice, around.width))
    return [fitted(line, around.width) for line in lines[-around.height :]]


def header(snapshot: Snapshot, around: Surroundings) -> list[Line]:
    """The lines above each screen: the cluster as a whole."""
    total, up, known = snapshot.total, snapshot.total["nodes"], len(snapshot.nodes)
    left: Line = [
        ("title", "disquectl top"),
        ("", f"  {for_terminal(around.cluster)}" if around.cluster else ""),
    ]
    if not known:
        left.append(("dim", "  connecting ..."))
    else:
        left.append(("error" if up < known else "", f"  {up} of {known} nodes up"))
    right = f"every {around.every:g}s  {around.clock}"
    first = spread(left, [("dim", right)], around.width)
    marks = around.marks
    about = "" if snapshot.is_exact else "~"
    delayed, in_flight = count(total.get("delayed")), count(total.get("in_flight"))
    jobs: Line = [
        ("", f"jobs {count(total.get('queued'))} queued  "),
        ("", f"{about}{delayed} delayed  {about}{in_flight} in flight"),
    ]
    if snapshot.scanned_at is not None and (age := snapshot.at - snapshot.scanned_at) >= OLD_FIGURES_SECONDS:
        jobs.append(("dim", f" ({duration(int(age))} ago)"))
    rates: Line = [
        ("", f"in {rate(total['rate_in'])}/s "),
        ("spark", sparkline(snapshot.in_history, HEADER_SPARK, marks)),
        ("", f"  out {rate(total['rate_out'])}/s "),
        ("spark", sparkline(snapshot.out_history, HEADER_SPARK, marks)),
    ]
    memory, limit = total.get("memory"), total.get("maxmemory")
    used = "-" if memory is None else size(memory)
    if memory is not None and limit:
        used = f"{memory * 100 // limit}% of {size(limit)}"
    figures: Line = [("warning" if snapshot.dead else "", f"dead {snapshot.dead:,}")]
    if snapshot.examined is not None:
        problems = snapshot.examined.problems
        figures.append(("warning", f"  problems {problems} (!)") if problems else ("", "  problems 0"))
    figures.append(("", f"  waiting {count(total.get('waiting'))}  clients {count(total.get('clients'))}"))
    figures.append(("", f"  memory {used}"))
    wide = spread(jobs, rates, around.width)
    second = [wide] if line_width(wide) <= around.width else [jobs, rates]
    return [first, *second, figures, []]


def _help(choice: Choice, around: Surroundings, room: int) -> list[Line]:
    lines: list[Line] = [[("title", "  Keys")]]
    for key in KEYS:
        first, *more = wrapped(key.meaning, around.width - _KEY)
        lines.append([("key", f"  {key.shown:<{_KEY - 2}}"), *_after_blanks(first)])
        lines += [[("", " " * _KEY), *_after_blanks(line)] for line in more]
    lines.append([])
    lines += wrapped(
        "! is trouble: no consumer, paused, or a job much older than its retry time.", around.width
    )
    lines += wrapped(
        "~ is an estimate from a sample of the jobs; `1m ago` is the age of the figures.", around.width
    )
    return part_of(lines, choice, room)


def _after_blanks(line: Line) -> Line:
    return [(style, text.strip()) for style, text in line]


def _last_line(choice: Choice, width: int) -> Line:
    if choice.asking == "confirm":
        room = width - len(choice.of) - len(" ()? [y/N]  ")
        question = f"{choice.of} ({cut(choice.to_confirm, room)})" if room >= _LEAST_COMMAND else choice.of
        return [("key", f"{question}? [y/N] "), ("cursor", " ")]
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
        if key.footer and line_width(line) + line_width(item) - 2 <= width:
            line += item
    return [*line[:-1], (line[-1][0], line[-1][1].rstrip())]
