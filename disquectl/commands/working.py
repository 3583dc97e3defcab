"""WORKING: a consumer needs more time for a job."""

from __future__ import annotations

from disquectl.commands.kinds import JOB_ID
from disquectl.commands.row import BY_ID, JOBS, UNKNOWN_JOB, WRITE, Argument, Row
from disquectl.protocol.shapes import integer
from disquectl.render.shape import VALUE, Shape

ROW = Row(
    "working",
    "Say that a job is still being worked on.",
    verb=(b"WORKING",),
    group=JOBS,
    effect=WRITE,
    everywhere=BY_ID,
    arguments=(Argument("id", JOB_ID, "The job."),),
    details="Starts the job's retry time anew and prints it in seconds. A queued job is taken out of its "
    "queue; one that is delivered at most once (0) does not come back.",
    errors=(
        *UNKNOWN_JOB,
        "NOJOB: the node does not know the job (exit code 4).",
        "TOOLATE: half of the TTL has passed.",
    ),
    surprise="reaches only the nodes that this one lists for the job; --cluster looks at all nodes first",
    example="disquectl working D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
    shape=lambda _: Shape(("id", "seconds"), VALUE, many=False, value="seconds", kinds={"id": "id"}),
    records=lambda words, reply: [{"id": words[1], "seconds": integer("WORKING", reply)}],
)
