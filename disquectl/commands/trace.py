"""trace: one job as every node sees it."""

from __future__ import annotations

import time

from disquectl.commands.show import SHOW_KINDS
from disquectl.errors import NothingThere, ReplyError
from disquectl.merge.trace import JobTrace, side_by_side
from disquectl.protocol.jobid import is_valid
from disquectl.render.human import show as human
from disquectl.spec.command import TOOLS, UNKNOWN_JOB, Command, Grammar, Program
from disquectl.spec.param_types import FLAG, JOB_ID
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.shape import PAIRS, RECORDS, TREE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.client.cluster import Cluster
    from disquectl.execution.session import Session
    from disquectl.fanout.ask import Refusals
    from disquectl.merge.clocks import Clocks
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Kind

SUMMARY = ("id", "created_by", "ttl_minutes", "delivery", "state", "next_requeue_within")
KINDS: dict[str, Kind] = {"id": "id", "next_requeue_within": "ms"}
DOCUMENT = Shape((*SUMMARY, "differs", "copies"), RECORDS, kinds=KINDS)
FOLLOW_SECONDS = 0.5
# Running times change with every look; what is left is news.
_RUNNING = ("ttl", "next_requeue_within", "next_awake_within")


def shape(values: Values) -> Shape:
    """One document; with --follow, one after each change."""
    return DOCUMENT


def check(values: Values) -> None:
    """Reject an invalid ID before connecting."""
    if not is_valid(values["id"]):
        raise ReplyError("BADID not a job ID", "a job ID has 40 characters: D-, 8 hex digits, -, 24, -, 4")


def run(command: Command, values: Values, session: Session) -> None:
    """Ask all nodes for the job; with --follow, until none has it."""
    from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, settle
    from disquectl.merge.clocks import Clocks

    session.check_output(shape(values))
    with open_cluster(session.client, seeds_only="seeds_only" in values) as cluster:
        refusals = Refusals()
        clocks = Clocks()
        found = _look(cluster, values["id"], clocks, refusals)
        require_an_answer(cluster, session, refusals)
        if values.get("follow") and found["copies"]:
            _follow(found, lambda: _look(cluster, values["id"], clocks, refusals), session)
        else:
            _show(found, session)
        settle(cluster, session, refusals=refusals)
        if not found["copies"]:
            raise NothingThere("unknown job: no node has a replica of it")


def _look(cluster: Cluster, job_id: bytes, clocks: Clocks, refusals: Refusals) -> Record:
    """The job at this moment."""
    from disquectl.fanout.scan_all import now_ms
    from disquectl.merge.clocks import skew_ms
    from disquectl.protocol.server_replies import server_time

    shown = []
    for link, request, reply in cluster.ask([b"TIME"], [b"SHOW", job_id]):
        now = now_ms()
        if isinstance(reply, ReplyError):
            refusals.add(link, request, reply)
        elif request[0] == b"TIME":
            clocks.add(link.node_id, skew_ms(server_time(reply), now, now))
        else:
            shown.append((link, reply, now))
    tracing = JobTrace(job_id, {link.node_id: link.name for link in cluster.links()}, clocks)
    for link, reply, now in shown:
        tracing.add(link.node_id, reply, now)
    missing = [one.node_id for one in cluster.missing()]
    return tracing.record(missing if all(missing) else None, now_ms())


def _follow(found: Record, look: Callable[[], Record], session: Session) -> None:
    """Write the job whenever something of it has changed, until it is gone."""
    before = None
    while found["copies"]:
        if (now := _news(found)) != before:
            if before is not None and session.format == "table":
                session.streams.put(b"\n")
            _show(found, session)
            before = now
        time.sleep(FOLLOW_SECONDS)
        found = look()
    session.note(f"{found['id']} is gone")


def _news(found: Record) -> list[object]:
    """What of it does not run by itself."""
    copies = [{field: copy[field] for field in copy if field not in _RUNNING} for copy in found["copies"]]
    return [found["state"], copies]


def _show(found: Record, session: Session) -> None:
    """JSON has a copy a node; a table a row a field and a column a node; plain a line a field and node."""
    from disquectl.execution.present import present

    fmt = session.format
    if fmt in ("json", "jsonl") or session.settings.columns is not None or not found["copies"]:
        present(DOCUMENT, [found] if found["copies"] else [], session)
    elif fmt in ("plain", "raw"):
        lines = {f"{copy['node']} {name}": copy[name] for copy in found["copies"] for name in copy}
        present(Shape((), PAIRS), [{**_summary(found), **lines}], session)
    else:
        fields = side_by_side(found)
        if fmt == "table":
            fields = [_for_people(command) for command in fields]
        present(
            Shape((*SUMMARY, *fields[0]), TREE, kinds={**KINDS, "field": "id"}),
            [{**_summary(found), "fields": fields}],
            session,
        )


def _summary(found: Record) -> Record:
    return {name: found[name] for name in SUMMARY}


def _for_people(command: Record) -> Record:
    """The mark beside the name, and times as people read them."""
    kind = SHOW_KINDS.get(command["field"], "")
    now_ms = int(time.time() * 1000)
    shown: Record = {"field": f"* {command['field']}" if command["differs"] else f"  {command['field']}"}
    for node, value in command.items():
        if node not in ("field", "differs"):
            shown[node] = human(value, kind, now_ms) if isinstance(value, int) else value
    return shown


COMMAND = Command(
    "trace",
    "Show a job as every node sees it, side by side.",
    group=TOOLS,
    example="disquectl trace D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
    details="First what the ID says and the state that all replicas add up to (see `disquectl help jobs`), "
    "then every field of SHOW by node; * marks those that differ. Times that count down are not "
    "compared. Nodes are shown by their addresses. Exit code 4 if no node has a replica.",
    errors=UNKNOWN_JOB,
    grammar=Grammar(
        arguments=(Argument("id", JOB_ID, "Job ID."),),
        options=(
            Option("--follow", FLAG, "Show the job again after each change, until no node has it."),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=shape),
)
