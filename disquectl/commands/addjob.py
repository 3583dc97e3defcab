"""ADDJOB: add a job to a queue."""

from __future__ import annotations

import time

from disquectl.errors import UsageError
from disquectl.execution.inputs import read_file, read_stdin
from disquectl.execution.request import send_and_present
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS, DEFAULT_TTL_SECONDS, MAX_REPLICAS, check_expiry
from disquectl.protocol.jobid import added
from disquectl.spec.command import JOBS, WRITE, Command, Grammar, Program, Request, Risk
from disquectl.spec.param_types import BODY, FILE, FLAG, QUEUE, SECONDS, TIME, WAIT, number
from disquectl.spec.parameters import Argument, NativeForm, Option
from disquectl.spec.shape import VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Values, Words

# The options that add a job for each part of the input, and the options that need one of them.
MANY = ("lines", "null", "jsonl")
ONLY_MANY = ("connections", "fail_fast", "skip", "keep_empty")


def check(values: Values) -> None:
    """Reject contradictory options, and a TTL beyond 2106, with which Disque would lose the job."""
    many = [f"--{name}" for name in MANY if name in values]
    if len(many) > 1:
        raise UsageError(f"{' and '.join(many)} cannot be combined", "use one of them")
    if "body" in values and (many or "file" in values):
        raise UsageError(f"BODY and {(many or ['--file'])[0]} cannot be combined", "use one of them")
    if "queue" not in values and many != ["--jsonl"]:
        raise UsageError("QUEUE is missing", "only with --jsonl can lines name the queue instead")
    if "body" not in values and not many and "file" not in values:
        raise UsageError("BODY is missing", "give BODY, - for all of stdin, --file FILE, or --lines")
    without = [name for name in ONLY_MANY if name in values and not many]
    if without:
        flag = without[0].replace("_", "-")
        raise UsageError(f"--{flag} needs --lines, --null or --jsonl")
    if "queue_from_line" in values and many != ["--jsonl"]:
        raise UsageError("--queue-from-line only applies to --jsonl")
    if "keep_empty" in values and many == ["--jsonl"]:
        raise UsageError("--keep-empty cannot be combined with --jsonl: an empty line is not JSON")
    ttl = values.get("ttl", DEFAULT_TTL_SECONDS)
    if "at" in values:
        _delay_until(values, ttl)
    check_expiry("--ttl", ttl, time.time())


def _delay_until(values: Values, ttl: int) -> None:
    """Convert --at to a delay. Raises UsageError if the job's TTL ends before that."""
    from disquectl.spec.timestamps import seconds_until

    if "delay" in values:
        raise UsageError("--at and --delay cannot be combined", "use one of them")
    try:
        values["delay"] = seconds_until(values["at"], time.time())
    except UsageError as problem:
        raise UsageError(f"--at: {problem.message}", problem.advice) from None
    if values["delay"] >= ttl:
        raise UsageError(
            f"--at {values['at']} is after the job's TTL of {ttl} seconds", "give a longer --ttl, such as 30d"
        )


def requests(command: Command, values: Values) -> list[Words]:
    """The request ADDJOB queue body ms-timeout [options]."""
    wait_ms = values.get("timeout", DEFAULT_TIMEOUT_MS)
    return [
        [b"ADDJOB", values["queue"], values["body"], b"%d" % wait_ms, *command.grammar.option_words(values)]
    ]


def wait_ms(values: Values) -> int | None:
    """How long the server may wait for replication, in ms; None: without limit."""
    return values.get("timeout", DEFAULT_TIMEOUT_MS) or None


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """The new job's ID."""
    return [{"id": added(reply)}]


def run(command: Command, values: Values, session: Session) -> None:
    """Read the body if it is not an argument, and send one request; with --lines and the like, many."""
    many = any(name in values for name in MANY)
    if values.get("file") == "-":
        del values["file"]
        if not many:
            values["body"] = b"-"
    if many:
        from disquectl.bulk import add_jobs

        add_jobs.run(command, values, session, values.get("timeout", DEFAULT_TIMEOUT_MS))
        return
    if "file" in values:
        values["body"] = read_file(values["file"])
    elif values["body"] == b"-":
        values["body"] = read_stdin(session.streams.stdin)
    try:
        send_and_present(command, REQUEST, values, session)
    except KeyboardInterrupt as interruption:
        for note in getattr(interruption, "__notes__", ()):
            session.warn(note)
        raise


REQUEST = Request(
    records=records,
    shape=lambda _: Shape(("id",), VALUE, many=False, value="id"),
    build=requests,
    wait_ms=wait_ms,
)

COMMAND = Command(
    "addjob",
    "Add a job to a queue and print its ID.",
    group=JOBS,
    example='disquectl addjob mail \'{"to": "ada@example.org"}\' --retry 1m --ttl 2h',
    details="If BODY is given, stdin is not read. If replication is not confirmed within --timeout, the exit "
    "code is 8: the job may be delivered all the same. With --lines, --null or --jsonl, the IDs come "
    "in the order of the input; a refused line is reported and the rest continue. They use one "
    "connection if there is no replication to wait for (--replicate 1, --async, a cluster of one "
    "node), which keeps the order of the input in the queue.",
    errors=(
        "NOREPL: fewer nodes can hold a replica than --replicate asks for.",
        "MAXLEN: the queue has as many jobs as --maxlen allows.",
        "PAUSED: the queue is paused for input.",
        "OOM: the node is out of memory.",
    ),
    grammar=Grammar(
        verb=(b"ADDJOB",),
        arguments=(
            Argument(
                "queue", QUEUE, "Queue to add to; with --jsonl, lines can name it instead.", required=False
            ),
            Argument("body", BODY, "Body of the job; - reads all of stdin.", required=False),
        ),
        options=(
            Option("--file", FILE, "Read the body, or the lines, from this file; - is stdin."),
            Option("--lines", FLAG, "Add a job for each line of stdin or --file."),
            Option("--null", FLAG, "Add a job for each part of the input that ends with NUL."),
            Option("--jsonl", FLAG, "Add a job for each line of JSON, in the format of getjob -o jsonl."),
            Option("--queue-from-line", FLAG, "With --jsonl: prefer the queue that a line names to QUEUE."),
            Option(
                "--connections",
                number(1, 1000),
                "With --lines, --null, --jsonl: use N connections.",
                unset="32; 1 where order is kept",
            ),
            Option("--fail-fast", FLAG, "With --lines, --null, --jsonl: stop at the first refused job."),
            Option("--skip", number(0), "With --lines, --null, --jsonl: skip the first N lines.", unset="0"),
            Option("--keep-empty", FLAG, "With --lines, --null: also add jobs for empty lines."),
            Option(
                "--timeout",
                WAIT,
                "Wait this long for replication, with a unit: 500ms, 5s; 0 is no limit.",
                unset="5s",
            ),
            Option(
                "--replicate",
                number(1, MAX_REPLICAS),
                "Replicate the job to N nodes before confirming it.",
                word=b"REPLICATE",
                unset="3, or all nodes if there are fewer",
            ),
            Option(
                "--delay", SECONDS, "Delay the job this long before it is queued.", word=b"DELAY", unset="0"
            ),
            Option("--at", TIME, "Queue the job at this time: 2026-12-24T18:00, local or with an offset."),
            Option(
                "--retry",
                SECONDS,
                "Queue the job again if it is not acknowledged within this time; 0 delivers it at most once.",
                word=b"RETRY",
                unset="a tenth of the TTL, at most 5m",
            ),
            Option(
                "--ttl",
                SECONDS,
                "Delete the job after this time, even if it was not acknowledged.",
                word=b"TTL",
                unset="1d",
            ),
            Option(
                "--maxlen",
                number(1, 2**63 - 1),
                "Refuse the job if N jobs are already queued on this node.",
                word=b"MAXLEN",
            ),
            Option("--async", FLAG, "Do not wait for replication.", word=b"ASYNC"),
        ),
        native=NativeForm(
            (
                Argument("queue", QUEUE, "The queue."),
                Argument("body", BODY, "The body of the job."),
                Argument("timeout", WAIT, "Milliseconds to wait for replication; 0 is no limit."),
            )
        ),
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run, shape=REQUEST.shape, pages=False),
)
