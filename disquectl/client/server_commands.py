"""The client's methods for servers and clusters.

What changes one server, or asks about one connection, is sent to the connected node and never to another one
by itself. The methods without a result raise if the reply is not OK. A Redis would obey many of these: call
`verify` first where that matters.
"""

from __future__ import annotations

from disquectl.client.commands import command_method, nothing, one_server, reads, record
from disquectl.protocol import server_replies as replies
from disquectl.protocol.shapes import integer, octets, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from disquectl.client.commands import Asked
    from disquectl.protocol.records import (
        ClientConnection,
        ClusterInfo,
        ClusterNode,
        Hello,
        LatencyEvent,
        LatencySpike,
        ServerCommand,
        ServerTime,
        Setting,
        SlowCommand,
    )
    from disquectl.protocol.resp import Reply, Word


class ServerCommands:
    """Methods for servers and clusters."""

    @command_method
    def hello(self) -> Asked[Hello]:
        """Return `{"version", "node", "nodes": [{"id", "host", "port", "priority"}]}`.

        `node` is the ID of the connected node. Priority 1 is good, 100 is failing or leaving. A node that
        does not know its own address has host "". Raises what `call` raises.
        """
        return reads(("HELLO",), record(replies.hello))

    @command_method
    def info(self, section: str | None = None) -> Asked[dict[str, dict[str, Any]]]:
        """Return the server's INFO: a dict for each section, by name in lower case.

        Numbers are int or float. `section`: only this one; `all` adds the statistics of commands. Raises what
        `call` raises.
        """
        words = ("INFO",) if section is None else ("INFO", section)
        return reads(words, record(replies.info))

    @command_method
    def ping(self, message: str | bytes | None = None) -> Asked[bytes]:
        """Return `b"PONG"`, or the message.

        Raises what `call` raises.
        """
        words = ("PING",) if message is None else ("PING", message)
        return reads(words, lambda reply: octets("PING", reply))

    @command_method
    def time(self) -> Asked[ServerTime]:
        """Return the server's clock, since 1970: `{"seconds", "microseconds"}`.

        Raises what `call` raises.
        """
        return reads(("TIME",), record(replies.server_time))

    @command_method
    def command(self) -> Asked[list[ServerCommand]]:
        """Return the server's commands: a list of `{"name", "arity", "flags"}`.

        Raises what `call` raises.
        """
        return reads(("COMMAND",), record(replies.commands))

    @command_method
    def command_info(self, *names: str) -> Asked[list[ServerCommand | None]]:
        """Return some of the server's commands, as `command` does; None for an unknown name.

        Raises what `call` raises.
        """
        return reads(("COMMAND", "INFO", *names), record(replies.commands))

    @command_method
    def command_count(self) -> Asked[int]:
        """Return how many commands the server has.

        Raises what `call` raises.
        """
        return reads(("COMMAND", "COUNT"), _integer("COMMAND COUNT"))

    @command_method
    def config_get(self, pattern: str = "*") -> Asked[list[Setting]]:
        """Return settings by a glob pattern: a list of `{"name": str, "value": bytes}`.

        `requirepass` comes in clear text. Raises what `call` raises.
        """
        return reads(("CONFIG", "GET", pattern), record(replies.config))

    @command_method
    def config_set(self, name: str, value: Word) -> Asked[None]:
        """Change a setting until the server's next start.

        Raises what `call` raises.
        """
        return one_server(("CONFIG", "SET", name, value), nothing)

    @command_method
    def config_rewrite(self) -> Asked[None]:
        """Write the settings to the server's configuration file.

        Raises what `call` raises.
        """
        return one_server(("CONFIG", "REWRITE"), nothing)

    @command_method
    def config_resetstat(self) -> Asked[None]:
        """Set the counters of INFO to zero.

        Raises what `call` raises.
        """
        return one_server(("CONFIG", "RESETSTAT"), nothing)

    @command_method
    def client_list(self) -> Asked[list[ClientConnection]]:
        """Return the server's connections: a dict of its fields for each, with `_` for `-`.

        `age` and `idle` are in seconds, memory in bytes. Raises what `call` raises.
        """
        return reads(("CLIENT", "LIST"), record(replies.client_list))

    @command_method
    def client_getname(self) -> Asked[str | None]:
        """Return the name of this connection, or None.

        Raises what `call` raises.
        """
        return one_server(("CLIENT", "GETNAME"), _name, True)

    @command_method
    def client_setname(self, name: str) -> Asked[None]:
        """Name this connection, for CLIENT LIST. A new connection has no name.

        Raises what `call` raises.
        """
        return one_server(("CLIENT", "SETNAME", name), nothing)

    @command_method
    def client_kill(
        self,
        address: str | None = None,
        *,
        client_id: int | None = None,
        kind: str | None = None,
        skipme: bool = True,
    ) -> Asked[int]:
        """Close connections of the server and return how many were closed.

        `address` (`host:port`), `client_id` and `kind` (TYPE) select them. This connection is closed only
        with `skipme=False`. Raises what `call` raises.
        """
        words: list[Word] = ["CLIENT", "KILL", "SKIPME", "yes" if skipme else "no"]
        for name, value in (("ADDR", address), ("ID", client_id), ("TYPE", kind)):
            if value is not None:
                words += [name, value]
        return one_server((*words,), _integer("CLIENT KILL"))

    @command_method
    def client_pause(self, milliseconds: int) -> Asked[None]:
        """Pause every command of every client for this many ms.

        Raises what `call` raises.
        """
        return one_server(("CLIENT", "PAUSE", milliseconds), nothing)

    @command_method
    def cluster_nodes(self) -> Asked[list[ClusterNode]]:
        """Return the nodes: `{"id", "host", "port", "flags", "ping_sent", "pong_received", "link"}`.

        The times are in ms since 1970, 0 for never; `flags` is a list. Raises what `call` raises.
        """
        return reads(("CLUSTER", "NODES"), record(replies.cluster_nodes))

    @command_method
    def cluster_info(self) -> Asked[ClusterInfo]:
        """Return the state of the cluster as this node sees it, as a dict; numbers are int.

        Raises what `call` raises.
        """
        return reads(("CLUSTER", "INFO"), record(replies.cluster_info))

    @command_method
    def cluster_myid(self) -> Asked[str]:
        """Return the ID of the connected node.

        Raises what `call` raises.
        """
        return reads(("CLUSTER", "MYID"), _text("CLUSTER MYID"))

    @command_method
    def cluster_meet(self, ip: str, port: int) -> Asked[None]:
        """Join a node to the cluster. The node replies before the nodes have met.

        `ip` is a numeric address. Raises what `call` raises.
        """
        return one_server(("CLUSTER", "MEET", ip, port), nothing)

    @command_method
    def cluster_forget(self, node_id: str) -> Asked[None]:
        """Remove a node from those that this node knows.

        It comes back unless every node forgets it. Raises what `call` raises.
        """
        return one_server(("CLUSTER", "FORGET", node_id), nothing)

    @command_method
    def cluster_leaving(self) -> Asked[bool]:
        """Return whether this node is leaving the cluster.

        Raises what `call` raises.
        """
        return reads(("CLUSTER", "LEAVING"), lambda reply: reply == b"yes")

    @command_method
    def cluster_set_leaving(self, leaving: bool) -> Asked[None]:
        """Make this node leave the cluster, or stay.

        Raises what `call` raises.
        """
        return one_server(("CLUSTER", "LEAVING", "yes" if leaving else "no"), nothing)

    @command_method
    def cluster_reset(self, hard: bool = False) -> Asked[None]:
        """Make this node forget the other nodes and drop all its jobs; `hard`: also take a new ID.

        Raises what `call` raises.
        """
        return one_server(("CLUSTER", "RESET", "HARD" if hard else "SOFT"), nothing)

    @command_method
    def cluster_saveconfig(self) -> Asked[None]:
        """Write the cluster's configuration to disk.

        Raises what `call` raises.
        """
        return one_server(("CLUSTER", "SAVECONFIG"), nothing)

    @command_method
    def slowlog_get(self, count: int = 10) -> Asked[list[SlowCommand]]:
        """Return up to `count` slow commands, newest first.

        `{"id", "time", "microseconds", "args"}`: `time` in seconds since 1970, `args` a list of bytes. Raises
        what `call` raises.
        """
        return reads(("SLOWLOG", "GET", count), record(replies.slowlog))

    @command_method
    def slowlog_len(self) -> Asked[int]:
        """Return how many slow commands are kept.

        Raises what `call` raises.
        """
        return reads(("SLOWLOG", "LEN"), _integer("SLOWLOG LEN"))

    @command_method
    def slowlog_reset(self) -> Asked[None]:
        """Delete the slow commands that are kept.

        Raises what `call` raises.
        """
        return one_server(("SLOWLOG", "RESET"), nothing)

    @command_method
    def latency_latest(self) -> Asked[list[LatencyEvent]]:
        """Return the latest latency spike of each event: `{"event", "time", "ms", "max_ms"}`.

        `time` is in seconds since 1970. Raises what `call` raises.
        """
        return reads(("LATENCY", "LATEST"), record(replies.latency_latest))

    @command_method
    def latency_history(self, event: str) -> Asked[list[LatencySpike]]:
        """Return the latency spikes of one event: `{"time", "ms"}`.

        `time` is in seconds since 1970. Raises what `call` raises.
        """
        return reads(("LATENCY", "HISTORY", event), record(replies.latency_history))

    @command_method
    def latency_graph(self, event: str) -> Asked[str]:
        """Return the latency spikes of one event as a drawing of characters.

        Raises ReplyError where there are none, and what `call` raises.
        """
        return reads(("LATENCY", "GRAPH", event), _text("LATENCY GRAPH"))

    @command_method
    def latency_doctor(self) -> Asked[str]:
        """Return the server's own report on its latency spikes.

        Raises what `call` raises.
        """
        return reads(("LATENCY", "DOCTOR"), _text("LATENCY DOCTOR"))

    @command_method
    def latency_reset(self, *events: str) -> Asked[int]:
        """Delete the latency spikes of these events, or of all. Return how many events had some.

        Raises what `call` raises.
        """
        return one_server(("LATENCY", "RESET", *events), _integer("LATENCY RESET"))

    @command_method
    def bgrewriteaof(self) -> Asked[str]:
        """Start rewriting the append-only file and return the server's message.

        Raises what `call` raises.
        """
        return one_server(("BGREWRITEAOF",), _text("BGREWRITEAOF"))

    @command_method
    def debug(self, *words: Word) -> Asked[Reply]:
        """Send DEBUG with these words, such as `FLUSHALL`, and return the raw reply.

        Raises what `call` raises.
        """
        return one_server(("DEBUG", *words), lambda reply: reply)


def _integer(name: str) -> Callable[[Reply], int]:
    return lambda reply: integer(name, reply)


def _text(name: str) -> Callable[[Reply], str]:
    return lambda reply: text(name, reply)


def _name(reply: Reply) -> str | None:
    return None if reply is None else text("CLIENT GETNAME", reply)
