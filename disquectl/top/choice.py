"""What a person chose: the screen, the row, the order, the filter, the marks. Pure; a key changes it.

The cursor is on a queue or node and not on a line of the screen, so that it stays there when rows move.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from disquectl.spec.queue_patterns import is_pattern, matcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disquectl.spec.parameters import Record
    from disquectl.top.model import QueueRow, Snapshot

Screen = Literal["queues", "jobs", "job", "nodes", "help"]
# What the line at the bottom asks for.
Asking = Literal["", "filter", "command", "move", "pause", "confirm"]
SORTS = ("trouble", "queue", "queued", "rate_in", "rate_out", "oldest_age", "waiting")


@dataclass(slots=True)
class Choice:
    """What was chosen, and what is typed into the line at the bottom.

    `height`: rows of a list on the screen, set by whoever draws it.
    """

    screen: Screen = "queues"
    cursor: bytes | None = None
    top: int = 0
    height: int = 10
    queue: bytes = b""
    job: bytes = b""
    to_confirm: str = ""
    filter: str = ""
    sort: str = SORTS[0]
    is_reversed: bool = False
    marked: set[bytes] = field(default_factory=set)
    asking: Asking = ""
    text: str = ""
    message: str = ""
    is_trouble: bool = False
    back: list[tuple[Screen, bytes | None]] = field(default_factory=list)
    _jobs: tuple[bytes, list[Record]] = field(default_factory=lambda: (b"", []))
    _rows: tuple[object, list[QueueRow]] | None = None

    def rows(self, snapshot: Snapshot) -> list[QueueRow]:
        """The rows of queues as `arranged` has them; the last answer is kept."""
        key = (snapshot.at, self.filter, self.sort, self.is_reversed)
        if self._rows is None or self._rows[0] != key:
            self._rows = key, arranged(snapshot, self)
        return self._rows[1]

    def jobs(self, snapshot: Snapshot) -> list[Record]:
        """The jobs of the opened queue, as far as they are known."""
        if snapshot.looked_at == self.queue:
            self._jobs = self.queue, list(snapshot.found)
        # While a job is looked at, those of its queue stay as they were.
        return self._jobs[1] if self._jobs[0] == self.queue else []

    def names(self, snapshot: Snapshot) -> list[bytes]:
        """The names of the rows of the screen, in their order."""
        if self.screen == "jobs":
            return [record["id"].encode("utf-8", "surrogateescape") for record in self.jobs(snapshot)]
        if self.screen == "nodes":
            return [node.name.encode() for node in snapshot.nodes]
        return [row.queue for row in self.rows(snapshot)]

    def go(self, screen: Screen) -> None:
        """Open another screen; `go_back` returns to this one."""
        if screen == "jobs":
            self.queue = self.cursor or b""
        elif screen == "job":
            self.job = self.cursor or b""
        self.back.append((self.screen, self.cursor))
        self.screen, self.cursor, self.top = screen, None, 0
        self.marked.clear()

    def go_back(self) -> bool:
        """Remove the marks, else the filter, else return to the screen before; False if there is nothing."""
        if self.marked:
            self.marked.clear()
        elif self.back:
            if self.screen == "job":
                self.job = b""
            elif self.screen == "jobs":
                self.queue = b""
            self.screen, self.cursor = self.back.pop()
        elif self.filter:
            self.filter = ""
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
        if self.screen not in ("help", "job"):
            self.cursor = names[self.index(names)] if names else None

    def scroll(self, names: Sequence[bytes], height: int) -> range:
        """The rows to show in this many lines, with the cursor among them."""
        self.height = max(height, 1)
        at = self.index(names)
        self.cursor = names[at] if names else None
        self.top = max(min(self.top, at, len(names) - self.height), 0)
        self.top = max(self.top, at - self.height + 1)
        return range(self.top, min(self.top + self.height, len(names)))

    def mark(self, names: Sequence[bytes]) -> None:
        """Mark the row of the cursor, or unmark it, and go down."""
        if names and self.cursor is not None:
            self.marked ^= {self.cursor}
            self.move(names, 1)

    def chosen(self, names: Sequence[bytes]) -> list[bytes]:
        """The marked rows that are on the screen, else the row of the cursor."""
        shown = [names[at] for at in range(self.top, min(self.top + self.height, len(names)))]
        marked = [name for name in shown if name in self.marked]
        return marked or ([self.cursor] if self.cursor in names and self.cursor is not None else [])

    def next_sort(self) -> None:
        """Sort by the next column."""
        self.sort = SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)]
        self.top = 0


def passes(text: str) -> Callable[[bytes], bool]:
    """A test whether a name contains the text, in any case, or matches it as a pattern."""
    wanted = text.encode("utf-8", "surrogateescape")
    if is_pattern(wanted):
        return matcher(wanted)
    low = wanted.lower()
    return lambda name: low in name.lower()


def arranged(snapshot: Snapshot, choice: Choice) -> list[QueueRow]:
    """The rows of queues that pass the filter, in the chosen order: those in trouble first by default."""
    test = passes(choice.filter) if choice.filter else None
    rows = [row for row in snapshot.rows if test is None or test(row.queue)]
    if choice.sort == "queue":
        rows.sort(key=lambda row: row.queue, reverse=choice.is_reversed)
        return rows
    rows.sort(key=lambda row: row.queue)
    if choice.sort == "trouble":
        rows.sort(key=_by_trouble)
        return rows[::-1] if choice.is_reversed else rows
    rows.sort(key=lambda row: getattr(row, choice.sort) or 0, reverse=not choice.is_reversed)
    return rows


def _by_trouble(row: QueueRow) -> tuple[bool, float, int]:
    return not row.trouble, -(row.rate_out or 0.0), -row.queued
