"""Rules about single nodes: what answers, memory, clients, the append-only file, slow commands. Pure."""

from __future__ import annotations

from disquectl.health.finding import Found, Rule
from disquectl.merge.nodes import FULL_PERCENT, NO_COPIES_PERCENT, PREFIX, TROUBLE
from disquectl.render.escape import for_terminal, shell_word
from disquectl.render.human import counted, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.health.observation import NodeFacts, Observation

# How a command begins that goes to one node; the others go to the whole cluster.
ADDRESSED = "disquectl -n"
_CLIENTS_PERCENT = 80
# Slow commands and events that are older than this are history.
_RECENT_SECONDS = 3600
_SLOW_MS = 100
_UNREACHED = TROUBLE | {"without address"}
DEFAULT_LIMIT = "1gb"


def named(node: NodeFacts) -> str:
    """How a finding names a node: its address, and the beginning of its ID."""
    address = for_terminal(node.address)
    return f"{address} (node {for_terminal(node.node_id[:PREFIX])})" if node.node_id else address


def at(address: str) -> str:
    """The beginning of a command that goes to this node."""
    return f"{ADDRESSED} {shell_word(address)}"


def _whose(node: NodeFacts) -> dict[str, str]:
    return {"node": node.address, "id": node.node_id}


def node_down(seen: Observation) -> Iterator[Found]:
    for node in seen.nodes:
        is_meeting = bool(node.seen) and set(node.seen.values()) == {"meeting"}
        if node.reason == "down" and not is_meeting and "without address" not in node.seen.values():
            evidence = {**_whose(node), "problem": node.problem, "seen_by_others": node.seen}
            yield Found(f"{named(node)} does not answer: {node.problem}", evidence, "disquectl nodes")


def password_refused(seen: Observation) -> Iterator[Found]:
    for node in seen.nodes:
        if node.reason == "password":
            evidence = {**_whose(node), "problem": node.problem}
            what = f"{named(node)} does not accept the password: {node.problem}"
            yield Found(what, evidence, f"{at(node.address)} ping --ask-password")


def not_disque(seen: Observation) -> Iterator[Found]:
    for node in seen.nodes:
        if node.reason == "stranger":
            evidence = {**_whose(node), "problem": node.problem}
            yield Found(f"{named(node)} is not a Disque: {node.problem}", evidence, "disquectl nodes")


def node_unreachable(seen: Observation) -> Iterator[Found]:
    for node in seen.answering:
        trouble = {
            other: state for other, state in node.seen.items() if not _UNREACHED.isdisjoint(state.split(", "))
        }
        if trouble:
            unable = f"{len(trouble)} of {counted(len(node.seen), 'other node')}"
            what = f"{named(node)} answers, but {unable} cannot reach it"
            others = next(iter(trouble))
            yield Found(
                what,
                {**_whose(node), "seen_by_others": trouble},
                f"{at(others)} cluster nodes",
                len(trouble),
            )


def leaving(seen: Observation) -> Iterator[Found]:
    for node in seen.answering:
        if node.leaving:
            jobs = node.figure("jobs", "registered_jobs")
            yield Found(
                f"{named(node)} is leaving the cluster, with {counted(jobs or 0, 'replica')} of jobs",
                {**_whose(node), "jobs": jobs},
                f"{at(node.address)} cluster leaving no",
            )


def _memory(seen: Observation, low: float, high: float) -> Iterator[Found]:
    for node in seen.answering:
        percent = node.used_percent()
        if percent is not None and low <= percent < high:
            used, limit = node.figure("memory", "used_memory"), node.maxmemory
            yield Found(
                f"{named(node)} uses {percent:.0f} % of maxmemory ({size(limit or 0)})",
                {**_whose(node), "used_memory": used, "maxmemory": limit, "percent": round(percent, 1)},
                "disquectl queues --sort queued --limit 10",
                percent,
            )


def memory_full(seen: Observation) -> Iterator[Found]:
    return _memory(seen, FULL_PERCENT, float("inf"))


def memory_high(seen: Observation) -> Iterator[Found]:
    return _memory(seen, NO_COPIES_PERCENT, FULL_PERCENT)


def maxmemory_zero(seen: Observation) -> Iterator[Found]:
    for node in seen.answering:
        if node.maxmemory == 0:
            yield Found(
                f"{named(node)} has maxmemory 0",
                {**_whose(node), "maxmemory": 0},
                f"{at(node.address)} config set maxmemory {DEFAULT_LIMIT}",
            )


def clients_high(seen: Observation) -> Iterator[Found]:
    for node in seen.answering:
        clients, limit = node.figure("clients", "connected_clients"), node.setting("maxclients")
        if clients is not None and limit and clients * 100 >= limit * _CLIENTS_PERCENT:
            yield Found(
                f"{named(node)} has {clients} clients, of at most {limit}",
                {**_whose(node), "clients": clients, "maxclients": limit},
                f"{at(node.address)} client list",
                clients / limit,
            )


def aof_error(seen: Observation) -> Iterator[Found]:
    for node in seen.answering:
        if errors := node.aof_errors:
            yield Found(
                f"{named(node)} cannot write its append-only file",
                {**_whose(node), **errors},
                f"{at(node.address)} info persistence",
            )


def _recent(node: NodeFacts, records: list[dict[str, int]], seen: Observation) -> list[dict[str, int]]:
    node_now = (seen.now_ms + (node.skew_ms or 0)) / 1000
    return [record for record in records if record["time"] > node_now - _RECENT_SECONDS]


def slow_commands(seen: Observation) -> Iterator[Found]:
    for node in seen.answering:
        slow = [one for one in _recent(node, node.slow, seen) if one["microseconds"] >= _SLOW_MS * 1000]
        if slow:
            worst = max(slow, key=lambda one: one["microseconds"])
            # The words after the first may be secret, or long.
            verb = for_terminal(worst["args"][0]) if worst["args"] else ""  # type: ignore[index]
            ms = worst["microseconds"] // 1000
            yield Found(
                f"{named(node)} was blocked by {verb} for {ms} ms",
                {**_whose(node), "count": len(slow), "command": verb, "ms": ms, "time": worst["time"]},
                f"{at(node.address)} slowlog get",
                ms,
            )


def latency_events(seen: Observation) -> Iterator[Found]:
    for node in seen.answering:
        for event in _recent(node, node.events, seen):
            if event["max_ms"] >= _SLOW_MS:
                yield Found(
                    f"{named(node)} was held up by {event['event']} for up to {event['max_ms']} ms",
                    {**_whose(node), **event},
                    f"{at(node.address)} latency latest",
                    event["max_ms"],
                )


RULES = (
    Rule(
        "node-down",
        "error",
        node_down,
        "A node does not answer.",
        "Jobs that only this node holds are not delivered until it is back, and jobs that it has may return "
        "from it. Start it again, or look at the network; if it is gone for good, forget it at every node.",
    ),
    Rule(
        "password-refused",
        "error",
        password_refused,
        "A node has another password than the one given, or needs one.",
        "Clients with the password of the other nodes cannot use this one. Give it the same requirepass.",
    ),
    Rule(
        "not-disque",
        "error",
        not_disque,
        "Something else than a Disque answers at the address of a node.",
        "Clients that are sent there fail. Look at what listens at that address.",
    ),
    Rule(
        "node-unreachable",
        "error",
        node_unreachable,
        "A node answers here, and other nodes report that it does not answer them.",
        "These nodes cannot exchange jobs and acknowledgements: jobs may be delivered twice, or late. "
        "Look at the network and firewalls between the nodes; they use the client port + 10000.",
    ),
    Rule(
        "memory-full",
        "error",
        memory_full,
        f"A node uses {FULL_PERCENT} % of maxmemory or more.",
        "The node refuses ADDJOB, ENQUEUE and NACK with OOM. Consume or purge jobs, or raise maxmemory.",
    ),
    Rule(
        "maxmemory-zero",
        "error",
        maxmemory_zero,
        "A node has maxmemory 0.",
        "For Disque this does not mean unlimited: the node counts as full and keeps no replica of new jobs.",
    ),
    Rule(
        "aof-error",
        "error",
        aof_error,
        "A node could not write its append-only file.",
        "The node refuses changes with MISCONF, or loses jobs when it restarts. Look at the disk and at the "
        "log of the node.",
    ),
    Rule(
        "memory-high",
        "warning",
        memory_high,
        f"A node uses {NO_COPIES_PERCENT} % of maxmemory or more.",
        f"The node keeps no replica of new jobs; at {FULL_PERCENT} % it refuses them. Consume or purge jobs, "
        "or raise maxmemory.",
    ),
    Rule(
        "clients-high",
        "warning",
        clients_high,
        f"A node has {_CLIENTS_PERCENT} % of maxclients or more.",
        "At maxclients the node closes new connections at once. Look for clients that do not close theirs, "
        "or raise maxclients.",
    ),
    Rule(
        "leaving",
        "warning",
        leaving,
        "A node is leaving the cluster.",
        "The node takes no new jobs and refuses clients that wait. When no job is left on it, stop it and "
        "forget it at every node; the command ends the leaving instead.",
    ),
    Rule(
        "slow-command",
        "warning",
        slow_commands,
        f"A command blocked a node for {_SLOW_MS} ms or more, within the last hour.",
        "Meanwhile the node served no client, and after cluster-node-timeout the others take it for failed.",
    ),
    Rule(
        "latency-event",
        "note",
        latency_events,
        f"The latency monitor saw an event of {_SLOW_MS} ms or more, within the last hour.",
        "Meanwhile the node served no client. `disquectl latency doctor` explains the events.",
    ),
)
