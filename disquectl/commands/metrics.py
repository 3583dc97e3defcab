"""metrics: the figures of the cluster for Prometheus."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.command import CLUSTER, Command, Grammar, Program
from disquectl.spec.listen_address import LISTEN
from disquectl.spec.param_types import FILE, FLAG, QUEUE
from disquectl.spec.parameters import SEEDS_ONLY, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Raw, Values

_WAYS = ("file", "listen", "rules")


def check(values: Values) -> None:
    """Reject ways of output that exclude each other."""
    given = [name for name in _WAYS if name in values]
    if len(given) > 1:
        raise UsageError(f"--{given[0]} and --{given[1]} cannot be combined")
    if "listen" in values and "every" in values:
        raise UsageError("--listen and --every cannot be combined", "each scrape asks the nodes")


def run(command: Command, values: Values, session: Session) -> None:
    """Write the metrics or the rules once, or answer scrapes."""
    if "listen" in values:
        from disquectl.programs.metrics_server import serve

        serve(values, session)
        return
    from disquectl.programs.metrics import write_metrics, write_rules

    if "rules" in values:
        write_rules(session)
    else:
        write_metrics(values, session)


def _listens(raw: Raw) -> bool:
    return "listen" in raw


COMMAND = Command(
    "metrics",
    "Print the figures of the cluster for Prometheus, or answer scrapes.",
    group=CLUSTER,
    example="disquectl metrics --queues 'mail*'",
    details="Prints the text format of Prometheus. A node that does not answer has disque_up 0. Reads all "
    "jobs of all nodes; with --listen at most once a minute, and so that it takes at most 5 % of the time of "
    "a node. --listen needs the library prometheus-client (pip install 'disquectl[metrics]'), and ends with "
    "0 when it is stopped. Of more than 1,000 queues those with the most jobs are listed. Bytes of names "
    "that are not UTF-8 are escaped as in plain.",
    grammar=Grammar(
        options=(
            Option("--queues", QUEUE, "Only queues whose name matches this pattern (* ? [a-z]).", many=True),
            Option(
                "--file", FILE, "Write to this file and rename it into place, for the textfile collector."
            ),
            Option(
                "--listen",
                LISTEN,
                "Answer scrapes at http://HOST:PORT/metrics; without HOST on this machine only.",
            ),
            Option("--rules", FLAG, "Print alert rules for Prometheus."),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, is_streaming=_listens),
)
