"""consumers: the connections of all nodes that wait for jobs or belong to a worker."""

from __future__ import annotations

from disquectl.merge.consumers import CONSUMER_FIELDS
from disquectl.spec.command import CLUSTER, Command, Grammar, Program
from disquectl.spec.param_types import QUEUE
from disquectl.spec.parameters import SEEDS_ONLY, Argument
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Kind

KINDS: dict[str, Kind] = {"address": "word", "node": "word", "waiting": "word", "idle": "seconds"}
RANKS = ("address", "queues", "waiting", "node", "name", "idle")


def shape(values: Values) -> Shape:
    """A row for each consumer."""
    return Shape(
        CONSUMER_FIELDS,
        RECORDS,
        many=True,
        value="address",
        kinds=KINDS,
        ranks=RANKS,
        empty="no consumers (a consumer without a worker's name is listed only while it waits)",
    )


def run(command: Command, values: Values, session: Session) -> None:
    """Ask every node for its connections, and write those of consumers."""
    from disquectl.programs.consumers import list_consumers

    list_consumers(values, shape(values), session)


COMMAND = Command(
    "consumers",
    "List the consumers of the whole cluster, or of one queue.",
    group=CLUSTER,
    example="disquectl consumers mail",
    details="Lists the connections of all nodes that wait in GETJOB, and those of `disquectl work`, whose "
    "name is disquectl:work:HOST:PID:q=QUEUE,QUEUE. A worker has one connection that takes jobs, where it "
    "asks again every second, and others for acknowledgements and dead letters. Other clients are "
    "listed only while they wait; rate_out of `queues --interval` shows deliveries to busy ones. Disque "
    "does not tell which queues a connection waits for: queues is empty (null in JSON) if the name does "
    "not say. With QUEUE, such connections are listed at nodes where QSTAT counts more waiting clients "
    "than workers; a note says so if not all of them wait for QUEUE.",
    grammar=Grammar(
        arguments=(Argument("queue", QUEUE, "List only consumers of this queue.", required=False),),
        options=(SEEDS_ONLY,),
    ),
    does=Program(run, shape=shape),
)
