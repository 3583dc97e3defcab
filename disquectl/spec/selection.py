"""Which jobs a command means: the options that select jobs, defined once, and the test of a job. Pure.

The test is in two halves. `wants_content` looks at what all replicas of a job agree in (queue, ID, body), so
that a scan can drop what it does not need; `wants_status` looks at what only all replicas together tell.
It must not know how jobs are found.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.param_types import DURATION, FILE, FLAG, SIZE, TEXT, WORD, number, one_of
from disquectl.spec.parameters import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from disquectl.spec.parameters import Values

# The states of a job over all its replicas, as merge.states works them out.
STATES = ("queued", "delayed", "in-flight", "acked", "waiting", "unknown")

STATUS_OPTIONS = (
    Option("--state", one_of(*STATES), "Only jobs in this state; repeat it for more.", many=True),
    Option("--ttl-below", DURATION, "Only jobs with less TTL left than this, such as 1h."),
    Option("--ttl-over", DURATION, "Only jobs with more TTL left than this."),
    Option("--deliveries-over", number(0), "Only jobs with more than N additional deliveries."),
    Option("--created-by", TEXT, "Only jobs created at this node: its ID or the beginning of it."),
)
CONTENT_OPTIONS = (
    Option("--older-than", DURATION, "Only jobs created at least this long ago, such as 5m."),
    Option("--newer-than", DURATION, "Only jobs created at most this long ago."),
    Option("--nacks-over", number(0), "Only jobs with more than N nacks."),
    Option("--larger-than", SIZE, "Only jobs whose body is larger than this, such as 64kb."),
    Option("--smaller-than", SIZE, "Only jobs whose body is smaller than this."),
    Option("--contains", WORD, "Only jobs whose body contains this text."),
    Option("--grep", WORD, "Only jobs whose body matches this regular expression."),
    Option("--ignore-case", FLAG, "With --contains and --grep: ignore case.", short="-i"),
    Option("--invert", FLAG, "With --contains, --grep and --field: only jobs whose body does not match."),
    Option(
        "--field",
        TEXT,
        "Only jobs whose body is JSON with this member: PATH, PATH=VALUE, !=, < or >, such as user.id=42.",
        many=True,
    ),
    Option("--ids-from", FILE, "Only jobs named in this file, one ID per line; - is standard input."),
)
SELECTION_OPTIONS = (*STATUS_OPTIONS, *CONTENT_OPTIONS)


class Selection:
    """The jobs that a command means.

    queues    names of queues; empty for all
    states    states of jobs; empty for all
    """

    def __init__(self, values: Values, *, ids: Container[bytes] | None = None) -> None:
        """`values`: those of the options above and `queue`; `ids`: the content of --ids-from.

        Raises UsageError for an empty text, pattern or path, and for an expression that cannot be read.
        """
        self.queues: frozenset[bytes] = frozenset(values.get("queue", ()))
        self.states: frozenset[str] = frozenset(values.get("state", ()))
        self._ids = ids
        self._older_ms: int = values.get("older_than", 0)
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
        if self.queues and queue not in self.queues:
            return False
        if self._ids is not None and job_id not in self._ids:
            return False
        if not job_id.startswith(self._created_by, 2):
            return False
        if len(body) <= self._larger or (self._smaller is not None and len(body) >= self._smaller):
            return False
        if not self._body_tests:
            return True
        return all(test(body) for test in self._body_tests) is not self._inverts

    def wants_status(self, state: str, age_ms: float, ttl_ms: float, nacks: int, deliveries: int) -> bool:
        """Whether a job that passed `wants_content` is meant. Times in ms; `ttl_ms` is what is left."""
        return (
            (not self.states or state in self.states)
            and age_ms >= self._older_ms
            and (self._newer_ms is None or age_ms <= self._newer_ms)
            and (self._ttl_below_ms is None or ttl_ms < self._ttl_below_ms)
            and (self._ttl_over_ms is None or ttl_ms > self._ttl_over_ms)
            and nacks > self._nacks_over
            and deliveries > self._deliveries_over
        )


def created_by(text: str) -> bytes:
    """The beginning of job IDs that were created at a node: they have its first 8 hex digits behind `D-`."""
    if not text or any(digit not in "0123456789abcdef" for digit in text.lower()):
        raise UsageError(f"--created-by: not a node ID: {text!r}", "`disquectl nodes` lists them")
    return text.lower()[:8].encode()


def body_tests(values: Values) -> list[Callable[[bytes], bool]]:
    """The tests of a body that --contains, --grep and --field ask for."""
    tests: list[Callable[[bytes], bool]] = []
    ignores_case = bool(values.get("ignore_case"))
    if ignores_case and "contains" not in values and "grep" not in values:
        raise UsageError("--ignore-case goes with --contains or --grep")
    for name in ("contains", "grep", "ids_from"):
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
