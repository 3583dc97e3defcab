"""Replicas of jobs as SHOW and JSCAN return them: flat arrays of names and values, read without making dicts.

One scan returns hundreds of thousands of them. Pure; a reply of another form raises NotDisque.
"""

from __future__ import annotations

from itertools import chain
from operator import itemgetter

from disquectl.protocol.shapes import array, digits, pairs, unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from disquectl.protocol.resp import Reply

    # A flat array of names and values, in the order of NAMES.
    FlatReplica: TypeAlias = list[Any]

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
# The index of each value.
ID, QUEUE, STATE, REPL, TTL, CTIME, DELAY, RETRY = range(1, 16, 2)
NACKS, DELIVERIES, DELIVERED, CONFIRMED, REQUEUE, AWAKE, BODY = range(17, 30, 2)
# Values that are kept or shown unchanged, with the types that they may have.
_REQUIRED_TYPES: tuple[tuple[Callable[[FlatReplica], object], set[type]], ...] = (
    (itemgetter(ID), {bytes}),
    (itemgetter(QUEUE), {bytes}),
    (itemgetter(CTIME), {int}),
    (itemgetter(RETRY), {int}),
    (itemgetter(TTL), {int}),
    (itemgetter(NACKS), {int}),
    (itemgetter(DELIVERIES), {int}),
    (itemgetter(BODY), {bytes, type(None)}),
)
# All values that are calculated with or written.
_TYPES: tuple[tuple[Callable[[FlatReplica], object], set[type]], ...] = (
    *_REQUIRED_TYPES,
    (itemgetter(REPL), {int}),
    (itemgetter(DELAY), {int}),
    (itemgetter(REQUEUE), {int, type(None)}),
    (itemgetter(AWAKE), {int, type(None)}),
    (itemgetter(DELIVERED), {list}),
)
_STATES = {b"acked", b"queued", b"wait-repl", b"active"}
_USUAL_TYPES = {(bytes, bytes, bytes, *[int] * 7, list, list, due, due, bytes) for due in (int, type(None))}
_DEFAULTS: dict[bytes, Any] = {
    b"queue": b"",
    b"nodes-delivered": [],
    b"nodes-confirmed": [],
    b"body": b"",
}


def page_of(reply: Reply) -> tuple[int, list[FlatReplica]]:
    """A page of JSCAN REPLY all: the next cursor, and replicas in the order of NAMES.

    Fields that the server does not send are 0, nil or empty; unknown fields are left out.
    """
    cursor, replicas = array("JSCAN", reply, at_least=2)[:2]
    found: list[Any] = array("JSCAN", replicas)
    if found and (not isinstance(found[0], list) or tuple(found[0][0::2]) != NAMES):
        found = [ordered(replica) for replica in found]
    try:
        if any(not types.issuperset(map(type, map(value, found))) for value, types in _REQUIRED_TYPES):
            raise unexpected("JSCAN", found)
    except (TypeError, IndexError, KeyError):
        raise unexpected("JSCAN", found) from None
    return digits("JSCAN", cursor), found


def check_all(replicas: list[FlatReplica], command: str = "JSCAN") -> None:
    """Raise NotDisque unless all values that are calculated with or written have their types."""
    try:
        is_right = all(types.issuperset(map(type, map(value, replicas))) for value, types in _TYPES)
        node_ids = chain.from_iterable(map(itemgetter(DELIVERED), replicas))
        has_states = is_right and _STATES.issuperset(map(itemgetter(STATE), replicas))
        if has_states and {bytes}.issuperset(map(type, node_ids)):
            return
    except (TypeError, IndexError, KeyError):
        pass
    raise unexpected(command, replicas)


def ordered(reply: Reply) -> FlatReplica:
    """One replica, from a reply with its fields in any order. Raises NotDisque."""
    if isinstance(reply, list) and tuple(reply[0::2]) == NAMES:
        return reply
    given = {name.encode(): value for name, value in pairs("JSCAN", reply)}
    if b"id" not in given or b"state" not in given:
        raise unexpected("JSCAN", reply)
    replica: FlatReplica = []
    for name in NAMES:
        nil = name.startswith(b"next-")
        replica += [name, given.get(name, None if nil else _DEFAULTS.get(name, 0))]
    return replica


def shown(reply: Reply) -> FlatReplica | None:
    """The replica in a reply to SHOW, with the types of all its fields checked; None if there is none.

    Raises NotDisque.
    """
    if reply is None:
        return None
    replica = ordered(reply)
    # What a node sends as a rule is found right in one look.
    is_usual = tuple(map(type, replica[1::2])) in _USUAL_TYPES and replica[STATE] in _STATES
    if is_usual and {bytes}.issuperset(map(type, replica[DELIVERED])):
        return replica
    if replica[QUEUE] is None:
        replica[QUEUE] = b""  # an acknowledgement of a job that the node does not have
    check_all([replica], "SHOW")
    return replica
