"""The shape and record of replies that are only OK, or one value."""

from __future__ import annotations

from disquectl.protocol.shapes import name_of, unexpected
from disquectl.spec.shape import VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Values, Words

REPLY = Shape(("reply",), VALUE, many=False, value="reply")


def reply_shape(values: Values) -> Shape:
    """One value under the name `reply`."""
    return REPLY


def reply_record(words: Words, reply: Reply) -> Iterable[Record]:
    """The reply as it is; a connection that was closed instead of an answer says OK."""
    return [{"reply": "OK"}] if reply is None else value_record(words, reply)


def value_record(words: Words, reply: Reply) -> Iterable[Record]:
    """The reply as it is, nil too. Raises as `unexpected` does for what is not one value."""
    if reply is not None and not isinstance(reply, bytes) and type(reply) is not int:
        raise unexpected(name_of(words), reply)
    return [{"reply": reply}]
