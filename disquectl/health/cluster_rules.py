"""Rules about the nodes together: views of the cluster, clocks, settings, versions, replicas. Pure."""

from __future__ import annotations

from disquectl.health.finding import Found, Rule
from disquectl.health.node_rules import at, named
from disquectl.merge.nodes import PREFIX
from disquectl.protocol.job_options import DEFAULT_REPLICATE
from disquectl.render.escape import for_terminal, shell_word
from disquectl.render.human import counted, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from disquectl.health.observation import NodeFacts, Observation

_SKEW_MS = 1000
_PASSWORD = "requirepass"
# Settings that decide which jobs are kept, refused or delivered.
IMPORTANT = (
    "maxmemory",
    "maxmemory-policy",
    "maxclients",
    "timeout",
    "appendonly",
    "appendfsync",
    "aof-enqueue-jobs-once",
    "cluster-node-timeout",
)
# Settings that belong to one node.
_OWN = (
    "bind",
    "daemonize",
    "databases",
    "dir",
    "logfile",
    "pidfile",
    "port",
    "syslog-facility",
    "unixsocket",
    "unixsocketperm",
)


def _ids(node: NodeFacts) -> set[str]:
    """The IDs of the nodes that a node knows, itself included; those that it has only met do not count."""
    return {entry["id"] for entry in node.known if "handshake" not in entry["flags"]} | {node.node_id}


def _ghosts(seen: Observation) -> dict[str, str]:
    """ID of a node that no longer exists -> its last address."""
    found = {
        entry["id"]: f"{entry['host']}:{entry['port']}"
        for node in seen.answering
        for entry in node.known
        if "noaddr" in entry["flags"] and "handshake" not in entry["flags"]
    }
    found |= {node.node_id: node.address for node in seen.nodes if node.reason == "replaced"}
    for node in seen.answering:
        found.pop(node.node_id, None)
    return found


def _forget(node_id: str, holders: Iterable[NodeFacts]) -> str:
    return " && ".join(f"{at(node.address)} cluster forget {shell_word(node_id)}" for node in holders)


def ghosts(seen: Observation) -> Iterator[Found]:
    for node_id, address in sorted(_ghosts(seen).items()):
        holders = [node for node in seen.answering if node_id in _ids(node)]
        if holders:
            shown = f"node {for_terminal(node_id[:PREFIX])}"
            yield Found(
                f"{shown} no longer exists; known by {counted(len(holders), 'node')}",
                {"id": node_id, "address": address, "known_by": [node.address for node in holders]},
                _forget(node_id, holders),
            )


def split_view(seen: Observation) -> Iterator[Found]:
    ghosts = _ghosts(seen)
    for node in seen.answering:
        if not node.known:
            continue
        others = [one for one in seen.answering if one.node_id not in _ids(node)]
        if others:
            meet = [f"{at(node.address)} cluster meet {_host_and_port(one, seen)}" for one in others]
            yield Found(
                f"{named(node)} does not know {', '.join(map(named, others))}",
                {"node": node.address, "id": node.node_id, "unknown": [one.address for one in others]},
                " && ".join(meet),
                len(others),
            )
    for node in seen.nodes:
        knowing = [one for one in seen.answering if node.node_id in _ids(one)]
        is_partly_known = knowing and len(knowing) < len([one for one in seen.answering if one.known])
        if node.reason == "down" and node.node_id not in ghosts and is_partly_known:
            yield Found(
                f"{named(node)} does not answer, and {len(knowing)} of "
                f"{counted(len(seen.answering), 'node')} know it",
                {"node": node.address, "id": node.node_id, "known_by": [one.address for one in knowing]},
                _forget(node.node_id, knowing),
            )


def _host_and_port(node: NodeFacts, seen: Observation) -> str:
    """Where other nodes reach a node: as one of them says, else at the address for clients."""
    for other in seen.answering:
        for entry in other.known:
            if entry["id"] == node.node_id and entry["host"]:
                return f"{shell_word(entry['host'])} {entry['port']}"
    host, _, port = node.address.rpartition(":")
    return f"{shell_word(host.strip('[]'))} {shell_word(port)}"


def stuck_handshake(seen: Observation) -> Iterator[Found]:
    for node in seen.answering:
        later = {entry["id"] for entry in node.later or () if "handshake" in entry["flags"]}
        for entry in node.known:
            if "handshake" in entry["flags"] and entry["id"] in later:
                address = f"{entry['host']}:{entry['port']}"
                yield Found(
                    f"{named(node)} waits for {for_terminal(address)} to answer CLUSTER MEET",
                    {"node": node.address, "id": entry["id"], "meeting": address, "seconds": seen.interval},
                    f"{at(address)} ping",
                )


def clock_skew(seen: Observation) -> Iterator[Found]:
    skews = {node.address: round(node.skew_ms) for node in seen.answering if node.skew_ms is not None}
    spread = max(skews.values(), default=0) - min(skews.values(), default=0)
    if spread > _SKEW_MS:
        yield Found(
            f"the clocks of the nodes differ by {duration(spread / 1000)}",
            {"spread_ms": spread, "ahead_ms": skews},
            "disquectl nodes --columns address,clock_skew",
        )


def _values(seen: Observation, name: str) -> dict[str, bytes]:
    return {node.address: node.settings[name] for node in seen.answering if name in node.settings}


def _differing(seen: Observation, names: Iterable[str]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Each of these settings that is not the same on all nodes, with its values."""
    for name in names:
        values = _values(seen, name)
        if len(set(values.values())) > 1:
            yield name, values


def settings_differ(seen: Observation) -> Iterator[Found]:
    for name, values in _differing(seen, IMPORTANT):
        given = list(values.values())
        usual = max(given, key=given.count)
        odd = [node for node, value in values.items() if value != usual]
        if given.count(usual) * 2 > len(given):
            command = " && ".join(f"{at(node)} config set {name} {shell_word(usual)}" for node in odd)
        else:
            command = f"disquectl config get {name} --cluster"
        yield Found(f"{name} differs between the nodes", {"setting": name, "values": values}, command)


def other_settings_differ(seen: Observation) -> Iterator[Found]:
    names = sorted({name for node in seen.answering for name in node.settings})
    others = [name for name in names if name not in (*IMPORTANT, *_OWN, _PASSWORD)]
    for name, values in _differing(seen, others):
        yield Found(
            f"{for_terminal(name)} differs between the nodes",
            {"setting": name, "values": values},
            f"disquectl config get {shell_word(name)} --cluster",
        )


def passwords_differ(seen: Observation) -> Iterator[Found]:
    values = _values(seen, _PASSWORD)
    if len(set(values.values())) > 1:
        # The passwords themselves are in no finding.
        states = {node: "a password" if value else "none" for node, value in values.items()}
        yield Found(
            "the nodes do not have the same password",
            {"setting": _PASSWORD, "values": states},
            f"disquectl config get {_PASSWORD} --cluster",
        )


def versions_differ(seen: Observation) -> Iterator[Found]:
    versions = {
        node.address: version
        for node in seen.answering
        if (version := node.word("server", "disque_version")) is not None
    }
    if len(set(versions.values())) > 1:
        yield Found(
            f"the nodes run {len(set(versions.values()))} versions of Disque",
            {"versions": versions},
            "disquectl nodes --columns address,version",
        )


def few_nodes(seen: Observation) -> Iterator[Found]:
    # One that only refuses the password keeps replicas.
    up = [node for node in seen.nodes if node.answers or node.reason == "password"]
    able = [node.address for node in up if not node.leaving]
    if len(able) < DEFAULT_REPLICATE:
        yield Found(
            f"{counted(len(able), 'node')} for replicas of new jobs, fewer than {DEFAULT_REPLICATE}",
            {"nodes": able, "wanted": DEFAULT_REPLICATE},
            "disquectl nodes",
        )


def aof_off(seen: Observation) -> Iterator[Found]:
    states: dict[str, Any] = {
        node.address: node.figure("persistence", "aof_enabled") for node in seen.answering
    }
    if states and not any(state != 0 for state in states.values()):
        yield Found(
            "no node writes an append-only file",
            {"aof_enabled": states},
            "disquectl config get appendonly --cluster",
        )


RULES = (
    Rule(
        "split-view",
        "error",
        split_view,
        "Nodes do not agree on which nodes there are.",
        "Nodes that do not know each other exchange no jobs and no acknowledgements: a consumer at one does "
        "not get the jobs of the other. Let them meet; forget a node that is gone at every node.",
    ),
    Rule(
        "passwords-differ",
        "error",
        passwords_differ,
        "Some nodes have another requirepass than others.",
        "A client that moves to another node is refused there, or a node is open to everyone.",
    ),
    Rule(
        "ghost",
        "warning",
        ghosts,
        "Nodes know a node that no longer exists: it came back with another ID, or lost its address.",
        "Disque counts it as a node, and waits for it when jobs are acknowledged. Forget it at every node "
        "within a minute, or the others bring it back.",
    ),
    Rule(
        "stuck-handshake",
        "warning",
        stuck_handshake,
        "A node was told to meet another one that does not answer.",
        "The other node is not there, or its port + 10000 cannot be reached. The node gives up after "
        "cluster-node-timeout.",
    ),
    Rule(
        "clock-skew",
        "warning",
        clock_skew,
        f"The clocks of the nodes differ by more than {_SKEW_MS} ms.",
        "Jobs expire and return by the clocks of their nodes, and queues are ordered by them. Use NTP.",
    ),
    Rule(
        "settings-differ",
        "warning",
        settings_differ,
        f"A setting that decides about jobs differs between nodes: {', '.join(IMPORTANT)}.",
        "The same job is treated differently by different nodes. Also change the files of the nodes "
        "(`disquectl config rewrite`).",
    ),
    Rule(
        "versions-differ",
        "warning",
        versions_differ,
        "The nodes do not run the same version.",
        "Nodes of different versions may not understand each other's messages. Finish the upgrade.",
    ),
    Rule(
        "other-settings-differ",
        "note",
        other_settings_differ,
        "Another setting differs between nodes.",
        "It may be on purpose.",
    ),
    Rule(
        "few-nodes",
        "note",
        few_nodes,
        f"Fewer than {DEFAULT_REPLICATE} nodes can take replicas.",
        f"ADDJOB makes {DEFAULT_REPLICATE} replicas where it can. Otherwise fewer failures lose jobs.",
    ),
    Rule(
        "aof-off",
        "note",
        aof_off,
        "The append-only file is off at all nodes.",
        "A power failure of all nodes at once loses all jobs. Replicas protect against the loss of single "
        "nodes only.",
    ),
)
