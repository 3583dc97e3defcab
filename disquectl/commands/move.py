"""move: moves selected jobs to another queue, or to another cluster."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.job_options import MAX_REPLICAS
from disquectl.spec.acting import ACTING_OPTIONS, check_acting, shape_of_done
from disquectl.spec.command import CLUSTER, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.param_types import FILE, FLAG, NODE, PROFILE, QUEUE, SECONDS, URL, number
from disquectl.spec.parameters import Option
from disquectl.spec.selection import GLOB_QUEUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

MOVED_JOBS = shape_of_done("id", "new_id", "queue", "to")
DESTINATIONS = ("to", "to_node", "to_url", "to_profile")


def check(values: Values) -> None:
    """Reject a command without a queue or a destination, and states that cannot be moved."""
    check_acting("move", values, ("acked", "waiting"))
    if not any(name in values for name in DESTINATIONS):
        raise UsageError("move needs a destination", "--to QUEUE, --to-node, --to-url or --to-profile")
    if values.get("to") == b"":
        raise UsageError("--to is empty", "name a queue")
    if "journal" in values and "keep" in values:
        raise UsageError("--journal and --keep cannot be combined", "with --keep the originals stay")


def run(command: Command, values: Values, session: Session) -> None:
    """Find the jobs on all nodes, ask, and move them."""
    from disquectl.bulk.run_move import move

    move(values, MOVED_JOBS, session)


COMMAND = Command(
    "move",
    "Move the jobs of queues, or some of them, to another queue or cluster.",
    group=CLUSTER,
    example="disquectl move mail --to mail-old --older-than 1d --dry-run",
    details="Moves queued and delayed jobs, oldest first. Each gets a new ID and keeps what is left of its "
    "TTL and delay. A queued job is taken out of its queue, copied, and acknowledged; if its copy is "
    "refused, it goes back at once, which counts as an additional delivery. A job that was delivered "
    "while it was copied is reported as doubled, with both IDs; one whose copy got no answer, as "
    "unknown. With --journal, a second run finishes one that was killed. At-most-once jobs cannot be "
    "put back and are skipped. If the destination's profile is protected, --yes-really takes its "
    "name, too. Exit codes: 0 if all are moved, 3 if some were left, 8 if some are doubled or "
    "unknown, 1 if all were refused.",
    grammar=Grammar(
        arguments=(GLOB_QUEUES,),
        options=(
            Option(
                "--to", QUEUE, "Move to this queue; by default to that of the same name in another cluster."
            ),
            Option("--to-node", NODE, "Seed nodes of another cluster, comma-separated."),
            Option("--to-url", URL, "URL of another cluster; the password in it is visible to other users."),
            Option("--to-profile", PROFILE, "Profile of another cluster."),
            Option("--to-password-file", FILE, "File whose first line is the destination's password."),
            Option("--to-cacert", FILE, "Use TLS for the destination, and trust this PEM file."),
            Option("--keep", FLAG, "Copy the jobs; leave the originals as they are."),
            Option("--retry", SECONDS, "Retry time of the copies.", unset="that of each job"),
            Option("--ttl", SECONDS, "TTL of the copies.", unset="what is left of each job's"),
            Option("--delay", SECONDS, "Delay of the copies.", unset="what is left of each job's"),
            Option(
                "--replicate",
                number(1, MAX_REPLICAS),
                "Replicas of each copy.",
                unset="as many as each job had, at most as many as possible",
            ),
            Option("--async", FLAG, "Do not wait for replication."),
            Option("--connections", number(1, 1000), "Connections to the destination.", unset="1 or 32"),
            Option("--at-most-once", FLAG, "Also move jobs with RETRY 0, which are lost if it is killed."),
            Option("--journal", FILE, "Record the copies in this file; a second run finishes the first."),
            *ACTING_OPTIONS,
        ),
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run, shape=lambda _: MOVED_JOBS),
)
