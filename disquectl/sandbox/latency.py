"""Latency samples: one a second and event, the 160 newest of each. Times are passed in."""

from __future__ import annotations

from collections import deque

_MAX_SAMPLES = 160
_GRAPH_COLUMNS = 80
_GRAPH_ROWS = 4


class LatencyEvents:
    """The samples (second, milliseconds) of each event, oldest first, and its maximum since the start."""

    def __init__(self) -> None:
        self.samples: dict[bytes, deque[tuple[int, int]]] = {}
        self.highest_ms: dict[bytes, int] = {}

    def add(self, event: bytes, time_s: int, latency_ms: int) -> None:
        samples = self.samples.setdefault(event, deque(maxlen=_MAX_SAMPLES))
        if samples and samples[-1][0] == time_s:
            latency_ms = max(latency_ms, samples.pop()[1])
        samples.append((time_s, latency_ms))
        self.highest_ms[event] = max(latency_ms, self.highest_ms.get(event, 0))

    def reset(self, event: bytes) -> int:
        """1 if there was such an event, else 0."""
        self.highest_ms.pop(event, None)
        return 0 if self.samples.pop(event, None) is None else 1

    def graph(self, event: bytes) -> bytes:
        """The newest samples as bars, the highest reaching the top row."""
        latencies = [latency for _, latency in self.samples[event]][-_GRAPH_COLUMNS:]
        high, low = max(latencies), min(latencies)
        lines = [
            b"%b - high %d ms, low %d ms (all time high %d ms)" % (event, high, low, self.highest_ms[event]),
            b"-" * _GRAPH_COLUMNS,
        ]
        for row in range(_GRAPH_ROWS, 0, -1):
            reached = high * (row - 1) / _GRAPH_ROWS
            lines.append(b"".join(b"#" if latency > reached else b" " for latency in latencies))
        return b"\n".join(lines) + b"\n"

    def report(self) -> bytes:
        """Return the text of LATENCY DOCTOR; there must be samples."""
        lines = [b"Dave, I have observed latency spikes in this sandbox:", b""]
        for number, (event, samples) in enumerate(self.samples.items(), 1):
            average = sum(latency for _, latency in samples) // len(samples)
            lines.append(
                b"%d. %b: %d latency spikes (average %dms). Worst of all %dms."
                % (number, event, len(samples), average, self.highest_ms[event])
            )
        return b"\n".join(lines) + b"\n"
