"""queues: every queue of the cluster, with counts by state."""

from __future__ import annotations

import time

from disquectl.errors import UsageError
from disquectl.merge.queues import QUEUE_FIELDS, QueueSum, queue_record, rates
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import DURATION, FLAG, TEXT, number
from disquectl.spec.param_types import QUEUE as PATTERN
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.shape import RECORDS, VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.execution.session import Session
    from disquectl.fanout.scan_all import ClusterScan
    from disquectl.merge.job_counts import JobCounts
    from disquectl.spec.parameters import Record, Values

# The columns that fit, by the terminal's width.
NARROW = ("queue", "queued", "delayed", "in_flight", "oldest_age", "jobs_in", "jobs_out", "pause")
NARROW_WITH_RATES = ("queue", "queued", "delayed", "in_flight", "oldest_age", "rate_in", "rate_out", "pause")
WIDE_COLUMNS = 140


def shape(values: Values) -> Shape:
    """A row for each queue, or only the names."""
    if values.get("names"):
        return Shape(("queue",), VALUE, many=True, value="queue")
    return Shape(QUEUE_FIELDS, RECORDS, many=True, value="queue", kinds={"oldest_age": "seconds"})


def check(values: Values) -> None:
    """Reject unknown sort columns and non-positive intervals."""
    if values.get("sort", "queue") not in QUEUE_FIELDS:
        raise UsageError(f"--sort: unknown column {values['sort']!r}", f"choose {', '.join(QUEUE_FIELDS)}")
    if "interval" in values and values["interval"] <= 0:
        raise UsageError("--interval must be more than 0")


def run(command: Command, values: Values, session: Session) -> None:
    """Ask all nodes for their queues and jobs, merge them, and write the queues that pass the filters."""
    from disquectl.execution.present import present
    from disquectl.fanout.ask import open_cluster, require_an_answer, settle
    from disquectl.fanout.scan_all import ClusterScan, NoCollection, now_ms
    from disquectl.merge.job_counts import JobCounts
    from disquectl.merge.order import arranged

    session.check_output(shape(values))
    pattern: bytes | None = values.get("pattern")
    exact = pattern if pattern is not None and not any(sign in pattern for sign in b"*?[") else None
    wanted = None if pattern is None or exact is not None else matcher(pattern)
    with open_cluster(session.client, seeds_only="seeds_only" in values) as cluster:
        survey = ClusterScan(cluster, wanted)
        counts = JobCounts(survey.clocks, wanted)
        with NoCollection():
            for link, copies in survey.run(
                scan_queues=True, queue=exact, scan_jobs=not values.get("estimate")
            ):
                counts.add(link.node_id, copies, now_ms())
        require_an_answer(cluster, session, survey.refusals)
        found = _records(survey, counts, values)
        _tell(survey, counts, values, session)
        low = values.get("min_length", 0)
        kept = arranged(
            [record for record in found if record["queued"] >= low],
            values.get("sort", "queue"),
            bool(values.get("reverse")),
            values.get("limit"),
        )
        if values.get("names"):
            kept = [{"queue": record["queue"]} for record in kept]
        present(_shown(values, session), kept, session)
        settle(cluster, session, refusals=survey.refusals)


def matcher(pattern: bytes) -> Callable[[bytes], bool]:
    """A test whether a name matches a pattern of `* ? [a-z]`."""
    import re
    from fnmatch import translate

    # Bytes as the characters of the same number: fnmatch and names of any bytes agree so.
    fits = re.compile(translate(pattern.decode("latin-1"))).match
    known: dict[bytes, bool] = {}

    def matches(name: bytes) -> bool:
        answer = known.get(name)
        if answer is None:
            answer = known[name] = fits(name.decode("latin-1")) is not None
        return answer

    return matches


def _records(survey: ClusterScan, counts: JobCounts, values: Values) -> list[Record]:
    """All queues that any node has, or has jobs of."""
    from disquectl.fanout.ask import missing_bits
    from disquectl.fanout.scan_all import now_ms

    later = _after(survey, values)
    bits = [(counts.bits.of(link.node_id), link.name) for link in survey.cluster.links()]
    answered = [link.name for link in survey.cluster.answered()]
    missing = missing_bits(survey.cluster, counts.bits)
    now = now_ms()
    found = []
    for queue in {**survey.queues, **dict.fromkeys(counts.queues())}:
        total = survey.queues.get(queue) or QueueSum()
        by_state, holders = counts.counts(queue, missing)
        rate = rates(total, later[queue]) if queue in later and queue in survey.queues else None
        found.append(
            queue_record(
                queue,
                total,
                counts=None if values.get("estimate") else by_state,
                oldest_age=counts.oldest_age(queue, now),
                rates=rate,
                answered=answered,
                holders=[name for bit, name in bits if name in total.pauses or bit & holders],
            )
        )
    return found


def _after(survey: ClusterScan, values: Values) -> dict[bytes, QueueSum]:
    """The queues once more, after the interval; empty without one."""
    if "interval" not in values:
        return {}
    begun = max((total.seen_at for total in survey.queues.values()), default=time.monotonic())
    time.sleep(max(begun + values["interval"] / 1000 - time.monotonic(), 0))
    return survey.again()


def _tell(survey: ClusterScan, counts: JobCounts, values: Values, session: Session) -> None:
    """What the numbers do not say."""
    if values.get("estimate"):
        session.note(
            "estimated from QSTAT: delayed, in-flight and acknowledged jobs and ages are not known, queues "
            "without queued jobs may be missing, and a job queued on two nodes counts twice"
        )
        return
    from disquectl.fanout.ask import missing_bits

    missing = missing_bits(survey.cluster, counts.bits)
    unknown = sum(counts.counts(queue, missing)[0]["unknown"] for queue in counts.queues()) if missing else 0
    if unknown:
        session.warn(f"{unknown} jobs are not counted above; a node that did not answer may have them queued")


def _shown(values: Values, session: Session) -> Shape:
    """The columns that fit a terminal, where nobody asked for others."""
    full = shape(values)
    if session.format != "table" or session.settings.columns is not None or values.get("names"):
        return full
    if session.streams.width >= WIDE_COLUMNS:
        return full
    fields = NARROW_WITH_RATES if "interval" in values else NARROW
    return Shape(fields, RECORDS, many=True, value="queue", kinds=full.kinds)


COMMAND = Command(
    "queues",
    "List the queues of the whole cluster.",
    group=TOOLS,
    example="disquectl queues 'mail*' --sort in_flight --limit 10",
    details="queued, delayed, in_flight (delivered or taken out, not acknowledged) and acked count jobs, "
    "each once however many replicas it has. oldest_age is the age of the oldest queued job in "
    "seconds. jobs_in and jobs_out are sums over the nodes, so a job that moves between nodes "
    "counts on both; the rates are jobs per second. pause is one state, or each node's where they "
    "differ. nodes are those that have the queue or a job of it. Reads all jobs of all nodes; "
    "memory grows with the number of distinct jobs, about 250 bytes each.",
    grammar=Grammar(
        arguments=(
            Argument(
                "pattern", PATTERN, "Only queues whose name matches this pattern (* ? [a-z]).", required=False
            ),
        ),
        options=(
            Option("--sort", TEXT, "Sort by this column, largest numbers first.", unset="queue"),
            Option("--reverse", FLAG, "Reverse the order."),
            Option("--min-length", number(0), "Only queues with at least N queued jobs."),
            Option("--limit", number(0), "Show at most N."),
            Option("--names", FLAG, "Print only the names."),
            Option("--interval", DURATION, "Measure rates over this interval, such as 2s."),
            Option(
                "--estimate",
                FLAG,
                "Use only QSCAN and QSTAT: faster, but without delayed, in-flight and oldest age.",
            ),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=shape),
)
