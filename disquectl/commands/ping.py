"""PING: check that a node answers; with --times, how fast."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.execution.request import send_and_present
from disquectl.execution.status_reply import reply_shape, value_record
from disquectl.merge.round_trips import FIELDS
from disquectl.spec.command import SERVER, Command, Grammar, Program, Request, Risk
from disquectl.spec.param_types import DURATION, WORD, number
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument, Option
from disquectl.spec.shape import PAIRS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

ONCE = Request(records=value_record, shape=reply_shape)


def is_repeated(values: Values) -> bool:
    """Whether to send it more than once and measure."""
    return "times" in values or "every" in values


def shape(values: Values) -> Shape:
    """The reply; with --times the times."""
    return Shape(FIELDS, PAIRS) if is_repeated(values) else reply_shape(values)


def run(command: Command, values: Values, session: Session) -> None:
    """Send it once, to all nodes or to one; or again and again."""
    if values.get("seeds_only") and not values.get("cluster"):
        raise UsageError("--seeds-only needs --cluster")
    if is_repeated(values):
        from disquectl.programs.ping import ping_again_and_again

        ping_again_and_again(command, values, shape(values), session)
    elif values.get("cluster"):
        from disquectl.execution.all_nodes import list_all

        list_all(command, ONCE, values, session)
    else:
        send_and_present(command, ONCE, values, session)


COMMAND = Command(
    "ping",
    "Check that a node answers, and how fast.",
    group=SERVER,
    example="disquectl ping --times 5 --every 200ms",
    details="With --times, prints the milliseconds of each round trip, then min, median, mean, p99 and max. "
    "Connecting is not measured. A round trip without an answer within --response-timeout is lost; the node "
    "is then connected to again. Exit codes: 0 if none is lost, 3 if some are, 5 or 6 if all are. Ctrl-C "
    "ends it with the summary (130).",
    grammar=Grammar(
        verb=(b"PING",),
        arguments=(
            Argument("message", WORD, "Text for the node to send back instead of PONG.", required=False),
        ),
        options=(
            Option("--times", number(1), "Measure N round trips."),
            Option(
                "--every",
                DURATION,
                "Begin a round trip every D, such as 200ms; without --times, until Ctrl-C.",
            ),
            *CLUSTER_OPTIONS,
        ),
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Program(run, shape=shape, is_streaming=is_repeated),
)
