"""Which jobs a command means: the options that select jobs, defined once, and the test of a job. Pure.

The test is in two halves. `wants_content` looks at what all replicas of a job agree in (queue, ID, body), so
that a scan can drop what it does not need; `wants_status` looks at what only all replicas together tell.
It must not know how jobs are found, nor read a file: execution.selecting makes a Selection for a command.
"""

from __future__ import annotations

import os

from disquectl.errors import UsageError
from disquectl.spec.param_types import (
    DURATION,
    FILE,
    FLAG,
    NODE_ID,
    QUEUE,
    SIZE,
    ParamType,
    number,
    one_of,
    plain_text,
)
from disquectl.spec.parameters import Argument, Option
from disquectl.spec.queue_patterns import QueueWords

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.spec.parameters import Values

# The states of a job over all its replicas; merge.states works them out.
STATES = ("queued", "delayed", "in-flight", "acked", "waiting", "unknown")

QUEUES = Argument(
    "queue",
    QUEUE,
    "Only jobs of these queues (names, or patterns of * ? [a-z]).",
    many=True,
    required=False,
)
# For commands that change jobs: a word is a pattern only with --glob.
GLOB_QUEUES = Argument(
    "queue",
    QUEUE,
    "Only jobs of these queues (with --glob, patterns of * ? [a-z]).",
    many=True,
    required=False,
)
GLOB = Option("--glob", FLAG, "Match QUEUE with * ? [a-z] where no queue has that name.")

_REGEX = ParamType("word", os.fsencode, "REGEX")
_LITERAL = ParamType("word", os.fsencode, "TEXT")
_FIELD = ParamType("text", plain_text, "PATH[=VALUE]")

# What only living jobs have; a dead letter does not record it.
STATUS_OPTIONS = (
    Option("--state", one_of(*STATES, noun="state"), "Only jobs in this state; may be repeated.", many=True),
    Option("--ttl-below", DURATION, "Only jobs with less TTL left, such as 1h."),
    Option("--ttl-over", DURATION, "Only jobs with more TTL left."),
    Option("--deliveries-over", number(0), "Only jobs with over N additional deliveries."),
    Option("--created-by", NODE_ID, "Only jobs created at this node (ID prefix)."),
)
CONTENT_OPTIONS = (
    Option("--older-than", DURATION, "Only jobs created at least this long ago, such as 5m."),
    Option("--newer-than", DURATION, "Only jobs created at most this long ago."),
    Option("--nacks-over", number(0), "Only jobs with more than N nacks."),
    Option("--larger-than", SIZE, "Only jobs with a larger body, such as 64kb."),
    Option("--smaller-than", SIZE, "Only jobs with a smaller body."),
    Option("--contains", _LITERAL, "Only jobs whose body contains this text."),
    Option("--grep", _REGEX, "Only jobs whose body matches this regular expression."),
    Option("--ignore-case", FLAG, "With --contains and --grep: ignore case.", short="-i"),
    Option("--invert", FLAG, "Only jobs whose body does not match."),
    Option(
        "--field",
        _FIELD,
        "Only jobs whose JSON body has this member (also !=, <, >), such as user.id=42.",
        many=True,
    ),
    Option("--ids-from", FILE, "Only jobs named in this file; - is stdin."),
)
ORDER_OPTIONS = (
    Option("--limit", number(0), "Take at most N jobs."),
    Option("--newest", FLAG, "Newest jobs first, instead of oldest."),
)
SELECTION_OPTIONS = (*STATUS_OPTIONS, *CONTENT_OPTIONS, *ORDER_OPTIONS)
_SELECTING = frozenset(option.name for option in (*STATUS_OPTIONS, *CONTENT_OPTIONS)) | {QUEUES.name}


class Selection:
    """The jobs that a command means.

    queues    the QUEUE words; while `queues.open` is not empty, fanout.existing_queues finds out what they
              are, and no job can be tested
    states    states of jobs; empty for all
    ids       the IDs of --ids-from; None without it
    selects   whether any word selects jobs; otherwise all are meant
    limit     how many of the selected jobs to take; None for all
    newest    whether the newest jobs are taken first, instead of the oldest
    """

    def __init__(self, values: Values, *, ids: frozenset[bytes] | None = None, patterns: bool = True) -> None:
        """`values`: those of the parameters above; `ids`: the content of --ids-from.

        `patterns`: whether QUEUE words can be patterns. Raises UsageError for an empty text, pattern or path,
        and for an expression that cannot be read.
        """
        self.queues = QueueWords(values.get("queue", ()), patterns)
        self.states: frozenset[str] = frozenset(values.get("state", ()))
        self.ids = ids
        self.selects = not _SELECTING.isdisjoint(values)
        self.limit: int | None = values.get("limit")
        self.newest = bool(values.get("newest"))
        # By a clock that is behind, a job may be created in the future.
        self._older_ms: float = values.get("older_than", float("-inf"))
        self._newer_ms: int | None = values.get("newer_than")
        self._ttl_below_ms: int | None = values.get("ttl_below")
        self._ttl_over_ms: int | None = values.get("ttl_over")
        self._nacks_over: int = values.get("nacks_over", -1)
        self._deliveries_over: int = values.get("deliveries_over", -1)
        self._larger: int = values.get("larger_than", -1)
        self._smaller: int | None = values.get("smaller_than")
        self._created_by = created_by(values["created_by"]) if "created_by" in values else b""
        self._inverts = bool(values.get("invert"))
        self._body_tests = body_tests(values)
        if self._inverts and not self._body_tests:
            raise UsageError("--invert goes with --contains, --grep or --field")

    def wants_content(self, queue: bytes, job_id: bytes, body: bytes) -> bool:
        """Whether a job with this queue, ID and whole body may be meant."""
        if not self.queues.wants(queue):
            return False
        if self.ids is not None and job_id not in self.ids:
            return False
        # A dead letter of another program may have an ID that is shorter than this.
        if self._created_by and not job_id.startswith(self._created_by, 2):
            return False
        if len(body) <= self._larger or (self._smaller is not None and len(body) >= self._smaller):
            return False
        if not self._body_tests:
            return True
        return all(test(body) for test in self._body_tests) is not self._inverts

    @property
    def only_queue(self) -> bytes | None:
        """The one queue of all selected jobs, to scan it alone; None if there may be more."""
        names = self.queues.names
        return next(iter(names)) if names is not None and len(names) == 1 else None

    @property
    def tests_content(self) -> bool:
        """Whether `wants_content` can refuse a job of a queue that is meant."""
        tests_size = self._larger >= 0 or self._smaller is not None
        return self.ids is not None or bool(self._created_by or self._body_tests) or tests_size

    @property
    def tests_numbers(self) -> bool:
        """Whether `wants_numbers` can refuse a job."""
        bounds = (self._newer_ms, self._ttl_below_ms, self._ttl_over_ms)
        lowest = self._older_ms == float("-inf") and self._nacks_over < 0 and self._deliveries_over < 0
        return not lowest or any(bound is not None for bound in bounds)

    def wants_status(self, state: str, age_ms: float, ttl_ms: float, nacks: int, deliveries: int) -> bool:
        """Whether a job that passed `wants_content` is meant. Times in ms; `ttl_ms` is what is left."""
        has_state = not self.states or state in self.states
        return has_state and self.wants_numbers(age_ms, ttl_ms, nacks, deliveries)

    def wants_numbers(self, age_ms: float, ttl_ms: float, nacks: int, deliveries: int) -> bool:
        """The same apart from the state."""
        return (
            age_ms >= self._older_ms
            and (self._newer_ms is None or age_ms <= self._newer_ms)
            and (self._ttl_below_ms is None or ttl_ms < self._ttl_below_ms)
            and (self._ttl_over_ms is None or ttl_ms > self._ttl_over_ms)
            and nacks > self._nacks_over
            and deliveries > self._deliveries_over
        )


def created_by(node_id: bytes) -> bytes:
    """The beginning of job IDs that were created at a node: they have its first 8 hex digits behind `D-`."""
    digits = node_id.lower()
    if not digits or digits.strip(b"0123456789abcdef"):
        shown = repr(node_id.decode("utf-8", "backslashreplace"))
        raise UsageError(f"--created-by: not a node ID: {shown}", "`disquectl nodes` lists them")
    return digits[:8]


def body_tests(values: Values) -> list[Callable[[bytes], bool]]:
    """The tests of a body that --contains, --grep and --field ask for."""
    tests: list[Callable[[bytes], bool]] = []
    ignores_case = bool(values.get("ignore_case"))
    if ignores_case and "contains" not in values and "grep" not in values:
        raise UsageError("--ignore-case goes with --contains or --grep")
    for name in ("contains", "grep"):
        if name in values and not values[name]:
            raise UsageError(
                f"--{name.replace('_', '-')} is empty: it would select every job", "leave it out"
            )
    if "contains" in values:
        tests.append(_contains(values["contains"], ignores_case))
    if "grep" in values:
        tests.append(_matches(values["grep"], ignores_case))
    if "field" in values:
        from disquectl.spec.body_fields import field_test

        tests += [field_test(text) for text in values["field"]]
    return tests


def _contains(text: bytes, ignores_case: bool) -> Callable[[bytes], bool]:
    if not ignores_case:
        return lambda body: text in body
    import re

    return _matches(re.escape(text), True)


def _matches(expression: bytes, ignores_case: bool) -> Callable[[bytes], bool]:
    """Whether a body matches; to ignore case it is read as text, since bytes have case in ASCII alone."""
    import re

    try:
        if not ignores_case:
            of_bytes = re.compile(expression, re.DOTALL)
            return lambda body: of_bytes.search(body) is not None
        of_text = re.compile(_as_text(expression), re.DOTALL | re.IGNORECASE)
        return lambda body: of_text.search(_as_text(body)) is not None
    except re.error as problem:
        raise UsageError(
            f"--grep: not a regular expression: {problem}", "the syntax is that of Python's re"
        ) from None


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
