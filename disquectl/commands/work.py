"""work: run a command for each job of some queues, with retries and a dead queue."""

from __future__ import annotations

import os
import time

from disquectl.errors import UsageError
from disquectl.protocol.job_options import check_expiry
from disquectl.spec.command import TOOLS, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.param_types import (
    DURATION,
    FLAG,
    QUEUE,
    SECONDS,
    WORD,
    ParamType,
    duration_ms,
    number,
    one_of,
)
from disquectl.spec.parameters import Argument, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

MAX_WEIGHT = 1000
# The options by which a command gets its body other than on stdin.
INPUT_OPTIONS = ("as_arg", "as_args", "lines")


def queue_and_weight(text: str) -> tuple[bytes, int]:
    """`mail` or `mail,5`. Raises UsageError for two names in one word; `a,b,1` is the queue `a,b`."""
    name, comma, weight = text.rpartition(",")
    if not comma:
        return os.fsencode(text), 1
    if not (weight.isdecimal() and weight.isascii()):
        raise _not_a_weight(text)
    if not 1 <= int(weight) <= MAX_WEIGHT:
        raise UsageError(f"the weight is from 1 to {MAX_WEIGHT}: {text!r}")
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


def curve(text: str) -> tuple[float, float, float]:
    """`FIRST[,FACTOR[,LONGEST]]`: two durations in seconds with a factor between them."""
    first, *more = text.split(",")
    factor, longest, *rest = (*more, *("2", "1h")[len(more) :])
    if rest or not factor.replace(".", "", 1).isdecimal() or not 1 <= float(factor) <= 100:
        raise UsageError(f"not a backoff: {text!r}", "write FIRST,FACTOR,LONGEST, such as 5s,2,1h")
    return duration_ms(first) / 1000, float(factor), duration_ms(longest) / 1000


def check(values: Values) -> None:
    """Refuse what contradicts itself."""
    taking = [f"--{name.replace('_', '-')}" for name in INPUT_OPTIONS if name in values]
    if len(taking) > 1:
        raise UsageError(f"{' and '.join(taking)} are two ways to give the job: leave one out")
    if "dead" in values and "no_dead" in values:
        raise UsageError("--dead and --no-dead contradict each other")
    if "queue" not in values:
        raise UsageError("no queue is named", "give -q QUEUE, several times for more")
    if values.get("timeout") == 0:
        raise UsageError("--timeout 0 would end every command at once", "leave it out for no limit")
    check_expiry("--dead-ttl", values.get("dead_ttl", 0), time.time())


def run(command: Command, values: Values, session: Session) -> None:
    """Make sure that the command and a Disque are there, then work until the end."""
    from disquectl.programs.work import work

    work(command, values, session)


COMMAND = Command(
    "work",
    "Run a command for each job, with retries and a dead queue.",
    group=TOOLS,
    example="disquectl work -q mail,5 -q default -c 25 -- ./handle-job",
    grammar=Grammar(
        arguments=(
            Argument(
                "command", WORD, "The command with its arguments; the job's body is its stdin.", many=True
            ),
        ),
        options=(
            Option(
                "--queue",
                ParamType("queue", queue_and_weight, "NAME[,WEIGHT]"),
                "A queue to take jobs from; one of weight 5 is looked at five times as often.",
                short="-q",
                many=True,
            ),
            Option("--concurrency", number(1, 10_000), "So many jobs at a time.", short="-c", unset="25"),
            Option("--prefix", QUEUE, "Put this in front of every queue's name."),
            Option("--strict", FLAG, "Empty the first queue before looking at the second."),
            Option("--burst", FLAG, "End when no job is queued; those that wait to be tried again are left."),
            Option("--max-jobs", number(1), "End after so many jobs."),
            Option("--max-time", DURATION, "Take no more jobs after so long."),
            Option("--as-arg", FLAG, "Give the body as the last argument instead of on stdin."),
            Option("--as-args", FLAG, "The body is a JSON array: give its elements as arguments."),
            Option(
                "--lines",
                FLAG,
                "Let the command stay: a line of JSON a job to its stdin, an answer a line back.",
            ),
            Option("--timeout", DURATION, "End a command that takes longer: TERM, then KILL."),
            Option(
                "--backoff",
                ParamType("text", curve, "FIRST[,FACTOR[,LONGEST]]"),
                "How long to wait before a failed job is tried again: 5s,2,1h doubles from 5s to 1h.",
                unset="15s and n^4, as in Sidekiq",
            ),
            Option(
                "--max-retries", number(0, 1_000_000), "Try a failed job so many times again.", unset="25"
            ),
            Option(
                "--hold", number(0, 1_000_000), "So many failed jobs of a queue may wait here.", unset="1000"
            ),
            Option("--dead", QUEUE, "The queue for jobs that failed for good.", unset="dead:QUEUE"),
            Option("--no-dead", FLAG, "Drop jobs that failed for good."),
            Option("--dead-ttl", SECONDS, "How long dead jobs are kept.", unset="180d"),
            Option("--backtrace", number(0, 1000), "Dead jobs keep so many lines of stderr.", unset="20"),
            Option(
                "--grace",
                DURATION,
                "After TERM, let commands run on and leave within this time.",
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
                "Give commands the password in DISQUE_PASSWORD, too, and for TLS the nodes in DISQUE_URL.",
            ),
            Option(
                "--log",
                one_of("text", "json"),
                "How the lines on stderr look.",
                unset="text on a terminal, else json",
            ),
            Option("--verbose", FLAG, "Say more on stderr.", short="-v"),
        ),
        rest_is_data=True,
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run),
)
