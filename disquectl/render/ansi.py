"""The escape sequences of a terminal that are written without Rich or prompt-toolkit."""

from __future__ import annotations

BOLD = "\x1b[1m"
RED, YELLOW, CYAN = "\x1b[31m", "\x1b[33m", "\x1b[36m"
DIM = "\x1b[2m"
RESET = "\x1b[0m"
# Empties the line of the cursor, which is then at its start.
CLEAR_LINE = "\r\x1b[K"
