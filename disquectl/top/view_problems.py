"""The screens of problems, and of one problem. Pure."""

from __future__ import annotations

from disquectl.render.escape import for_terminal
from disquectl.render.human import counted, duration
from disquectl.top.lines import padded, with_cursor
from disquectl.top.view_text import folded, part_of, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Record
    from disquectl.top.choice import Choice
    from disquectl.top.lines import Line, Surroundings
    from disquectl.top.model import Snapshot

_STYLES = {"error": "error", "warning": "warning", "note": ""}
_SEVERITY = 8


def problems_screen(snapshot: Snapshot, choice: Choice, around: Surroundings, room: int) -> list[Line]:
    """What the rules of `health` found, the worst first, and what could not be examined."""
    examined = snapshot.examined
    if examined is None:
        return [[("title", "  problems")], [("dim", "  examining the cluster ...")]]
    found = choice.problems(snapshot)
    names = list(found)
    age = duration(int(max(snapshot.at - examined.at, 0)))
    which = f" /{for_terminal(choice.filter)}" if choice.filter else ""
    head = f"  {counted(len(found), 'finding')}{which}, examined {age} ago (once a minute)"
    unchecked: list[Line] = [
        line
        for text in examined.unchecked
        for line in wrapped(f"not checked: {for_terminal(text)}", around.width, "dim")
    ]
    lines: list[Line] = [[("title", head)]]
    if not names:
        what = "nothing found" if not choice.filter else "no finding passes the filter (Esc removes it)"
        lines.append([("dim", f"  {what}")])
    # The findings come first; of what was not checked there is as much as fits.
    kept = min(len(unchecked), max(room // 3, 1))
    for at in choice.scroll(names, room - 1 - kept) if names else ():
        line = _line(found[names[at]])
        lines.append(with_cursor(line) if names[at] == choice.cursor else line)
    return lines + unchecked[: max(room - len(lines), 0)]


def _line(problem: Record) -> Line:
    severity = problem["severity"]
    style = _STYLES[severity]
    mark = "! " if style else "  "
    return [(style, f"{mark}{padded(severity, _SEVERITY)}"), ("", f" {for_terminal(problem['what'])}")]


def problem_screen(snapshot: Snapshot, choice: Choice, around: Surroundings, room: int) -> list[Line]:
    """One problem: what, the evidence, what it means, and the command that shows more or ends it."""
    choice.problems(snapshot)  # those that there are now
    problem = choice.problem_of(choice.problem)
    if problem is None:
        return [[("title", "  problem")], [("dim", "  it is not found any longer")]]
    width = around.width
    head = f"  {problem['severity']}: {problem['rule']}"
    lines: list[Line] = [[("title", head)], *wrapped(for_terminal(problem["what"]), width), []]
    lines += wrapped(for_terminal(problem["meaning"]), width)
    lines += [[], [("title", "  evidence")]]
    for name, value in problem["evidence"].items():
        lines += folded(f"{name:<16}{_value(value)}", width)
    lines += [[], [("title", "  command (Enter puts it into the last line)")]]
    lines += folded(for_terminal(problem["command"]), width)
    return part_of(lines, choice, room)


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_value, value))
    if isinstance(value, dict):
        return ", ".join(f"{_value(name)}: {_value(one)}" for name, one in value.items())
    return for_terminal(value if isinstance(value, bytes) else str(value))
