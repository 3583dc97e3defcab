"""How many whole jobs to ask a node for at a time, so that bodies of any size make no huge reply. Pure."""

from __future__ import annotations

from disquectl.merge.replicas import BODY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.merge.replicas import FlatReplica

# Elements that a node looks at for one page; fewer if the bodies are large.
MOST_PER_PAGE, FIRST_PER_PAGE = 1000, 100
# Bytes of bodies that one page, or the replies to a batch of SHOW, should have at most.
PAGE_BYTES = 1 << 20
MOST_SHOWN = 500


class PageSize:
    """How many elements a node looks at for the next page, by the bodies of the last one."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = MOST_PER_PAGE

    def note(self, replicas: list[FlatReplica]) -> None:
        """Look at the bodies of a page."""
        if replicas:
            size = sum(len(replica[BODY] or b"") for replica in replicas) // len(replicas) + 1
            self.count = max(1, min(MOST_PER_PAGE, PAGE_BYTES // size))


def batches_to_show(sizes: dict[bytes, int]) -> Iterator[list[bytes]]:
    """The IDs in batches whose bodies have about PAGE_BYTES at most."""
    some: list[bytes] = []
    total = 0
    for job_id, size in sizes.items():
        if some and (total + size > PAGE_BYTES or len(some) >= MOST_SHOWN):
            yield some
            some, total = [], 0
        some.append(job_id)
        total += size
    if some:
        yield some
