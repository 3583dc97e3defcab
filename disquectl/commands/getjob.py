"""GETJOB: take jobs from queues, and wait for them."""

from __future__ import annotations

from disquectl.errors import DisquectlError, NothingThere, PartlyDone, UsageError
from disquectl.execution.present import present_found
from disquectl.execution.request import send_request
from disquectl.protocol.columns import values_of
from disquectl.protocol.replies import jobs
from disquectl.spec.body_options import BODY_OPTIONS
from disquectl.spec.command import JOBS, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.param_types import DURATION, FLAG, FOLDER, QUEUE, WAIT, number
from disquectl.spec.parameters import Argument, NativeForm, Option
from disquectl.spec.queue_names import doubts
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Values, Words
    from disquectl.spec.shape import Kind

JOB_KINDS: dict[str, Kind] = {"id": "id", "body": "body"}
COUNTERS = ("nacks", "additional_deliveries")
FOLLOWING = ("follow", "max_jobs", "idle")
# A larger --count is taken in several batches.
ONE_REPLY = 1_000


def check(values: Values) -> None:
    """Reject options that contradict each other."""
    following = [name for name in FOLLOWING if name in values]
    for name in ("nohang", "timeout"):
        if following and name in values:
            flag = following[0].replace("_", "-")
            raise UsageError(f"--{flag} and --{name} cannot be combined", "--idle ends the wait for jobs")


def shape(values: Values) -> Shape:
    """Queue, ID and body; counters with --withcounters; only the ID of each file with --into."""
    if "into" in values:
        return Shape(("id",), RECORDS, many=True, value="id", kinds=JOB_KINDS)
    fields = ("queue", "id", "body") + (COUNTERS if values.get("withcounters") else ())
    return Shape(fields, RECORDS, many=True, body="body", kinds=JOB_KINDS, folds=True)


def requests(command: Command, values: Values) -> list[Words]:
    """The request GETJOB [options] FROM queue...; all words after FROM are queues.

    A request that may wait names each queue once: waiting twice for one crashes the Disque module of Redis.
    """
    queues = values["queue"] if values.get("nohang") else dict.fromkeys(values["queue"])
    return [[b"GETJOB", *command.grammar.option_words(values), b"FROM", *queues]]


def wait_ms(values: Values) -> int | None:
    """How long the request may block at the server, in ms; None: without limit."""
    return 0 if values.get("nohang") else values.get("timeout") or None


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """A record for each job; nil means no job."""
    return jobs(reply)


def run(command: Command, values: Values, session: Session) -> None:
    """Get, write, and with --ack acknowledge what was written and flushed."""
    shape_now = shape(values)
    for doubt in doubts(command, values["queue"]):
        session.warn(doubt)
    follow = any(name in values for name in FOLLOWING)
    if follow or "into" in values or values.get("count", 1) > ONE_REPLY:
        from disquectl.bulk import get_jobs

        get_jobs.run(command, values, session, shape_now, follow, ONE_REPLY)
        return
    session.check_output(shape_now)
    (words,) = requests(command, values)
    session.guard(command, words)
    found = jobs(send_request(command, words, session, wait_ms=wait_ms(values)))
    holder = session.holder if values.get("ack") else None
    if holder is not None and found:
        holder.hold(values_of(found, "id"), session)
    present_found(shape_now, found, session, NothingThere("no job"))
    if holder is not None:
        holder.written()
    elif values.get("ack"):
        if session.streams.reader_is_gone():
            raise BrokenPipeError
        _acknowledge(values_of(found, "id"), session)


def _acknowledge(ids: Sequence[str], session: Session) -> None:
    """ACKJOB what a reader has; where that fails the jobs come back, which is to be said."""
    from disquectl.execution.acknowledge import acknowledge_taken

    try:
        acknowledge_taken(session, ids)
    except PartlyDone as problem:
        raise PartlyDone(f"{len(ids)} written; {problem.message}") from problem
    except DisquectlError as problem:
        raise PartlyDone(
            f"{len(ids)} written, none acknowledged: {problem.message}",
            "they come back after their retry time",
        ) from problem


COMMAND = Command(
    "getjob",
    "Take jobs from queues, and wait until there is one.",
    group=JOBS,
    example="disquectl getjob mail --timeout 5s --ack -o raw",
    details="Exit code 4 if there was no job. A job that is not acknowledged comes back after its retry "
    "time, counted from when it was queued. With --follow, --max-jobs, --idle or a large --count, "
    "jobs come in batches, and --ack acknowledges each job after it was written.",
    errors=("LEAVING: the node is leaving the cluster and refuses waiting clients.",),
    grammar=Grammar(
        verb=(b"GETJOB",),
        arguments=(Argument("queue", QUEUE, "Queues to take from, checked from left to right.", many=True),),
        options=(
            Option("--nohang", FLAG, "Do not wait for a job.", word=b"NOHANG"),
            Option(
                "--timeout",
                WAIT,
                "Wait this long for a job, with a unit: 500ms, 5s; 0 is no limit.",
                word=b"TIMEOUT",
                unset="no limit",
            ),
            Option(
                "--count",
                number(1, 2**63 - 1),
                "Take up to N jobs; a call that had to wait returns one.",
                word=b"COUNT",
                unset="1",
            ),
            Option(
                "--withcounters", FLAG, "Also show nacks and additional deliveries.", word=b"WITHCOUNTERS"
            ),
            Option("--ack", FLAG, "Acknowledge the jobs once they are written."),
            Option("--follow", FLAG, "Take jobs continuously until Ctrl-C."),
            Option("--max-jobs", number(1, 2**63 - 1), "Keep taking jobs, and stop after N."),
            Option(
                "--idle",
                DURATION,
                "Stop when no job has arrived for this long; 0 takes only what is queued now.",
            ),
            Option(
                "--into", FOLDER, "Write each job to a file in this folder, named by its ID with _ for /."
            ),
            *BODY_OPTIONS,
        ),
        native=NativeForm(
            (Argument("queue", QUEUE, "Queues to take from, checked from left to right.", many=True),),
            b"FROM",
        ),
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run, shape=shape, is_streaming=lambda raw: any(name in raw for name in FOLLOWING)),
)
