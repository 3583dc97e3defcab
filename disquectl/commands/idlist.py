"""What ACKJOB, FASTACK, NACK, ENQUEUE, DEQUEUE and DELJOB have in common: many IDs in, one count out."""

from __future__ import annotations

from disquectl.commands.inputs import line_chunks
from disquectl.commands.kinds import JOB_ID
from disquectl.commands.road import send_and_show, show
from disquectl.commands.row import BY_ID, JOBS, REPEAT, UNKNOWN_JOB, Argument, Row
from disquectl.errors import DisquectlError, NotDisque, OutcomeUnknown, PartlyDone, ReplyError
from disquectl.protocol.jobid import is_valid
from disquectl.protocol.resp import encode
from disquectl.protocol.shapes import integer
from disquectl.render.escape import plain
from disquectl.render.shape import VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from disquectl.client.lane import Outcome, Portion
    from disquectl.commands.row import Record, Values, Words
    from disquectl.commands.session import Session
    from disquectl.protocol.resp import Reply

# IDs in one request from stdin: large enough to be quick, small enough that none holds up the server.
BATCH = 1_000
COUNT = Shape(("count",), VALUE, many=False, value="count")


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """The number of jobs that it was done to."""
    return [{"count": integer(words[0].decode(), reply)}]


def run(row: Row, values: Values, session: Session) -> None:
    """The IDs of the command line in one request, or those of stdin in batches."""
    if values["id"] == (b"-",):
        _from_stdin(row, session)
    else:
        send_and_show(row, values, session)


def _from_stdin(row: Row, session: Session) -> None:
    """Many batches in flight; a wrong line or a refused batch does not hold up the rest."""
    from disquectl.client.pipeline import Stream
    from disquectl.commands import others

    session.check_output(COUNT)
    session.guard(row, [*row.verb])
    bad: list[int] = []
    refused: list[ReplyError] = []
    greeting: list[Outcome] = [None]
    sent = count = unknown = 0
    with Stream(session.client, repeatable=row.effect == REPEAT) as stream:
        for portion in stream.run(_portions(row, session, bad)):
            ids: int = portion.tag  # type: ignore[assignment]  # put there below
            if not ids:
                greeting = portion.outcomes
                continue
            for outcome in portion.outcomes:
                if isinstance(outcome, OutcomeUnknown):
                    unknown += ids
                elif isinstance(outcome, ReplyError):
                    refused.append(outcome)
                    session.problem(f"{ids} IDs refused: {outcome.message}")
                else:
                    count += integer(row.verb[0].decode(), outcome)
                    sent += ids
    if stream.failure is not None:
        if sent or unknown:
            session.problem(f"{sent} IDs were sent before, {count} of them counted")
        if unknown:
            session.problem(f"{unknown} IDs were sent and not answered")
        raise stream.failure
    if refused and not sent:
        raise _why(refused[0], row, session)
    show(COUNT, [{"count": count}], session)
    others.say(row, session, greeting[0], sent - count, sent)
    if bad and not sent:
        raise ReplyError("BADID none of the lines is a job ID")
    if bad or refused:
        what = f"{len(bad)} lines refused" if bad else f"{len(refused)} batches refused"
        raise PartlyDone(f"{sent} IDs sent, {what}, {count} counted")


def _why(refusal: ReplyError, row: Row, session: Session) -> DisquectlError:
    from disquectl.commands.advice import explained

    problem = session.client.refusal(refusal, row.verb)
    return problem if isinstance(problem, NotDisque) else explained(problem, [*row.verb], session)


def _portions(row: Row, session: Session, bad: list[int]) -> Iterator[Portion]:
    """A request a batch; its tag is how many IDs it has. HELLO goes in front of the first, with 0."""
    from disquectl.client.lane import Portion

    for number, batch in enumerate(id_batches(session, bad)):
        if not number:
            yield Portion([encode([b"HELLO"])], 0)
        yield Portion([encode([*row.verb, *batch])], len(batch))


def id_batches(session: Session, bad: list[int]) -> Iterator[Words]:
    """The IDs of stdin, so many at a time; the numbers of lines that are none go into `bad`, and are told."""
    for chunk in line_chunks(session.streams.stdin):
        ids: Words = []
        for number, line in chunk:
            if is_valid(job_id := line.strip()):
                ids.append(job_id)
            else:
                bad.append(number)
                session.problem(f"line {number}: BADID not a job ID: {plain(job_id[:60])}")
        for at in range(0, len(ids), BATCH):
            yield ids[at : at + BATCH]


def id_list_row(
    name: str,
    verb: bytes,
    summary: str,
    effect: str,
    *,
    details: str,
    example: str,
    surprise: str = "",
) -> Row:
    """The row of a command of this family."""
    return Row(
        name,
        summary,
        verb=(verb,),
        group=JOBS,
        effect=effect,
        everywhere=BY_ID,
        arguments=(Argument("id", JOB_ID, "Job IDs; - reads them from stdin, one a line.", many=True),),
        details=f"{details} Prints how many jobs were changed. The exit code is 0 even if that is 0.",
        errors=UNKNOWN_JOB,
        surprise=surprise,
        example=example,
        shape=lambda _: COUNT,
        records=records,
        run=run,
    )
