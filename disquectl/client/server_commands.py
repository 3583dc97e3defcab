"""The client's methods for servers and clusters.

What changes one server, or asks about it alone, goes to the connected node and never to another one by
itself. Times are in seconds since 1970 unless a name says otherwise. Every method raises what `Client.call`
raises; those without a result answer OK or raise. A Redis would obey many of these: `verify` first where
that matters.
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
    """What is asked of servers, and done to them."""

    def hello(self) -> Record:
        """`{"version", "node", "nodes": [{"id", "host", "port", "priority"}]}`; priority 1 is good."""
        return replies.hello(self._read("HELLO"))

    def info(self, section: str | None = None) -> Record:
        """A dict for each section, numbers as numbers; `all` adds the statistics of commands."""
        return replies.info(self._read("INFO") if section is None else self._read("INFO", section))

    def ping(self, message: str | bytes | None = None) -> bytes:
        """`PONG`, or the message."""
        return octets("PING", self._read("PING") if message is None else self._read("PING", message))

    def time(self) -> Record:
        """The server's clock: `{"seconds", "microseconds"}`."""
        return replies.server_time(self._read("TIME"))

    def auth(self, password: str | bytes) -> None:
        """Log in, now and on every later connection. Raises NotAuthorised for a wrong password."""
        self._request(("AUTH", password), False, 0, False)
        self._transport.connection_factory.password = (
            password.encode() if isinstance(password, str) else password
        )

    def command(self) -> list[Record | None]:
        """The server's commands: `{"name", "arity", "flags"}`."""
        return replies.commands(self._read("COMMAND"))

    def command_info(self, *names: str) -> list[Record | None]:
        """Some of its commands, None for one that it does not have."""
        return replies.commands(self._read("COMMAND", "INFO", *names))

    def command_count(self) -> int:
        """How many commands it has."""
        return integer("COMMAND COUNT", self._read("COMMAND", "COUNT"))

    def monitor(self) -> Iterator[Record]:
        """Each command of every client as it comes, until the node closes: `{"time", "client", "args"}`."""
        lines = self._transport.stream("MONITOR")
        next(lines)
        return (monitor_line(line) for line in lines)

    def config_get(self, pattern: str = "*") -> list[Record]:
        """Settings by a glob pattern: `{"name", "value"}`, requirepass in clear."""
        return replies.config(self._read("CONFIG", "GET", pattern))

    def config_set(self, name: str, value: Word) -> None:
        """Change a setting until the next start."""
        self._one_server("CONFIG", "SET", name, value)

    def config_rewrite(self) -> None:
        """Write the settings to the server's file."""
        self._one_server("CONFIG", "REWRITE")

    def config_resetstat(self) -> None:
        """Set the counters of INFO to zero."""
        self._one_server("CONFIG", "RESETSTAT")

    def client_list(self) -> list[Record]:
        """The connections of the server; `age` and `idle` in seconds, memory in bytes."""
        return replies.client_list(self._read("CLIENT", "LIST"))

    def client_getname(self) -> str | None:
        """The name of this connection."""
        name = self._request(("CLIENT", "GETNAME"), True, 0, False)
        return None if name is None else text("CLIENT GETNAME", name)

    def client_setname(self, name: str) -> None:
        """Name this connection, for CLIENT LIST; it does not last over a reconnect."""
        self._one_server("CLIENT", "SETNAME", name)

    def client_kill(
        self,
        address: str | None = None,
        *,
        client_id: int | None = None,
        kind: str | None = None,
        skipme: bool = True,
    ) -> int:
        """Close connections by address, ID and TYPE, this one excepted unless `skipme` is off. How many."""
        words: list[Word] = ["CLIENT", "KILL", "SKIPME", "yes" if skipme else "no"]
        for name, value in (("ADDR", address), ("ID", client_id), ("TYPE", kind)):
            if value is not None:
                words += [name, value]
        return integer("CLIENT KILL", self._one_server(*words))

    def client_pause(self, milliseconds: int) -> None:
        """Hold up every command of every client for that long."""
        self._one_server("CLIENT", "PAUSE", milliseconds)

    def cluster_nodes(self) -> list[Record]:
        """`{"id", "host", "port", "flags", "ping_sent", "pong_received", "link"}`, the times in ms."""
        return replies.cluster_nodes(self._read("CLUSTER", "NODES"))

    def cluster_info(self) -> Record:
        """The state of the cluster, as this node sees it."""
        return replies.cluster_info(self._read("CLUSTER", "INFO"))

    def cluster_myid(self) -> str:
        """The ID of the connected node."""
        return text("CLUSTER MYID", self._read("CLUSTER", "MYID"))

    def cluster_meet(self, ip: str, port: int) -> None:
        """Join a node to the cluster; it answers before the nodes have met."""
        self._one_server("CLUSTER", "MEET", ip, port)

    def cluster_forget(self, node_id: str) -> None:
        """Let this node forget another one."""
        self._one_server("CLUSTER", "FORGET", node_id)

    def cluster_leaving(self) -> bool:
        """Whether this node is leaving."""
        return self._read("CLUSTER", "LEAVING") == b"yes"

    def cluster_set_leaving(self, leaving: bool) -> None:
        """Let this node leave the cluster, or stay after all."""
        self._one_server("CLUSTER", "LEAVING", "yes" if leaving else "no")

    def cluster_reset(self, hard: bool = False) -> None:
        """Forget the other nodes and drop all jobs; `hard` takes a new node ID."""
        self._one_server("CLUSTER", "RESET", "HARD" if hard else "SOFT")

    def cluster_saveconfig(self) -> None:
        """Write the cluster's configuration to disk."""
        self._one_server("CLUSTER", "SAVECONFIG")

    def slowlog_get(self, count: int = 10) -> list[Record]:
        """Slow commands, the newest first: `{"id", "time", "microseconds", "args"}`."""
        return replies.slowlog(self._read("SLOWLOG", "GET", count))

    def slowlog_len(self) -> int:
        """How many slow commands are kept."""
        return integer("SLOWLOG LEN", self._read("SLOWLOG", "LEN"))

    def slowlog_reset(self) -> None:
        """Drop them."""
        self._one_server("SLOWLOG", "RESET")

    def latency_latest(self) -> list[Record]:
        """The latest delay of each kind: `{"event", "time", "ms", "max_ms"}`."""
        return replies.latency_latest(self._read("LATENCY", "LATEST"))

    def latency_history(self, event: str) -> list[Record]:
        """The delays of one kind: `{"time", "ms"}`."""
        return replies.latency_history(self._read("LATENCY", "HISTORY", event))

    def latency_graph(self, event: str) -> str:
        """The same, drawn with characters. Raises ReplyError where there are none."""
        return text("LATENCY GRAPH", self._read("LATENCY", "GRAPH", event))

    def latency_doctor(self) -> str:
        """What the server makes of them, in prose."""
        return text("LATENCY DOCTOR", self._read("LATENCY", "DOCTOR"))

    def latency_reset(self, *events: str) -> int:
        """Drop the delays of these kinds, or all. How many kinds."""
        return integer("LATENCY RESET", self._one_server("LATENCY", "RESET", *events))

    def bgrewriteaof(self) -> str:
        """Rewrite the append-only file; what the server says to that."""
        return text("BGREWRITEAOF", self._one_server("BGREWRITEAOF"))

    def debug(self, *words: Word) -> Reply:
        """DEBUG with its own words, such as `FLUSHALL`; the raw reply."""
        return self._one_server("DEBUG", *words)

    def shutdown(self, *, rewrite_aof: bool = False) -> None:
        """Stop the server. It answers by closing the connection."""
        words: list[Word] = ["SHUTDOWN", "REWRITE-AOF"] if rewrite_aof else ["SHUTDOWN"]
        self._request(tuple(words), False, 0, False, True)

    def _read(self, *words: Word) -> Reply:
        return self._request(words, True)

    def _one_server(self, *words: Word) -> Reply:
        return self._request(words, False, 0, False)
