"""LOADJOB: a job in the format of the append only file."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import BODY
from disquectl.spec.parameters import Argument

COMMAND = Command(
    "loadjob",
    "Load a job in the append only file's format (refused from clients).",
    group=SERVER,
    example="disquectl loadjob DATA",
    details="Disque accepts it only from its own file; it is listed for completeness.",
    errors=("ERR: LOADJOB is only for the append only file.",),
    grammar=Grammar(
        verb=(b"LOADJOB",), arguments=(Argument("data", BODY, "The job as Disque serializes it."),)
    ),
    risk=Risk(WRITE),
    does=Request(records=reply_record, shape=reply_shape),
)
