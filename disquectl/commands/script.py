"""exec -: commands from stdin, one a line, many in flight, replies in their order."""

from __future__ import annotations

from disquectl.client.opening import with_advice
from disquectl.client.pipeline import LostInFlight, NotAllSent
from disquectl.commands.exec import as_value
from disquectl.commands.inputs import line_chunks
from disquectl.commands.lookup import as_compared, own_wait_ms, row_of
from disquectl.commands.quoting import split
from disquectl.errors import NotAuthorised, PartlyDone, ReplyError, UsageError
from disquectl.protocol.secrets import masked_reply
from disquectl.render.escape import for_terminal
from disquectl.render.shape import REPLY, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.commands.row import Row, Words
    from disquectl.commands.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.render.stream import Writer

    # A line of stdin: its number, and its words or why they are refused.
    Line = tuple[int, Words | ReplyError]

REPLIES = Shape(("reply",), REPLY, many=True, value="reply")


class Rows:
    """The rows behind words, each looked up once."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[bytes, Row] = {}

    def behind(self, words: Words) -> Row:
        """The row of the words."""
        row = self._found.get(words[0])
        if row is None:
            row = row_of(words[:1])
            if len(self._found) < 100:
                self._found[words[0]] = row
        return row_of(words) if row.subcommands else row


class Tally:
    """How many lines were answered, how many of them with an error, and the latest such error.

    `sent_to` is the last line that was sent, `wrote` whether one of those sent could change something.
    """

    __slots__ = ("answered", "error", "refused", "sent_to", "wrote")

    def __init__(self) -> None:
        self.answered = 0
        self.refused = 0
        self.error: ReplyError | None = None
        self.sent_to = 0
        self.wrote = False


def run_lines(session: Session) -> None:
    """Send the lines batch by batch. A line that must not be sent ends the run; what came before is shown."""
    out = session.line_writer(REPLIES)
    tally = Tally()
    try:
        try:
            rows = Rows()
            for batch in _batches(rows, session):
                _answer(batch, rows, out, tally, session)
        finally:
            out.finish()
    except BrokenPipeError:
        if not tally.wrote:
            raise
        raise PartlyDone(
            f"the reader of the replies has gone: the lines up to {tally.sent_to} were sent, none behind it"
        ) from None
    if not tally.refused:
        return
    if tally.refused == tally.answered:
        if isinstance(tally.error, NotAuthorised):
            raise with_advice(tally.error)
        raise ReplyError(f"ERR all {tally.refused} commands were refused")
    raise PartlyDone(f"{tally.answered - tally.refused} commands carried out, {tally.refused} refused")


def _answer(batch: list[Line], rows: Rows, out: Writer, tally: Tally, session: Session) -> None:
    """Send what is to be sent, and write each reply, or the reason why it was not sent, in its place."""
    requests = [words for _, words in batch if not isinstance(words, ReplyError)]
    lost: LostInFlight | NotAllSent | None = None
    try:
        replies = _replies(requests, rows, session)
    except (LostInFlight, NotAllSent) as problem:
        replies, lost = problem.replies, problem
    tally.sent_to = batch[-1][0]
    tally.wrote = tally.wrote or not all(rows.behind(words).only_reads(words) for words in requests)
    taken = 0
    for number, words in batch:
        if isinstance(words, ReplyError):
            reply: Reply = words
        elif taken < len(replies):
            reply = replies[taken]
            taken += 1
            if not session.settings.show_secrets:
                reply = masked_reply(words, reply)
        else:
            break
        _write(number, words, reply, out, tally, session)
    out.flush()
    if lost:
        _tell_lost(lost, [number for number, words in batch if not isinstance(words, ReplyError)], session)
        raise lost


def _replies(requests: list[Words], rows: Rows, session: Session) -> list[Reply]:
    """The replies to a batch; nil for a SHUTDOWN, which is alone in its batch and closes the connection."""
    client = session.client
    if requests and rows.behind(requests[0]).closes:
        try:
            return [client.call(*requests[0], failover=False, last_words=True)]
        except ReplyError as refusal:
            return [refusal]
    replies = client.call_many(
        requests,
        repeatable=all(rows.behind(words).may_repeat(words) for words in requests),
        wait_ms=_wait_ms(requests),
    )
    client.refuse_strangers(requests, replies)
    return replies


def _write(  # noqa: PLR0917 - a line, its reply, and where they go
    number: int, words: Words | ReplyError, reply: Reply, out: Writer, tally: Tally, session: Session
) -> None:
    tally.answered += 1
    if isinstance(reply, ReplyError):
        tally.refused += 1
        tally.error = reply
        session.problem(f"line {number}: {reply.message}")
    out.write({"reply": as_value([] if isinstance(words, ReplyError) else words, reply)})


def _tell_lost(lost: LostInFlight | NotAllSent, numbers: list[int], session: Session) -> None:
    """Which of these lines may have been carried out, and where to go on."""
    unknown = numbers[len(lost.replies) : lost.sent]
    if unknown:
        session.problem(f"lines {unknown[0]} to {unknown[-1]}: sent and not answered")
    if lost.sent < len(numbers):
        session.problem(f"from line {numbers[lost.sent]} on: not sent")


def _wait_ms(requests: list[Words]) -> int | None:
    """The longest that one of them may be held by the server."""
    waits = [own_wait_ms(words) for words in requests]
    return None if None in waits else max((wait or 0 for wait in waits), default=0)


def _batches(rows: Rows, session: Session) -> Iterator[list[Line]]:
    """The lines that are there at once go out together, so that memory does not grow with the input."""
    for chunk in line_chunks(session.streams.stdin):
        batch: list[Line] = []
        for number, line in chunk:
            try:
                words = _checked(line, rows, session)
            except UsageError as problem:
                if batch:
                    yield batch
                problem.message = f"line {number}: {problem.message}"
                raise
            alone = not isinstance(words, ReplyError) and words and rows.behind(words).closes
            if alone and batch:
                yield batch
                batch = []
            if words:
                batch.append((number, words))
            if alone:
                yield batch
                batch = []
        if batch:
            yield batch


def _checked(line: bytes, rows: Rows, session: Session) -> Words | ReplyError:
    """The words of a line, or why this one line is refused. A guard that stops it raises UsageError."""
    try:
        words = split(line)
    except UsageError as problem:
        return ReplyError(f"ERR {problem.message}")
    if not words:
        return words
    if breaks_order(words):
        return ReplyError(f"ERR {for_terminal(words[0])} would break the order of the replies here")
    session.guard(rows.behind(words), words)
    return words


def breaks_order(words: Words) -> bool:
    """Whether the replies would no longer stand in the order of the requests."""
    verb = words[0].upper()
    if verb == b"CLIENT":
        return len(words) > 1 and as_compared(words[1]) == b"reply"
    return verb == b"MONITOR" or (verb == b"GETJOB" and own_wait_ms(words) != 0)
