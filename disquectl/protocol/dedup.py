"""`Seen`: the names or IDs that a scan has returned already, in about 20 bytes each. Pure.

A scan may give an element twice, and so may several nodes.

Not the elements are kept but 80 bits of two of Python's keyed hashes of each: for a thousand million elements
the chance that any two are taken for one is less than one in a million.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

BUCKETS = 1 << 16
LAST = BUCKETS - 1
KEY_BYTES = 8


class Seen:
    """A set that only grows. A list of buckets, each the keys of its elements one behind the other."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets = [b""] * BUCKETS

    def new(self, elements: Iterable[bytes | str]) -> list[bool]:
        """Add elements, all of one type; return for each whether it was new."""
        # All in one function, for many millions of them.
        buckets, is_new = self._buckets, []
        for element in elements:
            index = hash(element) & LAST
            key = hash(element * 2).to_bytes(KEY_BYTES, "little", signed=True)
            keys = buckets[index]
            at = keys.find(key)
            while at >= 0 and at % KEY_BYTES:
                at = keys.find(key, at + 1)  # it began inside another key
            is_new.append(at < 0)
            if at < 0:
                buckets[index] = keys + key
        return is_new
