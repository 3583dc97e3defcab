"""The screens of dead letters, and of one letter. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from disquectl.render.escape import for_terminal
from disquectl.render.human import counted, duration
from disquectl.top.choice import id_of
from disquectl.top.lines import fitted, padded, with_cursor
from disquectl.top.view_text import body_lines, folded, part_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Record
    from disquectl.top.choice import Choice
    from disquectl.top.lines import Line, Surroundings
    from disquectl.top.model import Snapshot

# From these widths on, there is room for the beginning of the ID, and for the whole.
_WIDE, _SHORT_ID = 80, 17
_WIDEST, _ID = 110, 40
_QUEUE = 16
_FIELDS = (
    "queue",
    "dead_queue",
    "job",
    "attempts",
    "created",
    "failed",
    "exit",
    "signal",
    "reason",
    "retry",
    "ttl",
    "replicate",
)


def dead_screen(snapshot: Snapshot, choice: Choice, around: Surroundings, room: int) -> list[Line]:
    """The dead letters, the last to die first, with how many there are by queue or by reason."""
    letters = choice.letters(snapshot)
    lines: list[Line] = [_sums(letters, choice, around.width)]
    if not letters:
        what = "no dead letters found" if snapshot.letters is not None else "asking the nodes ..."
        return [*lines, [("dim", f"  {what}")]]
    id_width = _ID if around.width >= _WIDEST else _SHORT_ID if around.width >= _WIDE else 0
    marks = {choice.sort: "^" if choice.is_reversed else "v"}
    first = f"{'id':<{id_width}} " if id_width else ""
    title = f"{'queue' + marks.get('queue', ''):<{_QUEUE}} {'died' + marks.get('failed', ''):>5}"
    lines.append([("title", f"  {first}{title} {'tries':>5}  reason{marks.get('reason', '')}")])
    names = [id_of(letter) for letter in letters]
    for at in choice.scroll(names, room - len(lines)):
        line = _line(letters[at], around, id_width)
        if names[at] in choice.marked:
            line[0] = ("key", "* ")
        lines.append(with_cursor(line) if names[at] == choice.cursor else line)
    return lines


def _sums(letters: list[Record], choice: Choice, width: int) -> Line:
    by = "reason" if choice.sort == "reason" else "queue"
    sums = Counter(_shown(letter[by]) for letter in letters)
    text = "  ".join(f"{name} {count:,}" for name, count in sums.most_common())
    which = f" /{for_terminal(choice.filter)}" if choice.filter else ""
    return fitted(
        [("title", f"  {counted(len(letters), 'dead letter')}{which}"), ("dim", f"  {text}")], width
    )


def _line(letter: Record, around: Surroundings, id_width: int) -> Line:
    age = died_ago(letter["failed"], around.now)
    died = "-" if age is None else duration(age).partition(" ")[0]
    line: Line = [("", "  ")]
    if id_width:
        line.append(("", padded(_shown(letter["id"])[:id_width], id_width) + " "))
    line.append(("", padded(_shown(letter["queue"]), _QUEUE)))
    line.append(("", f" {died:>5} {padded(_shown(letter['attempts']).rjust(5), 5)}"))
    line.append(("", f"  {_why(letter)}"))
    return line


def _why(letter: Record) -> str:
    """The reason; without one, how the command ended."""
    if letter["reason"] is not None:
        return _shown(letter["reason"])
    ends = (f"{name} {_shown(letter[name])}" for name in ("exit", "signal") if letter[name] is not None)
    return " ".join(ends) or "-"


def died_ago(failed: object, now: float) -> int | None:
    """Seconds since a time in ISO 8601; None if it is none."""
    try:
        return max(int(now - datetime.fromisoformat(str(failed)).timestamp()), 0)
    except (ValueError, OverflowError):
        return None


def letter_screen(snapshot: Snapshot, choice: Choice, around: Surroundings, room: int) -> list[Line]:
    """One dead letter: its fields, and the body of the job."""
    choice.letters(snapshot)  # those that there are now
    letter = choice.letter_of(choice.letter)
    head: Line = [("title", f"  dead letter {for_terminal(choice.letter)}")]
    if letter is None:
        return [head, [("warning", "  it is not among the dead letters now")]]
    lines: list[Line] = [head]
    for name in _FIELDS:
        if letter[name] is not None:
            value = _shown(letter[name])
            lines += folded(f"{name.replace('_', ' '):<12}{value}", around.width)
    if letter["stderr"]:
        lines += [[], [("title", "  stderr")]]
        for part in str(letter["stderr"]).splitlines():
            lines += folded(for_terminal(part), around.width)
    lines += [[], [("title", "  body")], *body_lines(letter["body"] or b"", around.width)]
    return part_of(lines, choice, room)


def _shown(value: object) -> str:
    return "-" if value is None else for_terminal(value if isinstance(value, bytes) else str(value))
