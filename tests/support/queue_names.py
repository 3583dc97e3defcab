"""Queue names that are hard to show: any bytes are allowed."""

from __future__ import annotations

NAMES = [
    b"plain",
    b"with space",
    b"new\nline",
    b"[red]markup[/red]",
    b"[/x]",
    b"\xff\x00",
    "ünï".encode(),
    b"",
]
