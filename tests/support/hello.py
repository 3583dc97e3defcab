"""Replies to HELLO, made by hand."""

from __future__ import annotations

from disquectl.protocol.resp import encode

# Node IDs.
A, B, C = "a" * 40, "b" * 40, "c" * 40


def entry(node_id, address, priority=1):
    """A node in a reply to HELLO; the address may be `:port`."""
    host, _, port = address.rpartition(":")
    return encode((node_id, host, port, priority))


def hello(own, *entries):
    """A reply to HELLO."""
    return b"*%d\r\n:1\r\n" % (2 + len(entries)) + encode((own,))[4:] + b"".join(entries)
