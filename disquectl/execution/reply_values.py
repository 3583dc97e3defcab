"""A reply of any form as one value, for `exec`, which does not know what it sends."""

from __future__ import annotations

from disquectl.errors import ReplyError
from disquectl.protocol.shapes import is_plain, name_of, unexpected
from disquectl.spec.shape import REPLY, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Words
    from disquectl.spec.shape import Value

ONE_REPLY = Shape(("reply",), REPLY, many=False, value="reply")


def as_value(words: Words, reply: Reply) -> Value:
    """The same reply with `{"error": text}` in the place of each error.

    Raises as `unexpected` does for what RESP2 lacks and for arrays that are nested without end.
    """
    if not is_plain(reply):
        raise unexpected(name_of(words), reply)
    return _without_errors(reply)


def _without_errors(reply: Reply) -> Value:
    if isinstance(reply, ReplyError):
        return {"error": reply.message}
    if isinstance(reply, list):
        return [_without_errors(item) for item in reply]
    return reply
