"""Matches names with glob patterns, as CONFIG GET does: `*`, `?`, `[a-z]`, `[^x]` and backslash.

Pure. Source: the pattern language of Redis 3; case-sensitive.
"""

from __future__ import annotations

import re


def matches(pattern: bytes, name: bytes) -> bool:
    """Whether `pattern` matches all of `name`."""
    return re.compile(_translate(pattern), re.DOTALL).fullmatch(name) is not None


def _translate(pattern: bytes) -> bytes:
    """Return the pattern as a regular expression."""
    parts: list[bytes] = []
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        at += 1
        if char == b"*":
            # Several stars mean one; as a regular expression they would cause catastrophic backtracking.
            if not parts or parts[-1] != b".*":
                parts.append(b".*")
        elif char == b"?":
            parts.append(b".")
        elif char == b"[":
            expression, at = _translate_class(pattern, at)
            parts.append(expression)
        elif char == b"\\" and at < len(pattern):
            parts.append(re.escape(pattern[at : at + 1]))
            at += 1
        else:
            parts.append(re.escape(char))
    return b"".join(parts)


def _translate_class(pattern: bytes, at: int) -> tuple[bytes, int]:
    """Return the class that starts at `at`, and where it ends; an unclosed class ends with the pattern."""
    negated = pattern[at : at + 1] == b"^"
    at += negated
    members: list[bytes] = []
    while at < len(pattern) and pattern[at] != 0x5D:
        if pattern[at] == 0x5C and at + 1 < len(pattern):
            members.append(re.escape(pattern[at + 1 : at + 2]))
            at += 2
        elif pattern[at + 1 : at + 2] == b"-" and at + 2 < len(pattern):
            low, high = sorted((pattern[at], pattern[at + 2]))
            members.append(re.escape(bytes([low])) + b"-" + re.escape(bytes([high])))
            at += 3
        else:
            members.append(re.escape(pattern[at : at + 1]))
            at += 1
    if not members:
        return (b"." if negated else b"(?!)"), at + 1
    return b"[" + b"^" * negated + b"".join(members) + b"]", at + 1
