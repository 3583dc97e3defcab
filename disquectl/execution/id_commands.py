"""What ACKJOB, FASTACK, NACK, ENQUEUE, DEQUEUE and DELJOB have in common: many IDs in, one count out."""

from __future__ import annotations

from disquectl.errors import DisquectlError, NotDisque, OutcomeUnknown, PartlyDone, ReplyError
from disquectl.execution.inputs import line_chunks
from disquectl.execution.present import present
from disquectl.execution.request import send_and_present
from disquectl.protocol.jobid import is_valid
from disquectl.protocol.resp import encode
from disquectl.protocol.shapes import integer
from disquectl.render.escape import plain
from disquectl.spec.command import IDEMPOTENT, JOBS, UNKNOWN_JOB, Command, Grammar, Program, Request, Risk
from disquectl.spec.param_types import JOB_ID
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument
from disquectl.spec.shape import VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from disquectl.client.pipelined_connection import Batch, Outcome
    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.spec.command import Effect
    from disquectl.spec.parameters import Option, Record, Values, Words

# IDs in one request from stdin: enough to be quick, and few enough not to delay other clients.
BATCH = 1_000
COUNT = Shape(("count",), VALUE, many=False, value="count")


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """The number of jobs that were changed."""
    return [{"count": integer(words[0].decode(), reply)}]


REQUEST = Request(records=records, shape=lambda _: COUNT)


def run(command: Command, values: Values, session: Session) -> None:
    """The IDs of the command line in one request, or those of stdin in batches."""
    if values["id"] == (b"-",):
        _from_stdin(command, session)
    else:
        send_and_present(command, REQUEST, values, session)


def _from_stdin(command: Command, session: Session) -> None:
    """Send many batches in flight; after an invalid line or a refused batch, the rest is still sent."""
    from disquectl.client.stream import Stream
    from disquectl.execution import other_nodes

    session.check_output(COUNT)
    session.guard(command, [*command.grammar.verb])
    bad: list[int] = []
    refused: list[ReplyError] = []
    greeting: list[Outcome] = [None]
    sent = count = unknown = 0
    with Stream(session.client, repeatable=command.risk.effect == IDEMPOTENT) as stream:
        for batch in stream.run(_batches(command, session, bad)):
            ids: int = batch.tag  # type: ignore[assignment]  # put there below
            if not ids:
                greeting = batch.outcomes
                continue
            for outcome in batch.outcomes:
                if isinstance(outcome, OutcomeUnknown):
                    unknown += ids
                elif isinstance(outcome, ReplyError):
                    refused.append(outcome)
                    session.problem(f"{ids} IDs refused: {outcome.message}")
                else:
                    count += integer(command.grammar.verb[0].decode(), outcome)
                    sent += ids
    if stream.failure is not None:
        if sent or unknown:
            session.problem(f"{sent} IDs were sent before, {count} of them counted")
        if unknown:
            session.problem(f"{unknown} IDs were sent and not answered")
        raise stream.failure
    if refused and not sent:
        raise _refusal_error(refused[0], command, session)
    present(COUNT, [{"count": count}], session)
    other_nodes.say(command, session, greeting[0], sent - count, sent)
    if bad and not sent:
        raise ReplyError("BADID none of the lines is a job ID")
    if bad or refused:
        what = f"{len(bad)} lines refused" if bad else f"{len(refused)} batches refused"
        raise PartlyDone(f"{sent} IDs sent, {what}, {count} counted")


def _refusal_error(refusal: ReplyError, command: Command, session: Session) -> DisquectlError:
    """The error to raise for a refusal; NotDisque if another server answers."""
    problem = session.client.refusal(refusal, command.grammar.verb)
    return problem if isinstance(problem, NotDisque) else session.explained(problem, [*command.grammar.verb])


def _batches(command: Command, session: Session, bad: list[int]) -> Iterator[Batch]:
    """A request for each batch; its tag is its number of IDs. HELLO is sent before the first, with tag 0."""
    from disquectl.client.pipelined_connection import Batch

    for number, batch in enumerate(id_batches(session, bad)):
        if not number:
            yield Batch([encode([b"HELLO"])], 0)
        yield Batch([encode([*command.grammar.verb, *batch])], len(batch))


def id_batches(session: Session, bad: list[int]) -> Iterator[Words]:
    """The IDs of stdin, in batches; numbers of lines without a valid ID are added to `bad` and reported."""
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


def check_ids(given: Words) -> None:
    """Raise ReplyError, as Disque does, unless all words are job IDs."""
    if not all(map(is_valid, given)):
        raise ReplyError(
            "BADID Invalid Job ID format.", "a job ID has 40 characters; `jobs --ids` lists them"
        )


def id_list_command(
    name: str,
    verb: bytes,
    summary: str,
    effect: Effect,
    *,
    details: str,
    example: str,
    cluster_note: str = "",
    more: str = "",
    options: tuple[Option, ...] = (),
    check: Callable[[Values], None] | None = None,
    does: Program | None = None,
) -> Command:
    """The declaration of a command of this family; `more`, `options`: what only this one has."""
    return Command(
        name,
        summary,
        group=JOBS,
        example=example,
        details=f"{details} Prints how many jobs were changed. The exit code is 0 even if that is 0.{more}",
        errors=UNKNOWN_JOB,
        merge="by_id",
        grammar=Grammar(
            verb=(verb,),
            arguments=(Argument("id", JOB_ID, "Job IDs; - reads them from stdin, one a line.", many=True),),
            options=(*options, *CLUSTER_OPTIONS),
            check=check,
        ),
        risk=Risk(effect, cluster_note=cluster_note),
        does=does or Program(run, shape=REQUEST.shape),
    )
