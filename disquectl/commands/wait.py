"""wait: waits until something is true of queues, jobs or nodes."""

from __future__ import annotations

from disquectl.errors import ReplyError, UsageError
from disquectl.protocol.jobid import is_valid
from disquectl.spec.command import CLUSTER, UNKNOWN_JOB, Command, Grammar, Program
from disquectl.spec.param_types import DURATION, FLAG, JOB_ID, NODE, QUEUE, number
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

SHAPE = Shape(("condition", "waited", "value"), RECORDS, kinds={"condition": "word", "waited": "seconds"})
OF_QUEUES = ("empty", "length", "consumers")
OTHERS = ("job", "ready", "nodes", "drained")


def check(values: Values) -> None:
    """Reject anything but one condition, with queues where it is about queues."""
    given = [name for name in (*OF_QUEUES, *OTHERS) if name in values]
    if "job" in values and len(given) == 1:
        # `--job ID ID`: the words after the first are more of them.
        values["job"] = (*values["job"], *values.pop("queue", ()))
        if values["job"] != (b"-",) and not all(map(is_valid, values["job"])):
            raise ReplyError(
                "BADID not a job ID", "a job ID has 40 characters: D-, 8 hex digits, -, 24, -, 4"
            )
    elif "gone_ok" in values:
        raise UsageError("--gone-ok goes with --job")
    if not given:
        raise UsageError("wait for what?", "give " + ", ".join(f"--{name}" for name in (*OF_QUEUES, *OTHERS)))
    if len(given) > 1:
        raise UsageError(f"--{given[0]} and --{given[1]} cannot be combined", "wait for one after the other")
    if given[0] in OF_QUEUES and "queue" not in values:
        raise UsageError(f"--{given[0]} needs a QUEUE")
    if given[0] not in OF_QUEUES and "queue" in values:
        raise UsageError(f"--{given[0]} takes no QUEUE")


def run(command: Command, values: Values, session: Session) -> None:
    """Ask all nodes again and again until the condition is true."""
    from disquectl.programs.wait import wait

    wait(values, SHAPE, session)


COMMAND = Command(
    "wait",
    "Wait until queues are empty, jobs are gone, or nodes answer.",
    group=CLUSTER,
    example="disquectl wait mail --length 100 --timeout 5m",
    details="Give one condition. Asks all nodes, at first often and then once a second; nothing counts as "
    "true while a node does not answer. Exit codes: 0 if it is true, 4 if --timeout ends first or a job is "
    "unknown at the start, 1 if the TTL of a job ends meanwhile (as far as is known: Disque does not tell "
    "why a job is gone). --empty also counts delayed jobs and jobs in flight, and has to be seen twice. Of "
    "several queues, each has to fulfil the condition. A consumer is a worker, however many connections it "
    "has, or another connection that waits for the queue now.",
    errors=UNKNOWN_JOB,
    repeats=False,
    grammar=Grammar(
        arguments=(Argument("queue", QUEUE, "The queues to wait for.", many=True, required=False),),
        options=(
            Option("--empty", FLAG, "Until the queues have no jobs, except acknowledged ones."),
            Option("--length", number(0), "Until each queue has at most N queued jobs."),
            Option("--consumers", number(1), "Until each queue has at least N consumers."),
            Option(
                "--job",
                JOB_ID,
                "Until no node knows this job any longer; several may follow; - reads IDs from stdin.",
                many=True,
            ),
            Option("--gone-ok", FLAG, "With --job: a job that is unknown at the start counts as gone."),
            Option("--ready", FLAG, "Until every node of the cluster answers."),
            Option("--nodes", number(1), "Until at least N nodes answer, and all that are known."),
            Option(
                "--drained", NODE, "Until this node, by address or ID, has no job that no other node has."
            ),
            Option("--timeout", DURATION, "Give up after this time; 0 looks once.", unset="no limit"),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=lambda _: SHAPE),
)
