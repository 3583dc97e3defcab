"""Which names or IDs have come already, in little memory: about 20 bytes for each, however long it is. Pure.

Not the elements are kept but 80 bits of two of Python's keyed hashes of each: for a thousand million elements
the chance that any two are taken for one is less than one in a million.
"""

from __future__ import annotations

BUCKETS = 1 << 16
KEY_BYTES = 8


class Seen:
    """A set that only grows. A list of buckets, each the keys of its elements one behind the other."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets = [b""] * BUCKETS

    def add(self, element: bytes) -> bool:
        """Add it; whether it is new."""
        index = hash(element) & (BUCKETS - 1)
        key = hash(b"\0" + element).to_bytes(KEY_BYTES, "little", signed=True)
        keys = self._buckets[index]
        at = keys.find(key)
        while at >= 0 and at % KEY_BYTES:
            at = keys.find(key, at + 1)  # it began inside another key
        if at >= 0:
            return False
        self._buckets[index] = keys + key
        return True
