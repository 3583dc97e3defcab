"""`exec -`: sends commands from stdin, one per line, many in flight; replies in the order of the lines."""

from __future__ import annotations

from disquectl.client.connection_factory import with_advice
from disquectl.client.pipeline import LostInFlight, NotAllSent, call_many
from disquectl.errors import NotAuthorised, PartlyDone, ReplyError, UsageError
from disquectl.execution.inputs import line_chunks
from disquectl.execution.reply_values import as_value
from disquectl.protocol.secrets import masked_reply
from disquectl.render.escape import for_terminal
from disquectl.render.human import counted
from disquectl.spec.native_words import as_compared, own_wait_ms
from disquectl.spec.quoting import split
from disquectl.spec.shape import REPLY, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.render.stream import Writer
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Words

    # A line of stdin: its number, and its words or the reason why they are refused.
    Line = tuple[int, Words | ReplyError]

REPLIES = Shape(("reply",), REPLY, many=True, value="reply")


class CommandLookup:
    """Finds the commands of lines, each looked up once."""

    __slots__ = ("_command_of", "_found")

    def __init__(self, command_of: Callable[[Words], Command]) -> None:
        self._command_of = command_of
        self._found: dict[bytes, Command] = {}

    def find(self, words: Words) -> Command:
        """The command of the words."""
        command = self._found.get(words[0])
        if command is None:
            command = self._command_of(words[:1])
            if len(self._found) < 100:
                self._found[words[0]] = command
        return self._command_of(words) if command.subcommands else command


class Totals:
    """The number of lines that were answered and of those refused, and the latest refusal.

    `sent_to` is the last line that was sent, `wrote` whether one of those sent could change something.
    `open` is the first and the last line of a batch that could, until its replies are written.
    """

    __slots__ = ("answered", "error", "open", "refused", "sent_to", "wrote")

    def __init__(self) -> None:
        self.answered = 0
        self.refused = 0
        self.error: ReplyError | None = None
        self.sent_to = 0
        self.open: tuple[int, int] | None = None
        self.wrote = False


def run_lines(session: Session, command_of: Callable[[Words], Command]) -> None:
    """Send the lines batch by batch. A line that must not be sent ends the run, after earlier replies."""
    out = session.line_writer(REPLIES)
    totals = Totals()
    try:
        try:
            lookup = CommandLookup(command_of)
            for batch in _batches(lookup, session):
                _answer(batch, lookup, out, totals, session)
        finally:
            out.finish()
    except BrokenPipeError:
        if not totals.wrote:
            raise
        raise PartlyDone(
            f"the reader of the replies has gone; lines up to {totals.sent_to} were sent, none after it"
        ) from None
    except KeyboardInterrupt:
        if totals.open:
            session.problem(
                f"lines {totals.open[0]} to {totals.open[1]}: interrupted, and may have been carried out"
            )
        raise
    if not totals.refused:
        return
    if totals.refused == totals.answered:
        if isinstance(totals.error, NotAuthorised):
            raise with_advice(totals.error)
        raise ReplyError(
            "ERR the command was refused"
            if totals.refused == 1
            else f"ERR all {totals.refused:,} commands were refused"
        )
    raise PartlyDone(
        f"{counted(totals.answered - totals.refused, 'command')} carried out, {totals.refused:,} refused"
    )


def _answer(batch: list[Line], lookup: CommandLookup, out: Writer, totals: Totals, session: Session) -> None:
    """Send a batch, and write each reply, or the reason why its line was not sent, in its place."""
    requests = [words for _, words in batch if not isinstance(words, ReplyError)]
    lost: LostInFlight | NotAllSent | None = None
    writes = not all(lookup.find(words).risk.only_reads(words) for words in requests)
    totals.open = (batch[0][0], batch[-1][0]) if writes else None
    try:
        replies = _replies(requests, lookup, session)
    except (LostInFlight, NotAllSent) as problem:
        replies, lost = problem.replies, problem
    totals.sent_to = batch[-1][0]
    totals.wrote = totals.wrote or writes
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
        _write(number, words, reply, out, totals, session)
    out.flush()
    totals.open = None
    if lost:
        _report_lost(lost, [number for number, words in batch if not isinstance(words, ReplyError)], session)
        raise lost


def _replies(requests: list[Words], lookup: CommandLookup, session: Session) -> list[Reply]:
    """The replies to a batch; nil for a SHUTDOWN, which is alone in its batch and closes the connection."""
    client = session.client
    if requests and lookup.find(requests[0]).closes_connection:
        try:
            return [client.call(*requests[0], failover=False, last_words=True)]
        except ReplyError as refusal:
            return [refusal]
    replies = call_many(
        client,
        requests,
        repeatable=all(lookup.find(words).risk.may_repeat(words) for words in requests),
        wait_ms=_wait_ms(requests),
    )
    client.refuse_strangers(requests, replies)
    return replies


def _write(  # noqa: PLR0917 - a line, its reply, and where they go
    number: int, words: Words | ReplyError, reply: Reply, out: Writer, totals: Totals, session: Session
) -> None:
    totals.answered += 1
    if isinstance(reply, ReplyError):
        totals.refused += 1
        totals.error = reply
        session.problem(f"line {number}: {reply.message}")
    out.write({"reply": as_value([] if isinstance(words, ReplyError) else words, reply)})


def _report_lost(lost: LostInFlight | NotAllSent, numbers: list[int], session: Session) -> None:
    """Report which of these lines may have been carried out, and where to continue."""
    unknown = numbers[len(lost.replies) : lost.sent]
    if unknown:
        session.problem(f"lines {unknown[0]} to {unknown[-1]}: sent and not answered")
    if lost.sent < len(numbers):
        session.problem(f"from line {numbers[lost.sent]} on: not sent")


def _wait_ms(requests: list[Words]) -> int | None:
    """The longest time that one of them may block at the server."""
    waits = [own_wait_ms(words) for words in requests]
    return None if None in waits else max((wait or 0 for wait in waits), default=0)


def _batches(lookup: CommandLookup, session: Session) -> Iterator[list[Line]]:
    """Lines that were read at once are sent together, so that memory does not grow with the input."""
    for chunk in line_chunks(session.streams.stdin):
        batch: list[Line] = []
        for number, line in chunk:
            try:
                words = _checked(line, lookup, session)
            except UsageError as problem:
                if batch:
                    yield batch
                problem.message = f"line {number}: {problem.message}"
                raise
            alone = not isinstance(words, ReplyError) and words and lookup.find(words).closes_connection
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


def _checked(line: bytes, lookup: CommandLookup, session: Session) -> Words | ReplyError:
    """The words of a line, or the reason why it is refused. Raises UsageError if a guard ends the run."""
    try:
        words = split(line)
    except UsageError as problem:
        return ReplyError(f"ERR {problem.message}")
    if not words:
        return words
    if breaks_order(words):
        return ReplyError(f"ERR {for_terminal(words[0])} would break the order of the replies")
    session.guard(lookup.find(words), words)
    return words


def breaks_order(words: Words) -> bool:
    """Whether the replies would no longer be in the order of the requests."""
    verb = words[0].upper()
    if verb == b"CLIENT":
        return len(words) > 1 and as_compared(words[1]) == b"reply"
    return verb == b"MONITOR" or (verb == b"GETJOB" and own_wait_ms(words) != 0)
