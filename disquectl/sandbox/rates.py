"""Current rates of a node: INFO's instantaneous numbers. Times are passed in."""

from __future__ import annotations


class Rates:
    """Averages over about the last second."""

    def __init__(self, now_ms: int) -> None:
        self.commands_per_s = self.input_bytes_per_s = self.output_bytes_per_s = 0
        self._since_ms = now_ms
        self._commands = self._input_bytes = self._output_bytes = 0

    def update(self, now_ms: int, commands: int, input_bytes: int, output_bytes: int) -> None:
        """Compute the rates from the totals so far, once a second."""
        elapsed_ms = now_ms - self._since_ms
        if elapsed_ms < 1000:
            return
        # CONFIG RESETSTAT resets the totals: rates must not be negative.
        self.commands_per_s = max(commands - self._commands, 0) * 1000 // elapsed_ms
        self.input_bytes_per_s = max(input_bytes - self._input_bytes, 0) * 1000 // elapsed_ms
        self.output_bytes_per_s = max(output_bytes - self._output_bytes, 0) * 1000 // elapsed_ms
        self._since_ms = now_ms
        self._commands, self._input_bytes, self._output_bytes = commands, input_bytes, output_bytes
