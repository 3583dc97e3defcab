"""The client's methods for servers and clusters.

What changes one server, or asks about one connection, is sent to the connected node and never to another one
by itself. The methods without a result raise if the reply is not OK. A Redis would obey many of these: call
`verify` first where that matters.
"""

from __future__ import annotations

from disquectl.client.commands import Commands
from disquectl.protocol import server_replies as replies
from disquectl.protocol.monitor import monitor_line
from disquectl.protocol.shapes import integer, octets, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.protocol.resp import Reply, Word
    from disquectl.protocol.shapes import Record


class ServerCommands(Commands):
    """Methods for servers and clusters."""

    def hello(self) -> Record:
        """Return `{"version", "node", "nodes": [{"id", "host", "port", "priority"}]}`.

        `node` is the ID of the connected node. Priority 1 is good, 100 is failing or leaving. A node that
        does not know its own address has host "". Raises what `call` raises.
        """
        return replies.hello(self._read("HELLO"))

    def info(self, section: str | None = None) -> Record:
        """Return the server's INFO: a dict for each section, by name in lower case.

        Numbers are int or float. `section`: only this one; `all` adds the statistics of commands. Raises what
        `call` raises.
        """
        return replies.info(self._read("INFO") if section is None else self._read("INFO", section))

    def ping(self, message: str | bytes | None = None) -> bytes:
        """Return `b"PONG"`, or the message.

        Raises what `call` raises.
        """
        return octets("PING", self._read("PING") if message is None else self._read("PING", message))

    def time(self) -> Record:
        """Return the server's clock, since 1970: `{"seconds", "microseconds"}`.

        Raises what `call` raises.
        """
        return replies.server_time(self._read("TIME"))

    def auth(self, password: str | bytes) -> None:
        """Log in now and on every later connection.

        Raises NotAuthorised for a wrong password, and what `call` raises.
        """
        self._request(("AUTH", password), False, 0, False)
        self._transport.connection_factory.password = (
            password.encode() if isinstance(password, str) else password
        )

    def command(self) -> list[Record | None]:
        """Return the server's commands: a list of `{"name", "arity", "flags"}`.

        Raises what `call` raises.
        """
        return replies.commands(self._read("COMMAND"))

    def command_info(self, *names: str) -> list[Record | None]:
        """Return some of the server's commands, as `command` does; None for an unknown name.

        Raises what `call` raises.
        """
        return replies.commands(self._read("COMMAND", "INFO", *names))

    def command_count(self) -> int:
        """Return how many commands the server has.

        Raises what `call` raises.
        """
        return integer("COMMAND COUNT", self._read("COMMAND", "COUNT"))

    def monitor(self) -> Iterator[Record]:
        """Yield each command of every client as it comes: `{"time", "client", "args"}`.

        `time` is in seconds since 1970, `args` is a list of bytes. It ends when the node closes the
        connection. Raises what `call` raises.
        """
        lines = self._transport.stream("MONITOR")
        next(lines)
        return (monitor_line(line) for line in lines)

    def config_get(self, pattern: str = "*") -> list[Record]:
        """Return settings by a glob pattern: a list of `{"name": str, "value": bytes}`.

        `requirepass` comes in clear text. Raises what `call` raises.
        """
        return replies.config(self._read("CONFIG", "GET", pattern))

    def config_set(self, name: str, value: Word) -> None:
        """Change a setting until the server's next start.

        Raises what `call` raises.
        """
        self._one_server("CONFIG", "SET", name, value)

    def config_rewrite(self) -> None:
        """Write the settings to the server's configuration file.

        Raises what `call` raises.
        """
        self._one_server("CONFIG", "REWRITE")

    def config_resetstat(self) -> None:
        """Set the counters of INFO to zero.

        Raises what `call` raises.
        """
        self._one_server("CONFIG", "RESETSTAT")

    def client_list(self) -> list[Record]:
        """Return the server's connections: a dict of its fields for each, with `_` for `-`.

        `age` and `idle` are in seconds, memory in bytes. Raises what `call` raises.
        """
        return replies.client_list(self._read("CLIENT", "LIST"))

    def client_getname(self) -> str | None:
        """Return the name of this connection, or None.

        Raises what `call` raises.
        """
        name = self._request(("CLIENT", "GETNAME"), True, 0, False)
        return None if name is None else text("CLIENT GETNAME", name)

    def client_setname(self, name: str) -> None:
        """Name this connection, for CLIENT LIST. A new connection has no name.

        Raises what `call` raises.
        """
        self._one_server("CLIENT", "SETNAME", name)

    def client_kill(
        self,
        address: str | None = None,
        *,
        client_id: int | None = None,
        kind: str | None = None,
        skipme: bool = True,
    ) -> int:
        """Close connections of the server and return how many were closed.

        `address` (`host:port`), `client_id` and `kind` (TYPE) select them. This connection is closed only
        with `skipme=False`. Raises what `call` raises.
        """
        words: list[Word] = ["CLIENT", "KILL", "SKIPME", "yes" if skipme else "no"]
        for name, value in (("ADDR", address), ("ID", client_id), ("TYPE", kind)):
            if value is not None:
                words += [name, value]
        return integer("CLIENT KILL", self._one_server(*words))

    def client_pause(self, milliseconds: int) -> None:
        """Pause every command of every client for this many ms.

        Raises what `call` raises.
        """
        self._one_server("CLIENT", "PAUSE", milliseconds)

    def cluster_nodes(self) -> list[Record]:
        """Return the nodes: `{"id", "host", "port", "flags", "ping_sent", "pong_received", "link"}`.

        The times are in ms since 1970, 0 for never; `flags` is a list. Raises what `call` raises.
        """
        return replies.cluster_nodes(self._read("CLUSTER", "NODES"))

    def cluster_info(self) -> Record:
        """Return the state of the cluster as this node sees it, as a dict; numbers are int.

        Raises what `call` raises.
        """
        return replies.cluster_info(self._read("CLUSTER", "INFO"))

    def cluster_myid(self) -> str:
        """Return the ID of the connected node.

        Raises what `call` raises.
        """
        return text("CLUSTER MYID", self._read("CLUSTER", "MYID"))

    def cluster_meet(self, ip: str, port: int) -> None:
        """Join a node to the cluster. The node replies before the nodes have met.

        `ip` is a numeric address. Raises what `call` raises.
        """
        self._one_server("CLUSTER", "MEET", ip, port)

    def cluster_forget(self, node_id: str) -> None:
        """Remove a node from those that this node knows.

        It comes back unless every node forgets it. Raises what `call` raises.
        """
        self._one_server("CLUSTER", "FORGET", node_id)

    def cluster_leaving(self) -> bool:
        """Return whether this node is leaving the cluster.

        Raises what `call` raises.
        """
        return self._read("CLUSTER", "LEAVING") == b"yes"

    def cluster_set_leaving(self, leaving: bool) -> None:
        """Make this node leave the cluster, or stay.

        Raises what `call` raises.
        """
        self._one_server("CLUSTER", "LEAVING", "yes" if leaving else "no")

    def cluster_reset(self, hard: bool = False) -> None:
        """Make this node forget the other nodes and drop all its jobs; `hard`: also take a new ID.

        Raises what `call` raises.
        """
        self._one_server("CLUSTER", "RESET", "HARD" if hard else "SOFT")

    def cluster_saveconfig(self) -> None:
        """Write the cluster's configuration to disk.

        Raises what `call` raises.
        """
        self._one_server("CLUSTER", "SAVECONFIG")

    def slowlog_get(self, count: int = 10) -> list[Record]:
        """Return up to `count` slow commands, newest first.

        `{"id", "time", "microseconds", "args"}`: `time` in seconds since 1970, `args` a list of bytes. Raises
        what `call` raises.
        """
        return replies.slowlog(self._read("SLOWLOG", "GET", count))

    def slowlog_len(self) -> int:
        """Return how many slow commands are kept.

        Raises what `call` raises.
        """
        return integer("SLOWLOG LEN", self._read("SLOWLOG", "LEN"))

    def slowlog_reset(self) -> None:
        """Delete the slow commands that are kept.

        Raises what `call` raises.
        """
        self._one_server("SLOWLOG", "RESET")

    def latency_latest(self) -> list[Record]:
        """Return the latest latency spike of each event: `{"event", "time", "ms", "max_ms"}`.

        `time` is in seconds since 1970. Raises what `call` raises.
        """
        return replies.latency_latest(self._read("LATENCY", "LATEST"))

    def latency_history(self, event: str) -> list[Record]:
        """Return the latency spikes of one event: `{"time", "ms"}`.

        `time` is in seconds since 1970. Raises what `call` raises.
        """
        return replies.latency_history(self._read("LATENCY", "HISTORY", event))

    def latency_graph(self, event: str) -> str:
        """Return the latency spikes of one event as a drawing of characters.

        Raises ReplyError where there are none, and what `call` raises.
        """
        return text("LATENCY GRAPH", self._read("LATENCY", "GRAPH", event))

    def latency_doctor(self) -> str:
        """Return the server's own report on its latency spikes.

        Raises what `call` raises.
        """
        return text("LATENCY DOCTOR", self._read("LATENCY", "DOCTOR"))

    def latency_reset(self, *events: str) -> int:
        """Delete the latency spikes of these events, or of all. Return how many events had some.

        Raises what `call` raises.
        """
        return integer("LATENCY RESET", self._one_server("LATENCY", "RESET", *events))

    def bgrewriteaof(self) -> str:
        """Start rewriting the append-only file and return the server's message.

        Raises what `call` raises.
        """
        return text("BGREWRITEAOF", self._one_server("BGREWRITEAOF"))

    def debug(self, *words: Word) -> Reply:
        """Send DEBUG with these words, such as `FLUSHALL`, and return the raw reply.

        Raises what `call` raises.
        """
        return self._one_server("DEBUG", *words)

    def shutdown(self, *, rewrite_aof: bool = False) -> None:
        """Stop the server, which closes the connection; `rewrite_aof`: rewrite the append-only file first.

        Raises ReplyError where the server refuses, and what `call` raises.
        """
        words: list[Word] = ["SHUTDOWN", "REWRITE-AOF"] if rewrite_aof else ["SHUTDOWN"]
        self._request(tuple(words), False, 0, False, True)

    def _read(self, *words: Word) -> Reply:
        return self._request(words, True)

    def _one_server(self, *words: Word) -> Reply:
        return self._request(words, False, 0, False)
