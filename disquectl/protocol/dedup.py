"""De-duplicates the names or IDs of scans, with about 20 bytes of memory for each. Pure.

A scan may return an element twice, and so may several nodes.

Only 80 bits of two of Python's keyed hashes are kept of each element: for a thousand million elements the
probability of any collision is less than one in a million.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

BUCKETS = 1 << 16
LAST = BUCKETS - 1
KEY_BYTES = 8


class Deduplicator:
    """A set that only grows: a list of buckets, each the concatenated keys of its elements."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets = [b""] * BUCKETS

    def __contains__(self, element: object) -> bool:
        assert isinstance(element, (bytes, str))
        key = hash(element * 2).to_bytes(KEY_BYTES, "little", signed=True)
        keys = self._buckets[hash(element) & LAST]
        at = keys.find(key)
        while at >= 0 and at % KEY_BYTES:
            at = keys.find(key, at + 1)
        return at >= 0

    def new(self, elements: Iterable[bytes | str]) -> list[bool]:
        """Add the elements, all of one type; return for each whether it was new."""
        # One function without calls, for speed with many millions of elements.
        buckets, is_new = self._buckets, []
        for element in elements:
            index = hash(element) & LAST
            key = hash(element * 2).to_bytes(KEY_BYTES, "little", signed=True)
            keys = buckets[index]
            at = keys.find(key)
            while at >= 0 and at % KEY_BYTES:
                at = keys.find(key, at + 1)  # this match is not at the start of a key
            is_new.append(at < 0)
            if at < 0:
                buckets[index] = keys + key
        return is_new
