"""What the commands that act on selected jobs have in common: their options, and what is wrong together.

It must not know what is done to the jobs.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.param_types import FLAG, RATE
from disquectl.spec.parameters import SEEDS_ONLY, Option
from disquectl.spec.selection import GLOB, SELECTION_OPTIONS
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Kind

ALL_QUEUES = Option("--all-queues", FLAG, "Act on the jobs of all queues.")
DRY_RUN = Option("--dry-run", FLAG, "Only list the jobs that would be acted on; change nothing.")
RATE_LIMIT = Option("--rate", RATE, "Act on at most N jobs per second, such as 100/s.")
ACTING_OPTIONS = (ALL_QUEUES, GLOB, *SELECTION_OPTIONS, DRY_RUN, RATE_LIMIT, SEEDS_ONLY)


def shape_of_done(*fields: str) -> Shape:
    """The records of jobs that were acted on; `new_id` is the ID of a copy."""
    kinds: dict[str, Kind] = {name: "id" for name in fields if name in ("id", "new_id")}
    value = "new_id" if "new_id" in kinds else "id"
    return Shape(
        fields, RECORDS, many=True, value=value, kinds=kinds, empty="no jobs match", listed_as="jobs"
    )


# Records of purge and requeue.
DONE_JOBS = shape_of_done("id", "queue")


def check_acting(name: str, values: Values, listed_only: tuple[str, ...]) -> None:
    """Reject a command without a queue, and states whose jobs are only listed.

    A variable of a script that is empty must not make it act on every queue.
    """
    if "queue" in values and "all_queues" in values:
        raise UsageError("--all-queues and QUEUE cannot be combined")
    if not {"queue", "all_queues", "ids_from"} & values.keys():
        raise UsageError(f"{name} needs a QUEUE", "or --all-queues, or --ids-from FILE")
    for state in values.get("state", ()):
        if state in listed_only:
            raise UsageError(f"--state: {name} does not act on {state} jobs", "`disquectl jobs` lists them")
