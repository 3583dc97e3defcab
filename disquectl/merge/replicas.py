"""A copy of a job as SHOW and JSCAN give it: names and values in one flat array, read without making a dict.

Hundreds of thousands of them come in one answer. Pure; a reply of another form is NotDisque.
"""

from __future__ import annotations

from operator import itemgetter

from disquectl.protocol.shapes import array, digits, pairs, unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from disquectl.protocol.resp import Reply

    # A flat array of names and values, in the order of NAMES.
    Copy: TypeAlias = list[Any]

NAMES = (
    b"id",
    b"queue",
    b"state",
    b"repl",
    b"ttl",
    b"ctime",
    b"delay",
    b"retry",
    b"nacks",
    b"additional-deliveries",
    b"nodes-delivered",
    b"nodes-confirmed",
    b"next-requeue-within",
    b"next-awake-within",
    b"body",
)
# Where each value stands.
ID, QUEUE, STATE, REPL, TTL, CTIME, DELAY, RETRY = range(1, 16, 2)
NACKS, DELIVERIES, DELIVERED, CONFIRMED, REQUEUE, AWAKE, BODY = range(17, 30, 2)
# What is kept or shown as it comes, with the types that it may have.
_COUNTED_ON: tuple[tuple[Callable[[Copy], object], set[type]], ...] = (
    (itemgetter(ID), {bytes}),
    (itemgetter(QUEUE), {bytes}),
    (itemgetter(CTIME), {int}),
    (itemgetter(RETRY), {int}),
    (itemgetter(BODY), {bytes, type(None)}),
)
_NONE_OF_THESE: dict[bytes, Any] = {
    b"queue": b"",
    b"nodes-delivered": [],
    b"nodes-confirmed": [],
    b"body": b"",
}


def page_of(reply: Reply) -> tuple[int, list[Copy]]:
    """A page of JSCAN REPLY all: the next cursor, and copies in the order of NAMES.

    What a server leaves out is 0, nil or empty; what it adds is left out.
    """
    cursor, copies = array("JSCAN", reply, at_least=2)[:2]
    found: list[Any] = array("JSCAN", copies)
    if found and (not isinstance(found[0], list) or tuple(found[0][0::2]) != NAMES):
        found = [ordered(copy) for copy in found]
    try:
        if any(not types.issuperset(map(type, map(value, found))) for value, types in _COUNTED_ON):
            raise unexpected("JSCAN", found)
    except (TypeError, IndexError):
        raise unexpected("JSCAN", found) from None
    return digits("JSCAN", cursor), found


def ordered(reply: Reply) -> Copy:
    """One copy, from a reply whose fields may stand in any order."""
    given = {name.encode(): value for name, value in pairs("JSCAN", reply)}
    if b"id" not in given or b"state" not in given:
        raise unexpected("JSCAN", reply)
    copy: Copy = []
    for name in NAMES:
        nil = name.startswith(b"next-")
        copy += [name, given.get(name, None if nil else _NONE_OF_THESE.get(name, 0))]
    return copy
