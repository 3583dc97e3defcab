"""Examines the cluster by all rules of `health`, and writes what they find.

Started by the command `doctor`, whose declaration has the options and the columns.
"""

from __future__ import annotations

import os

from disquectl.client.address import Node, parse_nodes, parse_url
from disquectl.errors import UsageError
from disquectl.execution.present import present
from disquectl.fanout.ask import open_cluster, require_an_answer
from disquectl.fanout.probe import Probe
from disquectl.health.finding import at_least
from disquectl.health.node_rules import ADDRESSED
from disquectl.health.rules import RULES, examine
from disquectl.render.escape import shell_word
from disquectl.render.human import counted
from disquectl.spec.shape import PAIRS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from disquectl.config.settings import Settings
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Record, Values

EXIT_FOUND = 3
# A node that takes longer for a reply is in trouble, and the others are to be examined, too.
PATIENCE_SECONDS = 5.0


def diagnose(values: Values, shape: Shape, session: Session) -> None:
    """Take a look at all nodes, write the findings, and set the exit code. Raises if no node answers."""
    session.check_output(shape)
    patience = min(PATIENCE_SECONDS, session.settings.response_timeout_ms / 1000)
    with session.impatient_client(patience) as client, open_cluster(client, values) as cluster:
        probe = Probe(cluster)
        seen = probe.observe(values["interval"] / 1000)
        require_an_answer(cluster, session, probe.refusals)
        found = examine(seen)
        if session.format == "table" and session.settings.columns is None:
            # A block for each finding: its texts have no place in one line.
            shape = Shape(shape.fields, PAIRS, kinds=shape.kinds, levels=shape.levels, folds=True)
        target = _target(session.settings, os.environ)
        present(shape, [_typed_here(finding.record(), target) for finding in found], session)
    for line in seen.unchecked:
        session.warn(f"not checked: {line}")
    nodes = f"{len(seen.answering)} of {counted(len(seen.nodes), 'node')}"
    session.note(
        f"{counted(len(found), 'finding')}; {len(RULES)} rules, {nodes}, {counted(len(seen.queues), 'queue')}"
    )
    if at_least(values.get("fail_on", "warning"), found):
        session.exit_code = EXIT_FOUND


def _typed_here(record: Record, target: str) -> Record:
    """The record with a command that asks the same cluster again."""
    command = record["command"]
    if target and not command.startswith(ADDRESSED):
        command = command.replace("disquectl ", f"disquectl {target} ", 1)
    return {**record, "command": command}


def _target(settings: Settings, environ: Mapping[str, str]) -> str:
    """The options that lead to the cluster of this session; "" if a command without any does."""
    if settings.nodes_from_profile:
        return f"-P {shell_word(settings.profile or '')}"
    usual = [Node()]
    try:
        if environ.get("DISQUE_NODES"):
            usual = parse_nodes(environ["DISQUE_NODES"])
        elif environ.get("DISQUE_URL"):
            usual = parse_url(environ["DISQUE_URL"]).nodes
    except UsageError:
        usual = []  # an option was used instead
    if settings.nodes == usual:
        return ""
    return f"-n {shell_word(','.join(map(str, settings.nodes)))}"
