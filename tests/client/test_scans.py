"""Scans to their end: each element once, and little memory however much there is."""

import tracemalloc

from tests.support.scripted_node import ScriptedNode, silent


def pages(count, names_of):
    """Replies to QSCAN or JSCAN; the cursor of the last is 0."""
    for i in range(count):
        names = names_of(i)
        cursor = b"%d" % ((i + 1) % count)
        texts = b"".join(b"$%d\r\n%b\r\n" % (len(name), name) for name in names)
        yield b"*2\r\n$%d\r\n%b\r\n*%d\r\n%b" % (len(cursor), cursor, len(names), texts)


def test_what_comes_twice_is_given_once(make_client):
    def names_of(i):
        return [b"D-%d" % (i // 2), b"D-%d" % (i // 2), b"D-x%d" % i]

    expected = [b"D-0", b"D-x0", b"D-x1", b"D-1", b"D-x2", b"D-x3"]
    with ScriptedNode([*pages(4, names_of), *pages(4, names_of)]) as node:
        client = make_client(node.address)
        assert list(client.qscan_all()) == expected
        assert [job["id"].encode() for job in client.jscan_all()] == expected


def test_a_scan_holds_a_page_and_not_all_that_came(make_client):
    script = [*pages(30, lambda i: [b"%d-%d-" % (i, j) + b"x" * 10_000 for j in range(100)]), silent]
    with ScriptedNode(script) as node:
        client = make_client(node.address)
        tracemalloc.start()
        try:
            assert sum(1 for _ in client.qscan_all()) == 3000
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    # A page is a megabyte, and all of them are thirty.
    assert peak < 12_000_000
