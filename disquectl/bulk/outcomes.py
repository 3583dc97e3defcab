"""The outcome of each line of the input: added, refused, unknown, or not sent. Pure.

Every line that was read has exactly one outcome, so that the counts add up to the input.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Ranges:
    """Line numbers in ascending order, kept as ranges: `3, 7-9`."""

    __slots__ = ("_ranges", "count")

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []
        self.count = 0

    def add(self, number: int) -> None:
        """Add a number that is larger than all before it."""
        self.count += 1
        if self._ranges and self._ranges[-1][1] == number - 1:
            self._ranges[-1] = (self._ranges[-1][0], number)
        else:
            self._ranges.append((number, number))

    def below(self, limit: int) -> Ranges:
        """The numbers up to the limit."""
        found = Ranges()
        for first, last in self._ranges:
            for number in range(first, min(last, limit) + 1):
                found.add(number)
        return found

    def numbers(self) -> list[int]:
        """The numbers as a list."""
        return [number for first, last in self._ranges for number in range(first, last + 1)]

    def __str__(self) -> str:
        return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in self._ranges)


class LineOutcomes:
    """Counts and line numbers. `last`: the last line with another outcome than not sent."""

    __slots__ = ("_unsent", "added", "empty", "last", "refused", "unknown", "unwritten")

    def __init__(self, skipped: int = 0) -> None:
        self.added = 0
        self.refused = 0
        self.empty = 0
        self.last = skipped
        self.unknown = Ranges()
        self.unwritten = Ranges()  # added, and the ID could not be written
        self._unsent = Ranges()

    def all_added(self, numbers: Sequence[int]) -> None:
        """Note that these lines were added."""
        self.added += len(numbers)
        self.last = numbers[-1]

    def note_added(self, number: int) -> None:
        """Note that this line was added."""
        self.added += 1
        self.last = number

    def note_refused(self, number: int) -> None:
        """Note that this line was refused."""
        self.refused += 1
        self.last = number

    def note_unknown(self, number: int) -> None:
        """Note that this line may have been added."""
        self.unknown.add(number)
        self.last = number

    def note_unsent(self, numbers: Sequence[int]) -> None:
        """Note lines that were read and not sent."""
        for number in numbers:
            self._unsent.add(number)

    @property
    def gaps(self) -> Ranges:
        """Lines that were not sent although later ones were, which several connections make possible."""
        return self._unsent.below(self.last)

    @property
    def settled(self) -> int:
        """The number of lines with an outcome."""
        return self.added + self.refused + self.unknown.count

    def summary(self) -> str:
        """The counts, with the numbers of the lines that need a check."""
        parts = [f"{self.added} added", f"{self.refused} refused"]
        if self.unknown.count:
            parts.append(f"{self.unknown.count} unknown (lines {self.unknown})")
        if self.unwritten.count:
            parts.append(
                f"{self.unwritten.count} of those added without their ID written (lines {self.unwritten})"
            )
        if (gaps := self.gaps).count:
            parts.append(f"{gaps.count} before that not sent (lines {gaps})")
        if self.empty:
            parts.append(f"{self.empty} empty lines left out")
        return ", ".join(parts)

    def resume_summary(self) -> str:
        """The summary of a run that ended before its input, and how to continue it."""
        return f"stopped after line {self.last}: {self.summary()}; --skip {self.last} goes on there"
