"""The memory that a process uses: its resident set, as Linux counts it."""

from __future__ import annotations

import os

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def can_be_read() -> bool:
    """Whether this system tells how much memory a process uses."""
    return os.path.exists("/proc/self/statm")


def resident_bytes(pid: int) -> int:
    """Return the bytes of memory that the process uses now, without its children; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/statm", "rb", buffering=0) as file:
            return int(file.read().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0
