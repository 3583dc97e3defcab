"""work: run a command for each job of some queues, with retries and a dead queue."""

from __future__ import annotations

import os
import time

from disquectl.errors import UsageError
from disquectl.protocol.job_options import check_expiry
from disquectl.spec.backoff_curve import curve
from disquectl.spec.command import CLUSTER, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.listen_address import LISTEN
from disquectl.spec.param_types import (
    DURATION,
    FLAG,
    QUEUE,
    SECONDS,
    SIZE,
    WORD,
    ParamType,
    number,
    one_of,
    whole_number,
)
from disquectl.spec.parameters import Argument, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

MAX_WEIGHT = 1000
UNITS_OF_RATE = {"s": 1, "m": 60, "h": 3600}
# The options by which a command gets its body other than on stdin.
INPUT_OPTIONS = ("as_arg", "as_args", "lines")


def queue_and_weight(text: str) -> tuple[bytes, int]:
    """The name and weight of `mail` or `mail,5`; `a,b,1` is the queue `a,b`.

    Raises UsageError for several names in one word.
    """
    name, comma, weight = text.rpartition(",")
    if not comma:
        return os.fsencode(text), 1
    if not (weight.isdecimal() and weight.isascii()):
        raise _not_a_weight(text)
    if not 1 <= int(weight) <= MAX_WEIGHT:
        raise UsageError(f"the weight must be from 1 to {MAX_WEIGHT}: {text!r}")
    return os.fsencode(name), int(weight)


def _not_a_weight(text: str) -> UsageError:
    """The error for `a,5,b`, with what was meant: the names as options, or all of it as one name."""
    from shlex import quote

    words: list[str] = []
    for part in text.split(","):
        if part.isdecimal() and words:
            words[-1] += f",{part}"
        elif part:
            words.append(part)
    several = " ".join(f"-q {quote(word)}" for word in words)
    return UsageError(
        f"not NAME[,WEIGHT]: {text!r}",
        f"for several queues write {several}; for one queue of this name -q {quote(text + ',1')}",
    )


def rate(text: str) -> tuple[bytes | None, float]:
    """The queue, or None for all, and the jobs per second of `[QUEUE=]N/s`; also `/m` and `/h`."""
    name, equals, limit = text.rpartition("=")
    count, slash, unit = limit.partition("/")
    if (equals and not name) or unit not in (UNITS_OF_RATE if slash else ("",)):
        raise UsageError(f"not a rate: {text!r}", "write 100/s, 30/m, 5/h or mail=10/s")
    seconds = UNITS_OF_RATE[unit or "s"]
    return os.fsencode(name) if equals else None, whole_number(1, 1_000_000)(count) / seconds


def check_rates(values: Values) -> None:
    """Reject two rates for the same jobs, and those of queues that the worker does not take jobs from."""
    seen = []
    queues = [name for name, _ in values.get("queue", ())]
    for queue, _ in values.get("rate", ()):
        shown = "all queues" if queue is None else repr(os.fsdecode(queue))
        if queue in seen:
            raise UsageError(f"--rate is given twice for {shown}")
        if queue is not None and queue not in queues and queues:
            raise UsageError(f"--rate: this worker has no queue {shown}", "name it with -q, too")
        seen.append(queue)


def check(values: Values) -> None:
    """Reject options that contradict each other."""
    taking = [f"--{name.replace('_', '-')}" for name in INPUT_OPTIONS if name in values]
    if len(taking) > 1:
        raise UsageError(f"{' and '.join(taking)} cannot be combined", "use one of them")
    if "dead" in values and "no_dead" in values:
        raise UsageError("--dead and --no-dead cannot be combined")
    _check_call(values, taking)
    if "queue" not in values and "call" not in values:
        raise UsageError("no queue is named", "give -q QUEUE; repeat it for more")
    check_rates(values)
    if values.get("timeout") == 0:
        raise UsageError("--timeout 0 would end every command at once", "leave it out for no limit")
    if "in_flight" in values and "lines" not in values:
        raise UsageError("--in-flight needs --lines")
    for name in ("max_jobs_per_handler", "max_memory"):
        if name in values and "lines" not in values and "call" not in values:
            raise UsageError(f"--{name.replace('_', '-')} needs --lines or --call")
    check_expiry("--dead-ttl", values.get("dead_ttl", 0), time.time())


def _check_call(values: Values, taking: list[str]) -> None:
    """Require either a command or --call, and reject what does not go with it."""
    if "call" not in values:
        if "command" not in values:
            raise UsageError("no command is given", "write it after --, or name a Python function by --call")
        if "processes" in values:
            raise UsageError("--processes goes with --call", "use -c for the number of commands at a time")
        return
    if "command" in values:
        raise UsageError("a command and --call cannot be combined", "use one of them")
    alone = ("term_exit_0_done", "in_flight")
    unfit = [*taking, *(f"--{name.replace('_', '-')}" for name in alone if name in values)]
    if unfit:
        raise UsageError(f"{unfit[0]} and --call cannot be combined")


def run(command: Command, values: Values, session: Session) -> None:
    """Check that the command and a Disque are there, then work until the end."""
    from disquectl.programs.work import work

    work(command, values, session)


COMMAND = Command(
    "work",
    "Run a command for each job, with retries and a dead queue.",
    group=CLUSTER,
    example="disquectl work -q mail,5 -q default -c 25 -- ./handle-job",
    grammar=Grammar(
        arguments=(
            Argument(
                "command",
                WORD,
                "Command and its arguments; the job's body is its stdin.",
                many=True,
                required=False,
            ),
        ),
        options=(
            Option(
                "--queue",
                ParamType("queue", queue_and_weight, "NAME[,WEIGHT]"),
                "Take jobs from this queue; one of weight 5 is polled five times as often.",
                short="-q",
                many=True,
            ),
            Option("--concurrency", number(1, 10_000), "Run up to N jobs at a time.", short="-c", unset="25"),
            Option(
                "--rate",
                ParamType("text", rate, "[QUEUE=]N/s"),
                "Take at most N jobs per second (/m, /h), of this queue or of all; may be repeated.",
                many=True,
            ),
            Option("--prefix", QUEUE, "Put this in front of every queue's name."),
            Option("--strict", FLAG, "Empty the first queue before taking from the second."),
            Option("--burst", FLAG, "Exit when no job is queued; jobs that wait for a retry are left."),
            Option("--max-jobs", number(1), "Exit after N jobs."),
            Option("--max-time", DURATION, "Take no more jobs after this long, and exit."),
            Option("--as-arg", FLAG, "Give the body as the last argument instead of on stdin."),
            Option("--as-args", FLAG, "Give the elements of the body, a JSON array, as arguments."),
            Option(
                "--lines",
                FLAG,
                "Keep the command running: write jobs to its stdin as lines of JSON.",
            ),
            Option(
                "--call",
                ParamType("text", str, "MODULE:FUNCTION"),
                "Call this Python function for each job instead of a command.",
            ),
            Option(
                "--processes",
                number(1, 1000),
                "With --call: run N processes, each with -c.",
                unset="the number of cores",
            ),
            Option(
                "--in-flight",
                number(1, 1000),
                "With --lines: give a command N jobs ahead.",
                unset="1",
            ),
            Option(
                "--max-jobs-per-handler",
                number(1),
                "With --lines or --call: replace a process after N jobs.",
            ),
            Option(
                "--max-memory",
                SIZE,
                "With --lines or --call: replace a process with a larger RSS.",
            ),
            Option("--tag", FLAG, "Begin each line that a command or function writes with the job's ID."),
            Option("--timeout", DURATION, "End a command that takes longer than this: TERM, then KILL."),
            Option(
                "--backoff",
                ParamType("text", curve, "FIRST[,FACTOR[,LONGEST]]"),
                "Wait this long before retrying a failed job: 5s,2,1h doubles from 5s to 1h.",
                unset="15s and n^4, as in Sidekiq",
            ),
            Option("--max-retries", number(0, 1_000_000), "Retry a failed job up to N times.", unset="25"),
            Option(
                "--hold",
                number(0, 1_000_000),
                "How many failed jobs of a queue this worker may hold for a retry.",
                unset="1000",
            ),
            Option("--dead", QUEUE, "Put jobs that failed for good into this queue.", unset="dead:QUEUE"),
            Option("--no-dead", FLAG, "Drop jobs that failed for good."),
            Option("--dead-ttl", SECONDS, "Keep dead jobs this long.", unset="180d"),
            Option(
                "--backtrace", number(0, 1000), "Keep the last N lines of stderr with a dead job.", unset="20"
            ),
            Option(
                "--grace",
                DURATION,
                "After TERM, give running commands this long to finish.",
                unset="25s",
            ),
            Option(
                "--term-exit-0-done",
                FLAG,
                "Also acknowledge a job whose command exits 0 after it was sent TERM at the end of --grace.",
            ),
            Option(
                "--pass-credentials",
                FLAG,
                "Pass the password to commands in DISQUE_PASSWORD, and for TLS the nodes in DISQUE_URL.",
            ),
            Option(
                "--metrics",
                LISTEN,
                "Answer scrapes at http://HOST:PORT/metrics; without HOST on this machine only.",
            ),
            Option(
                "--log",
                one_of("text", "json", noun="format"),
                "Write log lines in this format.",
                unset="text on a terminal, else json",
            ),
            Option("--verbose", FLAG, "Write more log lines.", short="-v"),
        ),
        rest_is_data=True,
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run),
)
