"""check: a monitoring plugin, by the Monitoring Plugins guidelines."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.health.figures import FIGURES, ITEMS
from disquectl.spec.command import CLUSTER, Command, Grammar, Program
from disquectl.spec.param_types import DURATION, WORD, number, one_of
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option, require_positive
from disquectl.spec.queue_patterns import is_pattern
from disquectl.spec.shape import RECORDS, Shape
from disquectl.spec.threshold import THRESHOLD, Threshold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

FIELDS = ("status", "item", "name", "figures", "message")
MEANINGS = {
    "queue": "length, age of the oldest job, in flight, consumers, rate",
    "cluster": "reachable nodes, leaving nodes, agreement",
    "node": "memory, clients, AOF errors, uptime, clock skew",
    "dead": "dead letters, and the age of the newest",
    "ping": "round trip of PING",
}
INTERVAL_MS, TIMEOUT_MS = 1_000, 10_000
# With a short timeout, the interval is at most this part of it.
_INTERVAL_PART = 4
LEVELS = ("warning", "critical")


def check(values: Values) -> None:
    """Reject what the item does not have; make -w and -c the thresholds of its main figure."""
    item = values["item"]
    names: tuple[bytes, ...] = values.get("name", ())
    if item == "queue" and not names:
        raise UsageError("check queue needs the name of a queue", "'*' checks all queues")
    if item in ("cluster", "ping") and names:
        raise UsageError(f"check {item} takes no name")
    for name, only in (("interval", "queue"), ("expected", "cluster")):
        if name in values and item != only:
            raise UsageError(f"--{name} only applies to {only}")
    own = [figure.name for figure in ITEMS[item]]
    for name in FIGURES:
        for level in LEVELS:
            if name not in own and _key(name, level) in values:
                raise UsageError(f"--{name}-{level} does not apply to {item}", f"choose {', '.join(own)}")
    main = ITEMS[item][0].name
    for level in LEVELS:
        if level in values and _key(main, level) in values:
            raise UsageError(f"--{level} and --{main}-{level} mean the same; give one")
        if level in values:
            values[_key(main, level)] = values.pop(level)
    if "expected" in values and values.keys().isdisjoint(_key(main, level) for level in LEVELS):
        values[_key(main, "critical")] = Threshold(f"{values['expected']}:")
    timeout = values.setdefault("timeout", TIMEOUT_MS)
    require_positive(values, "interval", "timeout")
    if values.setdefault("interval", min(INTERVAL_MS, timeout // _INTERVAL_PART)) >= timeout:
        raise UsageError("--interval must be less than --timeout")


def shape(values: Values) -> Shape:
    """One record, or several where several things are checked."""
    names: tuple[bytes, ...] = values.get("name", ())
    several = {"queue": len(names) > 1 or any(map(is_pattern, names)), "node": len(names) != 1}
    return Shape(FIELDS, RECORDS, many=several.get(values["item"], False), value="message")


def run(command: Command, values: Values, session: Session) -> None:
    """Check the item, write the line of a plugin, and set its exit code."""
    from disquectl.programs.check import check_item

    check_item(values, shape(values), session)


def _key(figure: str, level: str) -> str:
    return f"{figure}-{level}".replace("-", "_")


def _options() -> tuple[Option, ...]:
    """A warning and a critical threshold for each figure."""
    return tuple(
        Option(f"--{figure.name}-{level}", THRESHOLD, f"{item}: {level} threshold of {figure.words}.")
        for item, figures in ITEMS.items()
        for figure in figures
        for level in LEVELS
    )


COMMAND = Command(
    "check",
    "Check a queue, the cluster or a node for Nagios or Icinga.",
    group=CLUSTER,
    example="disquectl check queue mail -w 1000 -c 10000 --age-critical 600",
    details="A monitoring plugin: prints one line with performance data, and exits with 0 OK, 1 WARNING, "
    "2 CRITICAL or 3 UNKNOWN (also for wrong usage, and if no node answers). A RANGE is 10 (alert outside "
    "0 to 10), 10: (below 10), ~:10 (above 10), 10:20 (outside) or @10:20 (inside). Without thresholds it "
    "reports, and is OK. Ages and uptime are in seconds, memory is in percent of maxmemory, clock skew and "
    "round trips are in milliseconds; agreement is 1 if all nodes know each other, else 0.",
    grammar=Grammar(
        arguments=(
            Argument(
                "item",
                one_of(*ITEMS, noun="item", meanings=MEANINGS),
                "; ".join(f"{item}: {meaning}" for item, meaning in MEANINGS.items()) + ".",
            ),
            Argument(
                "name",
                WORD,
                "queue: names or patterns; node: addresses or beginnings of node IDs; dead: queues.",
                many=True,
                required=False,
            ),
        ),
        options=(
            Option("--warning", THRESHOLD, "Warning threshold of the item's first figure.", short="-w"),
            Option("--critical", THRESHOLD, "Critical threshold of the item's first figure.", short="-c"),
            *_options(),
            Option("--timeout", DURATION, "Give up after this time.", short="-t", unset="10s"),
            Option(
                "--interval",
                DURATION,
                "queue: measure the rate over this interval; less if --timeout is short.",
                unset="1s",
            ),
            Option("--expected", number(1), "cluster: CRITICAL if fewer than N nodes can be reached."),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=shape),
)
