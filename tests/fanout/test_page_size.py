"""How many whole jobs are asked for at a time."""

from disquectl.fanout.page_size import MOST_PER_PAGE, MOST_SHOWN, PAGE_BYTES, PageSize, batches_to_show
from disquectl.merge.replicas import BODY, NAMES


def replica(body):
    flat = [None] * (2 * len(NAMES))
    flat[BODY] = body
    return flat


def test_the_next_page_has_fewer_jobs_where_bodies_are_large():
    size = PageSize()
    assert size.count == MOST_PER_PAGE
    size.note([replica(b"x" * 10_000), replica(b"x" * 30_000)])
    assert size.count == PAGE_BYTES // 20_001
    size.note([])
    assert size.count == PAGE_BYTES // 20_001
    size.note([replica(b"x" * (4 * PAGE_BYTES))])
    assert size.count == 1
    size.note([replica(None)])
    assert size.count == MOST_PER_PAGE


def test_batches_are_bounded_by_their_bodies_and_by_their_number():
    assert list(batches_to_show({})) == []
    half = PAGE_BYTES // 2
    assert list(batches_to_show({b"a": half, b"b": half, b"c": 1, b"d": 9 * half})) == [
        [b"a", b"b"],
        [b"c"],
        [b"d"],
    ]
    many = {b"%d" % number: 0 for number in range(MOST_SHOWN + 1)}
    assert [len(batch) for batch in batches_to_show(many)] == [MOST_SHOWN, 1]
