"""What a person chose: the screen, the row, the order, the filter, the marks. Pure; a key changes it.

The cursor is on a queue, node or job and not on a line of the screen, so that it stays there when rows move.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from disquectl.top.rows import DEFAULT_ORDER, ORDERS, arranged, jobs_of, letters_of, nodes_of, problems_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.spec.parameters import Record
    from disquectl.top.model import QueueRow, Snapshot
    from disquectl.top.rows import Problem, Screen

# What the line at the bottom asks for.
Asking = Literal["", "filter", "command", "move", "pause", "confirm"]
# Screens of one thing, which are scrolled by lines.
TEXTS: tuple[Screen, ...] = ("help", "job", "letter", "problem")


class Opened(NamedTuple):
    """What is to be looked at closely; `dead`: the dead letters."""

    queue: bytes = b""
    job: bytes = b""
    dead: bool = False


class Frame(NamedTuple):
    """A screen to go back to."""

    screen: Screen
    cursor: bytes | None
    filter: str
    sort: str
    is_reversed: bool


@dataclass(slots=True)
class Choice:
    """What was chosen, and what is typed into the line at the bottom.

    height      rows of a list on the screen, set by whoever draws it
    to_confirm  the command that is run if the question is answered by yes; of: what it acts on, in words
    ids         the jobs that the line at the bottom is about, if there are any
    """

    screen: Screen = "queues"
    cursor: bytes | None = None
    top: int = 0
    height: int = 10
    queue: bytes = b""
    job: bytes = b""
    letter: bytes = b""
    problem: bytes = b""
    to_confirm: str = ""
    of: str = ""
    filter: str = ""
    sort: str = DEFAULT_ORDER
    is_reversed: bool = False
    marked: set[bytes] = field(default_factory=set)
    asking: Asking = ""
    text: str = ""
    message: str = ""
    is_trouble: bool = False
    back: list[Frame] = field(default_factory=list)
    _jobs: tuple[bytes, tuple[Record, ...]] = field(default_factory=lambda: (b"", ()))
    _rows: tuple[object, list[QueueRow]] | None = None
    _letters: tuple[Record, ...] = ()
    _problems: tuple[object, dict[bytes, Problem]] = field(default_factory=lambda: (None, {}))

    @property
    def opened(self) -> Opened:
        """What is to be looked at closely."""
        return Opened(self.queue, self.job, self.screen in ("dead", "letter"))

    def rows(self, snapshot: Snapshot) -> list[QueueRow]:
        """The rows of queues as `arranged` has them; the last answer is kept."""
        key = (snapshot.at, self.filter, self.sort, self.is_reversed)
        if self._rows is None or self._rows[0] != key:
            self._rows = key, arranged(snapshot.rows, self.filter, self.sort, self.is_reversed)
        return self._rows[1]

    def jobs(self, snapshot: Snapshot) -> list[Record]:
        """The jobs of the opened queue, as far as they are known."""
        if snapshot.looked_at == self.queue:
            self._jobs = self.queue, snapshot.found
        # While a job is looked at, those of its queue stay as they were.
        found = self._jobs[1] if self._jobs[0] == self.queue else ()
        return jobs_of(found, self.filter, self.sort, self.is_reversed)

    def letters(self, snapshot: Snapshot) -> list[Record]:
        """The dead letters, as far as they are known."""
        if snapshot.letters is not None:
            self._letters = snapshot.letters
        return letters_of(self._letters, self.filter, self.sort, self.is_reversed)

    def letter_of(self, name: bytes) -> Record | None:
        """The dead letter with this ID; None if it has gone."""
        return next((letter for letter in self._letters if id_of(letter) == name), None)

    def problems(self, snapshot: Snapshot) -> dict[bytes, Problem]:
        """The findings by a name that they keep while figures change."""
        found = () if snapshot.examined is None else snapshot.examined.findings
        key = (id(found), self.filter, self.is_reversed)
        if self._problems[0] != key:
            self._problems = key, problems_of(found, self.filter, self.is_reversed)
        return self._problems[1]

    def names(self, snapshot: Snapshot) -> list[bytes]:
        """The names of the rows of the screen, in their order."""
        if self.screen in ("jobs", "job"):
            return [id_of(record) for record in self.jobs(snapshot)]
        if self.screen in ("dead", "letter"):
            return [id_of(record) for record in self.letters(snapshot)]
        if self.screen in ("problems", "problem"):
            return list(self.problems(snapshot))
        if self.screen == "nodes":
            return [node.name.encode() for node in nodes_of(snapshot.nodes, self.filter, self.is_reversed)]
        return [row.queue for row in self.rows(snapshot)]

    def problem_of(self, name: bytes) -> Record | None:
        """The finding with this name."""
        return self._problems[1].get(name)

    def go(self, screen: Screen) -> None:
        """Open another screen; `go_back` returns to this one."""
        if screen == "jobs":
            self.queue = self.cursor or b""
        elif screen == "job":
            self.job = self.cursor or b""
        elif screen == "letter":
            self.letter = self.cursor or b""
        elif screen == "problem":
            self.problem = self.cursor or b""
        self.back.append(Frame(self.screen, self.cursor, self.filter, self.sort, self.is_reversed))
        if screen not in TEXTS:
            self.filter, self.sort, self.is_reversed = "", ORDERS[screen][0], False
        self.screen, self.cursor, self.top = screen, None, 0
        self.marked.clear()

    def go_back(self) -> bool:
        """Remove the marks, else the filter, else return to the screen before; False if there is nothing."""
        if self.marked:
            self.marked.clear()
        elif self.filter and self.screen not in TEXTS:
            self.filter = ""
        elif self.back:
            if self.screen == "job":
                self.job = b""
            elif self.screen == "jobs":
                self.queue = b""
            self.screen, self.cursor, self.filter, self.sort, self.is_reversed = self.back.pop()
            self.top = 0
        else:
            return False
        return True

    def move(self, names: Sequence[bytes], by: int) -> None:
        """Move the cursor by this many of these rows."""
        if names:
            self.cursor = names[max(min(self.index(names) + by, len(names) - 1), 0)]

    def index(self, names: Sequence[bytes]) -> int:
        """The row of the cursor: where it was if its queue has gone."""
        if self.cursor is not None and self.cursor in names:
            return names.index(self.cursor)
        return min(self.top, max(len(names) - 1, 0))

    def settle(self, names: Sequence[bytes]) -> None:
        """Put the cursor on one of these rows, the ones that there are now."""
        if self.screen not in TEXTS:
            self.cursor = names[self.index(names)] if names else None

    def scroll(self, names: Sequence[bytes], height: int) -> range:
        """The rows to show in this many lines, with the cursor among them."""
        self.height = max(height, 1)
        at = self.index(names)
        self.cursor = names[at] if names else None
        self.top = max(min(self.top, at, len(names) - self.height), 0)
        self.top = max(self.top, at - self.height + 1)
        return range(self.top, min(self.top + self.height, len(names)))

    def scroll_text(self, lines: int, height: int) -> range:
        """The lines to show of a text of that many lines."""
        self.height = max(height, 1)
        self.top = max(min(self.top, lines - self.height), 0)
        return range(self.top, min(self.top + self.height, lines))

    def mark(self, names: Sequence[bytes]) -> None:
        """Mark the row of the cursor, or unmark it, and go down."""
        if names and self.cursor is not None:
            self.marked ^= {self.cursor}
            self.move(names, 1)

    def chosen(self, names: Sequence[bytes]) -> list[bytes]:
        """The marked rows that are on the screen, else the row of the cursor; of one thing, that."""
        if self.screen in TEXTS:
            one = {"job": self.job, "letter": self.letter, "problem": self.problem}.get(self.screen)
            return [one] if one else []
        shown = [names[at] for at in range(self.top, min(self.top + self.height, len(names)))]
        marked = [name for name in shown if name in self.marked]
        return marked or ([self.cursor] if self.cursor in names and self.cursor is not None else [])

    def next_sort(self) -> bool:
        """Sort by the next column; False if the screen has one order only."""
        orders = ORDERS.get(self.screen, ())
        if len(orders) < 2:
            return False
        self.sort = orders[(orders.index(self.sort) + 1) % len(orders)]
        self.top = 0
        return True


def id_of(record: Record) -> bytes:
    """The ID of a job or letter as the name of its row."""
    name: str = record["id"]
    return name.encode("utf-8", "surrogateescape")
