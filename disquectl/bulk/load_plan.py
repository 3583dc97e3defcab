"""What `load` makes of each line: an ADDJOB, or the reason why not. Pure: `now` is passed in."""

from __future__ import annotations

from disquectl.bulk.batches import WrongInput
from disquectl.bulk.dump_reader import DumpReader
from disquectl.bulk.jsonl import check_opening, option_words
from disquectl.bulk.summary import LEFT, SKIPPED
from disquectl.bulk.template import MAX_TEMPLATES, Template
from disquectl.errors import UsageError
from disquectl.protocol.job_options import DEFAULT_REPLICATE, LAST_EXPIRY, MAX_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Literal

    from disquectl.bulk.dumped_job import DumpedJob, Traits
    from disquectl.bulk.summary import OutcomeKind
    from disquectl.spec.parameters import Values
    from disquectl.spec.selection import Selection

EXPIRED: Final = "expired"
STILL_KNOWN: Final = "still known"
NO_JOB: Final = "not a job"
TOO_LONG = "the line is longer than 512 MB"
# The beginning of every ID, for a line without one: it was created at no node.
NO_ID = b"D-"
# A line that needs no outcome.
NOT_SELECTED: Final = "not selected"
EMPTY: Final = "empty"


class Addition:
    """How jobs are added that differ in their bodies and TTLs alone.

    options   those of ADDJOB, without TTL
    replicas  as many as it asks for
    in_order  whether they wait for no replication, so that they can keep their place in the queue
    """

    __slots__ = ("_template", "in_order", "options", "replicas")

    def __init__(self, queue: bytes, timeout_ms: int, options: dict[str, Any], *, has_ttl: bool) -> None:
        self.options = options
        self.replicas: int = options["replicate"]
        self.in_order = self.replicas == 1 or bool(options.get("async"))
        self._template = Template(queue, timeout_ms, option_words(options), with_ttl=has_ttl)

    def request(self, body: bytes, ttl: int | None) -> bytes:
        """The encoded ADDJOB."""
        template = self._template
        return template.request(body) if ttl is None else template.request_with_ttl(body, ttl)


class PlannedLine:
    """One line of the file.

    kind     what became of it, if that is known before it is sent: it is skipped, left, not selected or empty
    reason   why; message: the same with details
    job      what the line says, and its ID
    queue    the queue that the job is added to
    ttl      that of its ADDJOB; addition: the other options of it
    key      by which jobs are taken with --limit, the smallest first: age and number of the line
    """

    # Most lines need few of these, and a class attribute costs a line nothing.
    kind: OutcomeKind | Literal["not selected", "empty"] | None = None
    reason = ""
    message = ""
    job: DumpedJob
    job_id: bytes | None = None
    new_id: bytes | None = None
    queue: bytes | None = None
    ttl: int | None = None
    addition: Addition
    key = (0.0, 0)

    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def options(self) -> dict[str, Any]:
        """Those of its ADDJOB."""
        options = self.addition.options
        return options if self.ttl is None else {**options, "ttl": self.ttl}

    def request(self) -> bytes:
        """Its encoded ADDJOB."""
        return self.addition.request(self.job.body, self.ttl)

    def end(self, kind: OutcomeKind, reason: str, message: str = "") -> None:
        """Note what became of it."""
        self.kind = kind
        self.reason = reason
        self.message = message or reason


class LoadPlan:
    """Which jobs of a file are added, and how.

    most_replicas  as many as the destination can hold now
    was_reduced    whether a job got fewer replicas than it had
    last_chosen    with --limit, the key of the last job that is taken; see PlannedLine
    """

    def __init__(self, values: Values, selection: Selection, timeout_ms: int) -> None:
        """`values`: those of --to, --to-prefix, --renew, --retry, --ttl, --delay, --replicate, --async."""
        self.most_replicas = 1
        self.was_reduced = False
        self.last_chosen: tuple[float, int] | None = None
        self._is_first = True
        self._ranks = selection.limit is not None
        self._takes_all = not (selection.selects or self._ranks)
        self._selection = selection
        self._to: bytes | None = values.get("to")
        self._prefix: bytes = values.get("to_prefix", b"")
        self._renews = bool(values.get("renew"))
        self._given: dict[str, Any] = {
            name: values[name] for name in ("retry", "delay", "async") if name in values
        }
        self._ttl: int | None = values.get("ttl")
        self._replicate: int | None = values.get("replicate")
        self._timeout_ms = timeout_ms
        self._reader = DumpReader()
        self._additions: dict[tuple[bytes, Traits, int | None, bool], Addition] = {}

    def read(self, line: bytes | None, number: int, now: float) -> PlannedLine:
        """What becomes of a line; None stands for one that is too long.

        Raises WrongInput if no line of the input can be a job.
        """
        planned = PlannedLine(number)
        try:
            if line is None:
                raise UsageError(TOO_LONG)
            stripped = line.strip()
            if not stripped:
                planned.kind = EMPTY
                return planned
            if self._is_first:
                self._is_first = False
                check_opening(stripped, number)
            planned.job = job = self._reader.read(line, now)
            planned.job_id = job.job_id
            planned.queue = self._queue_of(job)
            if self._ranks:
                planned.key = (self._rank(job), number)
            if not self._takes_all and not self._wants(job, planned.key, now):
                planned.kind = NOT_SELECTED
            elif job.is_expired(now) and not self._renews:
                planned.end(SKIPPED, EXPIRED)
            else:
                self._add(planned, job, now)
        except WrongInput:
            raise
        except UsageError as problem:
            planned.end(LEFT, NO_JOB, f"not a job: {problem.message}")
        return planned

    def _rank(self, job: DumpedJob) -> float:
        """Smallest for the oldest job, or with --newest the newest; a job without a time is the newest."""
        if not job.has_created:
            return float("-inf" if self._selection.newest else "inf")
        return -job.created if self._selection.newest else job.created

    def limit_replicas(self, most: int) -> None:
        """Ask for at most this many replicas from now on; for one at least."""
        if self._replicate is None:
            self.most_replicas = max(min(self.most_replicas, most), 1)
            self._additions.clear()

    def _wants(self, job: DumpedJob, key: tuple[float, int], now: float) -> bool:
        age_ms = (now - job.created) * 1000
        numbers = (age_ms, job.ttl_ms(now), job.traits.nacks, job.traits.deliveries)
        return (
            self._selection.wants_content(job.queue or b"", (job.job_id or NO_ID).ljust(2), job.body)
            and self._selection.wants_status(job.traits.state, *numbers)
            and (self.last_chosen is None or key <= self.last_chosen)
        )

    def _queue_of(self, job: DumpedJob) -> bytes:
        queue = job.queue if self._to is None else self._to
        if queue is None:
            raise UsageError("no queue in the line, and no --to")
        return self._prefix + queue

    def _add(self, planned: PlannedLine, job: DumpedJob, now: float) -> None:
        """Note how the job is added. Raises UsageError."""
        assert planned.queue is not None
        ttl, delay = job.times_anew() if self._renews else job.times_left(now)
        if self._ttl is not None:
            ttl = self._ttl
        if ttl is not None and now + ttl > LAST_EXPIRY:
            raise UsageError("its TTL ends after 2106-02-07, the last date that Disque supports")
        key = (planned.queue, job.traits, delay, ttl is None)
        addition = self._additions.get(key)
        if addition is None:
            if len(self._additions) >= MAX_TEMPLATES:
                self._additions.clear()
            options = self._options(job, delay)
            addition = Addition(planned.queue, self._timeout_ms, options, has_ttl=ttl is not None)
            self._additions[key] = addition
        planned.ttl, planned.addition = ttl, addition

    def _options(self, job: DumpedJob, delay: int | None) -> dict[str, Any]:
        """The options of its ADDJOB, without TTL."""
        options = {name: value for name, value in job.traits.options.items() if name not in ("ttl", "delay")}
        wanted: int | None = options.get("replicate")
        if delay is not None:
            options["delay"] = delay
        options.update(self._given)
        if self._replicate is not None:
            options["replicate"] = self._replicate
        elif options.get("retry") == 0:
            # Disque delivers at most once only what has one replica.
            options["replicate"] = 1
        else:
            options["replicate"] = min(wanted or DEFAULT_REPLICATE, self.most_replicas)
            self.was_reduced = self.was_reduced or (wanted or 0) > self.most_replicas
        if options.get("delay", 0) > MAX_SECONDS:
            raise UsageError(f"its delay ends in more than {MAX_SECONDS} seconds")
        return options
