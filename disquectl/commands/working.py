"""WORKING: ask for more time for a job."""

from __future__ import annotations

from disquectl.protocol.shapes import integer
from disquectl.spec.command import JOBS, UNKNOWN_JOB, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import JOB_ID
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument
from disquectl.spec.shape import VALUE, Shape

COMMAND = Command(
    "working",
    "Report that a job is still being processed.",
    group=JOBS,
    example="disquectl working D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
    details="Restarts the job's retry time and prints it in seconds. A queued job is taken out of its queue; "
    "one that is delivered at most once (0) does not come back.",
    errors=(
        *UNKNOWN_JOB,
        "NOJOB: the node does not know the job (exit code 4).",
        "TOOLATE: half of the TTL has passed.",
    ),
    merge="by_id",
    grammar=Grammar(
        verb=(b"WORKING",), arguments=(Argument("id", JOB_ID, "Job ID."),), options=CLUSTER_OPTIONS
    ),
    risk=Risk(
        WRITE,
        cluster_note="reaches only the nodes that this one lists for the job; "
        "--cluster looks at all nodes first",
    ),
    does=Request(
        records=lambda words, reply: [{"id": words[1], "seconds": integer("WORKING", reply)}],
        shape=lambda _: Shape(("id", "seconds"), VALUE, many=False, value="seconds", kinds={"id": "id"}),
    ),
)
