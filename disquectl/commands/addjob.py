"""ADDJOB: put a job into a queue."""

from __future__ import annotations

import time

from disquectl.errors import UsageError
from disquectl.execution.inputs import read_file, read_stdin
from disquectl.execution.request import send_and_present
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS, DEFAULT_TTL_SECONDS, MAX_REPLICAS, check_expiry
from disquectl.protocol.jobid import added
from disquectl.spec.command import JOBS, WRITE, Command, Grammar, Program, Request, Risk
from disquectl.spec.param_types import BODY, FILE, FLAG, QUEUE, SECONDS, TEXT, WAIT, number
from disquectl.spec.parameters import Argument, NativeForm, Option
from disquectl.spec.shape import VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Values, Words

# What makes many jobs of the input, and what has a meaning only then.
MANY = ("lines", "null", "jsonl")
ONLY_MANY = ("connections", "fail_fast", "skip", "keep_empty")


def check(values: Values) -> None:
    """Refuse what contradicts itself, and a TTL that Disque would take and lose: it counts to 2106."""
    many = [f"--{name}" for name in MANY if name in values]
    if len(many) > 1:
        raise UsageError(f"{' and '.join(many)} are two ways to read the input: leave one out")
    if "body" in values and (many or "file" in values):
        raise UsageError(f"BODY and {(many or ['--file'])[0]} both give the body: leave one out")
    if "queue" not in values and many != ["--jsonl"]:
        raise UsageError("the queue is missing", "only the lines of --jsonl can name it themselves")
    if "body" not in values and not many and "file" not in values:
        raise UsageError("the body is missing", "give BODY, - for all of stdin, --file FILE, or --lines")
    without = [name for name in ONLY_MANY if name in values and not many]
    if without:
        flag = without[0].replace("_", "-")
        raise UsageError(f"--{flag} is for many jobs", "give --lines, --null or --jsonl")
    if "queue_from_line" in values and many != ["--jsonl"]:
        raise UsageError("--queue-from-line only applies to --jsonl")
    if "keep_empty" in values and many == ["--jsonl"]:
        raise UsageError("--keep-empty has no meaning with --jsonl: an empty line is no JSON")
    ttl = values.get("ttl", DEFAULT_TTL_SECONDS)
    if "at" in values:
        _delay_until(values, ttl)
    check_expiry("--ttl", ttl, time.time())


def _delay_until(values: Values, ttl: int) -> None:
    """Make the delay of --at, which a job that is forgotten before then cannot have."""
    from disquectl.spec.timestamps import seconds_until

    if "delay" in values:
        raise UsageError("--at and --delay both say when: leave one out")
    try:
        values["delay"] = seconds_until(values["at"], time.time())
    except UsageError as problem:
        raise UsageError(f"--at: {problem.message}", problem.advice) from None
    if values["delay"] >= ttl:
        raise UsageError(
            f"--at {values['at']} is after the job's TTL of {ttl} seconds", "give a longer --ttl, such as 30d"
        )


def requests(command: Command, values: Values) -> list[Words]:
    """ADDJOB queue body ms-timeout [options]."""
    wait_ms = values.get("timeout", DEFAULT_TIMEOUT_MS)
    return [
        [b"ADDJOB", values["queue"], values["body"], b"%d" % wait_ms, *command.grammar.option_words(values)]
    ]


def wait_ms(values: Values) -> int | None:
    """How long the server may wait for the copies; None for ever."""
    return values.get("timeout", DEFAULT_TIMEOUT_MS) or None


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """The new job's ID."""
    return [{"id": added(reply)}]


def run(command: Command, values: Values, session: Session) -> None:
    """Read the body where it is not a word, then go the usual way; many jobs go their own."""
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
    details="A BODY that was given is used, and stdin is then never read. When the copies are not "
    "confirmed within --timeout the exit code is 8: the job may be delivered all the same. With --lines, "
    "--null or --jsonl the IDs come in the order of the input; a refused line is reported and the rest goes "
    "on. One connection is used where nothing waits for copies (--replicate 1, --async, a lone node), which "
    "keeps the order of the input in the queue.",
    errors=(
        "NOREPL: fewer nodes can hold a copy than --replicate asks for.",
        "MAXLEN: the queue is as long as --maxlen allows.",
        "PAUSED: the queue takes no jobs.",
        "OOM: the node has no memory left.",
    ),
    grammar=Grammar(
        verb=(b"ADDJOB",),
        arguments=(
            Argument(
                "queue", QUEUE, "The queue; without it the lines of --jsonl must name one.", required=False
            ),
            Argument("body", BODY, "The job's body; - reads all of stdin.", required=False),
        ),
        options=(
            Option("--file", FILE, "Take the body, or the lines, from this file; - is stdin."),
            Option("--lines", FLAG, "A job for each line of stdin or the file."),
            Option("--null", FLAG, "A job for each piece that ends with NUL."),
            Option("--jsonl", FLAG, "A job for each line of JSON, as getjob -o jsonl and dump write it."),
            Option("--queue-from-line", FLAG, "With --jsonl: the queue that a line names wins over QUEUE."),
            Option("--connections", number(1, 1000), "Many jobs: over so many connections.", unset="1 or 32"),
            Option("--fail-fast", FLAG, "Many jobs: end with the first that is refused."),
            Option("--skip", number(0), "Many jobs: go on after so many lines.", unset="0"),
            Option("--keep-empty", FLAG, "Many jobs: empty lines are jobs, too."),
            Option(
                "--timeout",
                WAIT,
                "How long to wait for the copies, with a unit: 500ms, 5s; 0 for ever.",
                unset="5s",
            ),
            Option(
                "--replicate",
                number(1, MAX_REPLICAS),
                "How many nodes must hold the job before it is confirmed.",
                word=b"REPLICATE",
                unset="3, or as many as there are",
            ),
            Option(
                "--delay", SECONDS, "Keep the job out of the queue for so long.", word=b"DELAY", unset="0"
            ),
            Option("--at", TEXT, "Queue the job at this time: 2026-12-24T18:00, local or with an offset."),
            Option(
                "--retry",
                SECONDS,
                "Queue the job again when it was not acknowledged for so long; 0: deliver at most once.",
                word=b"RETRY",
                unset="a tenth of the TTL, at most 5m",
            ),
            Option("--ttl", SECONDS, "Forget the job after so long.", word=b"TTL", unset="1d"),
            Option(
                "--maxlen",
                number(1, 2**63 - 1),
                "Refuse the job when so many are queued on this node.",
                word=b"MAXLEN",
            ),
            Option("--async", FLAG, "Do not wait for the copies.", word=b"ASYNC"),
        ),
        native=NativeForm(
            (
                Argument("queue", QUEUE, "The queue."),
                Argument("body", BODY, "The job's body."),
                Argument("timeout", WAIT, "Milliseconds to wait for the copies; 0 for ever."),
            )
        ),
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run, shape=REQUEST.shape),
)
