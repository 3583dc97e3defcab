"""What a phase of a measurement found: jobs, time, errors, latencies; added up over processes. Pure."""

from __future__ import annotations

from disquectl.merge.latencies import Latencies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from disquectl.spec.shape import Record


class Measured:
    """One phase.

    jobs        that were added, or taken and acknowledged
    errors      kind -> how many
    begin, end  in seconds of a clock that all processes share
    """

    __slots__ = ("begin", "end", "errors", "jobs", "latencies")

    def __init__(self, begin: float = 0.0, end: float = 0.0) -> None:
        self.begin = begin
        self.end = end
        self.jobs = 0
        self.errors: dict[str, int] = {}
        self.latencies = Latencies()

    @property
    def failed(self) -> int:
        """The number of errors."""
        return sum(self.errors.values())

    def add_errors(self, errors: dict[str, int]) -> None:
        """Count errors by kind."""
        for kind, count in errors.items():
            self.errors[kind] = self.errors.get(kind, 0) + count

    def record(self) -> Record:
        """Jobs, seconds, jobs per second, errors, and latencies in ms."""
        seconds = max(self.end - self.begin, 0.0)
        return {
            "jobs": self.jobs,
            "seconds": round(seconds, 6),
            "rate": round(self.jobs / seconds, 1) if seconds else 0.0,
            "errors": dict(sorted(self.errors.items())),
            "latency": self.latencies.record(),
        }

    def parts(self) -> dict[str, Any]:
        """What `from_parts` makes the same of; fit for JSON."""
        return {
            "begin": self.begin,
            "end": self.end,
            "jobs": self.jobs,
            "errors": self.errors,
            "latencies": self.latencies.parts(),
        }

    @classmethod
    def from_parts(cls, parts: dict[str, Any]) -> Measured:
        """The phase with these `parts`."""
        made = cls(parts["begin"], parts["end"])
        made.jobs = parts["jobs"]
        made.errors = parts["errors"]
        made.latencies = Latencies.from_parts(parts["latencies"])
        return made


def together(found: list[Measured]) -> Measured:
    """What several processes measured at the same time, as one; at least one of them."""
    total = Measured(min(one.begin for one in found), max(one.end for one in found))
    for one in found:
        total.jobs += one.jobs
        total.add_errors(one.errors)
        total.latencies.merge(one.latencies)
    return total
