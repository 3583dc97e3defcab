"""jobs: every job of the cluster once, with the state that its replicas add up to."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.merge.jobs import JOB_FIELDS
from disquectl.merge.states import ACKNOWLEDGED, DELAYED, IN_FLIGHT, QUEUED, STATES, UNKNOWN, WAITING
from disquectl.render.human import duration
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import DURATION, FLAG, QUEUE, TEXT, WORD, number, one_of
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.shape import RECORDS, VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from re import Pattern

    from disquectl.execution.session import Session
    from disquectl.fanout.scan_all import ClusterScan
    from disquectl.merge.jobs import Jobs
    from disquectl.merge.replicas import Copy
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Kind

KINDS: dict[str, Kind] = {"id": "id", "age": "seconds", "ttl": "seconds", "retry": "seconds", "body": "body"}
# --ids feeds other commands, and ACKJOB of a waiting job crashes the server.
IDS_OF = tuple(state for state in STATES if state != WAITING)
# The columns that fit, by the terminal's width.
NARROW = ("id", "queue", "state", "age")
MIDDLE = ("id", "queue", "state", "age", "ttl", "nacks", "additional_deliveries", "body")
MIDDLE_COLUMNS, WIDE_COLUMNS = 120, 190


def shape(values: Values) -> Shape:
    """A row for each job, or only the IDs."""
    if values.get("ids"):
        return Shape(("id",), VALUE, many=True, value="id", kinds={"id": "id"})
    return Shape(JOB_FIELDS, RECORDS, many=True, value="id", kinds={**KINDS, "next_requeue_within": "ms"})


def check(values: Values) -> None:
    """Reject unknown sort columns and invalid regular expressions; compile --grep."""
    if values.get("sort", "age") not in JOB_FIELDS:
        raise UsageError(f"--sort: unknown column {values['sort']!r}", f"choose {', '.join(JOB_FIELDS)}")
    if "grep" in values:
        import re

        try:
            values["grep"] = re.compile(values["grep"], re.DOTALL)
        except re.error as problem:
            raise UsageError(
                f"--grep: not a regular expression: {problem}", "use the syntax of Python's re"
            ) from None


def run(command: Command, values: Values, session: Session) -> None:
    """Ask all nodes for their jobs, merge the replicas, and write the jobs that pass the filters."""
    from disquectl.execution.present import present
    from disquectl.fanout.ask import open_cluster, require_an_answer, settle
    from disquectl.fanout.scan_all import ClusterScan, NoCollection, now_ms
    from disquectl.merge.jobs import Jobs

    session.check_output(shape(values))
    queues: tuple[bytes, ...] = values.get("queue", ())
    with open_cluster(session.client, seeds_only="seeds_only" in values) as cluster:
        survey = ClusterScan(cluster)
        jobs = Jobs(survey.clocks, wanted(queues, values.get("grep")))
        one = queues[0] if len(queues) == 1 else None
        with NoCollection():
            for link, copies in survey.run(scan_queues=False, queue=one, scan_jobs=True):
                jobs.add(link.node_id, copies, now_ms())
        require_an_answer(cluster, session, survey.refusals)
        kept = _kept(_records(survey, jobs, bool(values.get("reverse"))), values)
        if session.format == "table":
            kept = [{**record, "state": sentence(record)} for record in kept]
        present(_shown(values, session), kept, session)
        settle(cluster, session, refusals=survey.refusals)


def wanted(queues: tuple[bytes, ...], body: Pattern[bytes] | None) -> Callable[[Copy], bool] | None:
    """A test whether a replica is in one of these queues and its body matches; None if all pass.

    All replicas of a job agree in both.
    """
    from disquectl.merge.replicas import BODY
    from disquectl.merge.replicas import QUEUE as NAME

    if not queues and body is None:
        return None
    names = frozenset(queues)
    return lambda copy: (
        (not names or copy[NAME] in names) and (body is None or body.search(copy[BODY] or b"") is not None)
    )


def passes(record: Record, values: Values) -> bool:
    """Whether a merged job passes the filters."""
    return (
        record["state"] in (values.get("state") or (IDS_OF if values.get("ids") else STATES))
        and record["age"] * 1000 >= values.get("older_than", 0)
        and ("ttl_below" not in values or record["ttl"] * 1000 < values["ttl_below"])
        and record["nacks"] > values.get("nacks_over", -1)
        and record["additional_deliveries"] > values.get("deliveries_over", -1)
    )


def sentence(record: Record) -> str:
    """A job's state for tables, with the time until it is queued."""
    state, within_ms = record["state"], record["next_requeue_within"]
    when = "never back" if within_ms is None else f"back in {duration(max(within_ms // 1000, 0))}"
    return {
        QUEUED: "queued",
        DELAYED: "delayed" if within_ms is None else f"delayed, due in {duration(within_ms // 1000)}",
        IN_FLIGHT: f"in flight, {when}",
        ACKNOWLEDGED: "acknowledged, being collected",
        WAITING: "waiting for replication",
        UNKNOWN: "unknown: may be queued on a node that did not answer",
    }[state]


def _kept(records: Iterable[Record], values: Values) -> list[Record]:
    """The records that are asked for, of all in the order of age; by age no more are made than are kept."""
    from itertools import islice

    from disquectl.merge.order import arranged

    passing = (record for record in records if passes(record, values))
    sort = values.get("sort", "age")
    if sort == "age":
        return list(islice(passing, values.get("limit")))
    return arranged(list(passing), sort, bool(values.get("reverse")), values.get("limit"))


def _records(survey: ClusterScan, jobs: Jobs, newest_first: bool) -> Iterator[Record]:
    """Every job, one after the other."""
    from disquectl.fanout.ask import missing_bits
    from disquectl.fanout.scan_all import now_ms

    names = {jobs.bits.of(link.node_id): link.name for link in survey.cluster.links()}
    missing = missing_bits(survey.cluster, jobs.bits)
    now = now_ms()
    found = jobs.found
    by_age = sorted(found, key=lambda job_id: (found[job_id].ctime_ns, job_id), reverse=newest_first)
    return (jobs.record(job_id, missing, now, names) for job_id in by_age)


def _shown(values: Values, session: Session) -> Shape:
    """The columns that fit a terminal, where nobody asked for others."""
    full = shape(values)
    if session.format != "table" or session.settings.columns is not None or values.get("ids"):
        return full
    width = session.streams.width
    if width >= WIDE_COLUMNS:
        fields = tuple(field for field in JOB_FIELDS if field != "next_requeue_within")
    else:
        fields = MIDDLE if width >= MIDDLE_COLUMNS else NARROW
    return Shape(fields, RECORDS, many=True, value="id", kinds=full.kinds)


COMMAND = Command(
    "jobs",
    "List the jobs of the whole cluster, each once, with its state.",
    group=TOOLS,
    example="disquectl jobs mail --state in-flight --older-than 10m --ids",
    details="States: queued; delayed; in-flight (delivered, or taken out by dequeue or working, which look "
    "the same); acked (acknowledged, being collected); waiting (addjob waits for replication); "
    "unknown (a node that did not answer may have it queued). next_requeue_within is in milliseconds, "
    "empty for never; age, ttl and retry are in seconds. holders are the nodes with a replica. body "
    "is its first 80 bytes. Memory grows with the number of distinct jobs, about 1 kB each; --grep "
    "and QUEUE reduce it.",
    grammar=Grammar(
        arguments=(Argument("queue", QUEUE, "Only jobs of these queues.", many=True, required=False),),
        options=(
            Option(
                "--state",
                one_of(*STATES, noun="state"),
                "Only jobs in this state; repeat it for several.",
                many=True,
            ),
            Option("--older-than", DURATION, "Only jobs created at least this long ago, such as 5m."),
            Option("--ttl-below", DURATION, "Only jobs whose TTL ends within this time, such as 10m."),
            Option("--nacks-over", number(0), "Only jobs with more than N nacks."),
            Option("--deliveries-over", number(0), "Only jobs with more than N additional deliveries."),
            Option("--grep", WORD, "Only jobs whose body matches this regular expression."),
            Option("--sort", TEXT, "Sort by this column, largest numbers first.", unset="age"),
            Option("--reverse", FLAG, "Reverse the order."),
            Option("--limit", number(0), "Show at most N."),
            Option("--ids", FLAG, "Print only IDs; leaves out waiting jobs unless --state names them."),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=shape),
)
