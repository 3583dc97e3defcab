"""How busy a node is right now: INFO's instantaneous numbers. Knows no clock: it is told the time."""

from __future__ import annotations


class Rates:
    """Averages over about the last second."""

    def __init__(self, now_ms: int) -> None:
        self.commands_per_s = self.input_bytes_per_s = self.output_bytes_per_s = 0
        self._since_ms = now_ms
        self._commands = self._input_bytes = self._output_bytes = 0

    def update(self, now_ms: int, commands: int, input_bytes: int, output_bytes: int) -> None:
        """Told the totals so far, works the rates out anew once a second."""
        elapsed_ms = now_ms - self._since_ms
        if elapsed_ms < 1000:
            return
        # CONFIG RESETSTAT sets the totals back: no rate is below 0.
        self.commands_per_s = max(commands - self._commands, 0) * 1000 // elapsed_ms
        self.input_bytes_per_s = max(input_bytes - self._input_bytes, 0) * 1000 // elapsed_ms
        self.output_bytes_per_s = max(output_bytes - self._output_bytes, 0) * 1000 // elapsed_ms
        self._since_ms = now_ms
        self._commands, self._input_bytes, self._output_bytes = commands, input_bytes, output_bytes
