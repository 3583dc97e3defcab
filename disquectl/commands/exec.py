"""exec: words as they are, to the server. Also the way to what has no command of its own."""

from __future__ import annotations

from disquectl.commands.kinds import WORD
from disquectl.commands.lookup import own_wait_ms, row_of
from disquectl.commands.road import exchange, show
from disquectl.commands.row import TOOLS, Argument, Row
from disquectl.errors import ReplyError
from disquectl.protocol.shapes import is_plain, name_of, unexpected
from disquectl.render.shape import REPLY, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Values, Words
    from disquectl.commands.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.render.shape import Value

REPLY_SHAPE = Shape(("reply",), REPLY, many=False, value="reply")


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


def run(row: Row, values: Values, session: Session) -> None:
    """One command from the words, or those of stdin, one a line."""
    words: Words = list(values["word"])
    session.check_output(REPLY_SHAPE)
    if words == [b"-"]:
        from disquectl.commands.script import run_lines

        run_lines(session)
        return
    behind = row_of(words)
    session.guard(behind, words)
    reply = exchange(behind, words, session, wait_ms=own_wait_ms(words))
    show(REPLY_SHAPE, [{"reply": as_value(words, reply)}], session)


ROW = Row(
    "exec",
    "Send words as they are, or one command a line from stdin.",
    group=TOOLS,
    rest_is_data=True,
    arguments=(Argument("word", WORD, "The words; - reads commands from stdin, one a line.", many=True),),
    details="Options stand before the first word; all that follows is data. With -, lines are quoted as in "
    "redis-cli (\"a\\n\\x00\", '...'), are sent together and answered in their order; what would break "
    "that order is refused: MONITOR, CLIENT REPLY, and a GETJOB that may wait.",
    example="disquectl exec QLEN mail",
    shape=lambda _: REPLY_SHAPE,
    run=run,
)
