"""Checks one item as a monitoring plugin: asks the nodes, judges the figures, writes one line.

Started by the command `check`, whose declaration has the items and the thresholds.
"""

from __future__ import annotations

import time

from disquectl.errors import NoAnswer, UsageError
from disquectl.execution.present import present
from disquectl.execution.selecting import selection_of
from disquectl.execution.signals import Deadline
from disquectl.fanout.ask import open_cluster, require_an_answer
from disquectl.fanout.probe import Probe
from disquectl.health.cluster_rules import split_view
from disquectl.health.figures import ITEMS
from disquectl.health.plugin import EXIT_CODES, Judged, Result, line, worst
from disquectl.programs.dead import find_letters
from disquectl.render.escape import for_terminal
from disquectl.spec.queue_patterns import QueueWords
from disquectl.worker.dead_selection import DeadSelection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.client.transport import Transport
    from disquectl.execution.session import Session
    from disquectl.health.observation import NodeFacts
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Shape

# A node that hangs has used this part of the time; the rest is for the others.
_PATIENCE = 0.4
# A scan of all jobs has until then; what it does not reach in time is not counted.
_SCAN_PART = 0.6


def check_item(values: Values, shape: Shape, session: Session) -> None:
    """Check, write the line or, with -o, the records, and set the exit code.

    Raises if no node answers, and NoAnswer at the timeout.
    """
    session.check_output(shape)
    item, seconds = values["item"], values["timeout"] / 1000
    patience = min(session.settings.response_timeout_ms / 1000, seconds * _PATIENCE)
    with (
        Deadline(seconds, NoAnswer(f"no result within {seconds:g} s", "--timeout allows for more time.")),
        session.impatient_client(patience) as client,
    ):
        results, remark = _CHECKS[item](client, values, session)
    figures = ITEMS[item]
    thresholds = {
        figure.name: (values.get(f"{figure.key}_warning"), values.get(f"{figure.key}_critical"))
        for figure in figures
    }
    judged = [Judged(result, figures, thresholds) for result in results]
    if session.settings.output_from_option and session.format not in ("plain", "table", "raw"):
        present(shape, [one.record(item, figures) for one in judged], session)
    else:
        text = line(item, judged, figures, thresholds, remark)
        session.streams.put(text.encode("utf-8", "backslashreplace") + b"\n")
    session.exit_code = EXIT_CODES[worst([one.status for one in judged])]


def _queues(client: Transport, values: Values, session: Session) -> tuple[list[Result], str]:
    with open_cluster(client, values) as cluster:
        probe = Probe(cluster)
        scan_seconds = max(values["timeout"] * _SCAN_PART - values["interval"], 0) / 1000
        queues = probe.observe_queues(
            QueueWords(values["name"]), values["interval"] / 1000, scan_seconds=scan_seconds
        )
        require_an_answer(cluster, session, probe.refusals)
        results = [
            Result(
                queue.name,
                {
                    "length": queue.queued,
                    "age": queue.oldest_age,
                    "in-flight": queue.in_flight,
                    "consumers": queue.consumers,
                    "rate-out": round(queue.rate_out or 0.0, 2),
                },
                not_counted=() if queue.is_whole else ("in-flight",),
            )
            for queue in sorted(queues, key=lambda queue: queue.name)
        ]
        if not results:
            words = " ".join(map(for_terminal, values["name"]))
            return results, "; ".join(filter(None, (f"no queue matches {words}", _remark(probe))))
        return results, _remark(probe)


def _cluster(client: Transport, values: Values, session: Session) -> tuple[list[Result], str]:
    with open_cluster(client, values) as cluster:
        probe = Probe(cluster)
        seen = probe.observe_nodes()
        require_an_answer(cluster, session, probe.refusals)
        figures: dict[str, float | None] = {
            "reachable": len(seen.answering),
            "expected": values.get("expected", len(seen.nodes)),
            "leaving": sum(bool(node.leaving) for node in seen.answering),
            "agreement": int(not any(split_view(seen))),
        }
        return [Result(None, figures)], _remark(probe)


def _nodes(client: Transport, values: Values, session: Session) -> tuple[list[Result], str]:
    with open_cluster(client, values) as cluster:
        probe = Probe(cluster)
        seen = probe.observe_nodes()
        require_an_answer(cluster, session, probe.refusals)
        names = [name.decode("utf-8", "surrogateescape") for name in values.get("name", ())]
        if not names:
            return [_node(node) for node in seen.nodes], ""
        chosen: list[NodeFacts] = []
        for name in names:
            found = [node for node in seen.nodes if name == node.address or node.node_id.startswith(name)]
            if len(found) != 1:
                known = ", ".join(node.address for node in seen.nodes)
                raise UsageError(
                    f"{len(found) or 'no'} {'nodes are' if found else 'node is'} called {name!r}",
                    f"the cluster has {known}",
                )
            chosen += found
        return [_node(node) for node in dict.fromkeys(chosen)], ""


def _node(node: NodeFacts) -> Result:
    if not node.answers:
        return Result(node.address, {}, f"does not answer: {node.problem}")
    memory = node.used_percent()
    return Result(
        node.address,
        {
            "memory": None if memory is None else round(memory, 2),
            "clients": node.figure("clients", "connected_clients"),
            "aof-errors": len(node.aof_errors),
            "uptime": node.figure("server", "uptime_in_seconds"),
            "skew": None if node.skew_ms is None else round(node.skew_ms),
        },
    )


def _dead(client: Transport, values: Values, session: Session) -> tuple[list[Result], str]:
    with open_cluster(client, values) as cluster:
        probe = Probe(cluster)
        chosen = DeadSelection(values.get("name", ()), {}, selection_of({}, session), time.time())
        letters = find_letters(cluster, probe.refusals, chosen, b"")
        require_an_answer(cluster, session, probe.refusals)
        found = letters.wanted(chosen)
        ages = [chosen.age_ms(letter["failed"]) for letter in found]
        newest = round(max(min(ages), 0) / 1000) if ages else None
        return [Result(None, {"letters": len(found), "newest": newest})], _remark(probe)


def _ping(client: Transport, _values: Values, session: Session) -> tuple[list[Result], str]:
    client.verify()
    begun = time.perf_counter()
    client.call("PING", repeatable=True)
    took_ms = (time.perf_counter() - begun) * 1000
    return [Result(str(client.node), {"time": round(took_ms, 3)})], ""


def _remark(probe: Probe) -> str:
    """What the figures leave out."""
    lines = probe.unchecked()
    return f"incomplete: {'; '.join(lines)}" if lines else ""


_CHECKS: dict[str, Callable[[Transport, Values, Session], tuple[list[Result], str]]] = {
    "queue": _queues,
    "cluster": _cluster,
    "node": _nodes,
    "dead": _dead,
    "ping": _ping,
}
