"""Human-readable numbers: durations, sizes and points in time, as tables show them.

The current time is passed in; the time zone is that of the process. Knows no format.
"""

from __future__ import annotations

from time import localtime, strftime

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def duration(seconds: float) -> str:
    """`230ms`, `6.2s`, `45s`, `5m`, `2h 3m`, `12d 4h`: two units at most, rounded down."""
    if seconds < 0:
        return "-" + duration(-seconds)
    if seconds < 1:
        return f"{seconds * 1_000:.0f}ms" if seconds else "0s"
    if seconds < 10 and seconds != int(seconds):
        return f"{int(seconds * 10) / 10:g}s"
    rest = int(seconds)
    parts: list[str] = []
    for name, length in _UNITS:
        count, rest = divmod(rest, length)
        if count or parts:
            parts.append(f"{count}{name}" if count else "")
    return " ".join(part for part in parts[:2] if part)


def size(count: float) -> str:
    """`512 B`, `1.2 MiB`, `1.0 GiB`. A KiB is 1024 bytes."""
    amount, unit = float(abs(count)), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        # Amounts that would round up to 1024 use the larger unit.
        if amount < 1023.95:
            break
        amount, unit = amount / 1024, larger
    number = f"{amount:.0f}" if unit == "B" else f"{amount:.1f}"
    return f"{'-' if count < 0 else ''}{number} {unit}"


def ago(age_ms: float) -> str:
    """`just now`, `5m ago`, and `in 5m` for the future; only the largest unit."""
    if abs(age_ms) < 1_000:
        return "just now"
    largest = duration(int(abs(age_ms) / 1_000)).partition(" ")[0]
    return f"in {largest}" if age_ms < 0 else f"{largest} ago"


def point(unix_seconds: float) -> str:
    """`2026-07-29 10:00:03`: a point in time, in local time; the number itself if it is out of range."""
    try:
        return strftime("%Y-%m-%d %H:%M:%S", localtime(unix_seconds))
    except (OverflowError, OSError, ValueError):
        return str(unix_seconds)


def time_of_day(seconds: float) -> str:
    """`14:03:59.123`, local; the number itself if it is out of range."""
    try:
        return strftime("%H:%M:%S", localtime(seconds)) + f".{int(seconds * 1000 % 1000):03d}"
    except (OverflowError, OSError, ValueError):
        return str(seconds)


def counted(number: int, one: str, several: str = "") -> str:
    """`1 job`, `3 jobs`, `1,200 jobs`; with both forms given, also `1 job is`, `3 jobs are`."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def since(iso: str, now_ms: int) -> str:
    """`5m ago` for a point in time as in ISO 8601; any other text is unchanged."""
    from datetime import datetime

    try:
        return ago(now_ms - datetime.fromisoformat(iso).timestamp() * 1_000)
    except (ValueError, OverflowError, OSError):
        return iso


def show(value: float, kind: str, now_ms: int | None) -> str:
    """Format a number of this kind; a number of any other kind is unchanged.

    bytes     a size
    seconds   a duration; `ms` and `us` likewise
    ctime_ns  a point in time in ns since 1970, shown as how long ago it was; without `now_ms` as the point
    unix_ms   a point in time in ms since 1970, likewise; 0 is none
    unix      a point in time in s since 1970, shown as such
    """
    if kind == "bytes":
        return size(value)
    if kind == "seconds":
        return duration(value)
    if kind == "ms":
        return duration(value / 1_000)
    if kind == "us":
        return f"{value} µs" if abs(value) < 1_000 else duration(value / 1_000_000)
    if kind == "ctime_ns":
        seconds = value / 1_000_000_000
        return point(seconds) if now_ms is None else ago(now_ms - seconds * 1_000)
    if kind == "unix_ms":
        if not value:
            return ""
        return point(value / 1_000) if now_ms is None else ago(now_ms - value)
    if kind == "unix":
        return point(value)
    return str(value)
