"""exec -: commands from stdin, one a line, many in flight, replies in their order."""

from __future__ import annotations

from disquectl.commands.exec import REPLY_SHAPE, as_value
from disquectl.commands.inputs import line_chunks
from disquectl.commands.lookup import own_wait_ms, row_of
from disquectl.commands.quoting import split
from disquectl.errors import PartlyDone, ReplyError, UsageError
from disquectl.protocol.secrets import masked_reply
from disquectl.render.escape import for_terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.commands.row import Words
    from disquectl.commands.session import Session
    from disquectl.render.stream import Writer

    # A line of stdin: its number, and its words or why they are refused.
    Line = tuple[int, Words | ReplyError]


class Tally:
    """How many lines were answered and how many of them with an error."""

    __slots__ = ("answered", "refused")

    def __init__(self) -> None:
        self.answered = 0
        self.refused = 0


def run_lines(session: Session) -> None:
    """Send the lines batch by batch. A line that must not be sent ends the run; what came before is shown."""
    out = session.line_writer(REPLY_SHAPE)
    tally = Tally()
    try:
        for batch in _batches(session):
            _answer(batch, out, tally, session)
    finally:
        out.finish()
    if not tally.refused:
        return
    if tally.refused == tally.answered:
        raise ReplyError(f"ERR all {tally.refused} commands were refused")
    raise PartlyDone(f"{tally.answered - tally.refused} commands carried out, {tally.refused} refused")


def _answer(batch: list[Line], out: Writer, tally: Tally, session: Session) -> None:
    """Send what is to be sent, and write each reply, or the reason why it was not sent, in its place."""
    sent = [words for _, words in batch if not isinstance(words, ReplyError)]
    replies = iter(session.client.call_many(sent, wait_ms=_wait_ms(sent)))
    for number, words in batch:
        reply = words if isinstance(words, ReplyError) else next(replies)
        tally.answered += 1
        if isinstance(reply, ReplyError):
            tally.refused += 1
            session.problem(f"line {number}: {reply.message}")
        elif not session.settings.show_secrets and not isinstance(words, ReplyError):
            reply = masked_reply(words, reply)
        out.write({"reply": as_value(reply)})
    out.flush()


def _wait_ms(requests: list[Words]) -> int | None:
    """The longest that one of them may be held by the server."""
    waits = [own_wait_ms(words) for words in requests]
    return None if None in waits else max((wait or 0 for wait in waits), default=0)


def _batches(session: Session) -> Iterator[list[Line]]:
    """The lines that are there at once go out together, so that memory does not grow with the input."""
    for chunk in line_chunks(session.streams.stdin):
        batch: list[Line] = []
        for number, line in chunk:
            try:
                words = _checked(line, session)
            except UsageError as problem:
                if batch:
                    yield batch
                problem.message = f"line {number}: {problem.message}"
                raise
            if words:
                batch.append((number, words))
        if batch:
            yield batch


def _checked(line: bytes, session: Session) -> Words | ReplyError:
    """The words of a line, or why this one line is refused. A guard that stops it raises UsageError."""
    try:
        words = split(line)
    except UsageError as problem:
        return ReplyError(f"ERR {problem.message}")
    if not words:
        return words
    if breaks_order(words):
        return ReplyError(f"ERR {for_terminal(words[0])} would break the order of the replies here")
    session.guard(row_of(words), words)
    return words


def breaks_order(words: Words) -> bool:
    """Whether the replies would no longer stand in the order of the requests."""
    verb = words[0].upper()
    if verb == b"CLIENT":
        return len(words) > 1 and words[1].upper() == b"REPLY"
    return verb == b"MONITOR" or (verb == b"GETJOB" and own_wait_ms(words) != 0)
