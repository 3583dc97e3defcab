"""LOADJOB: a job as the append only file writes it."""

from __future__ import annotations

from disquectl.commands.kinds import BODY
from disquectl.commands.row import SERVER, WRITE, Argument, Row
from disquectl.commands.status import reply_record, reply_shape

ROW = Row(
    "loadjob",
    "Load a job as the append only file holds it (refused from clients).",
    verb=(b"LOADJOB",),
    group=SERVER,
    effect=WRITE,
    arguments=(Argument("data", BODY, "The job, as Disque serializes it."),),
    details="Disque accepts it from its own file only; here it is for completeness.",
    errors=("ERR: LOADJOB is only for the append only file.",),
    example="disquectl loadjob DATA",
    shape=reply_shape,
    records=reply_record,
)
