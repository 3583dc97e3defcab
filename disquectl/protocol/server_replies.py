"""Converts replies about servers and clusters to records.

As in `replies`: the server's own words are `str`, users' data is `bytes`, a reply of another shape raises the
exception of `shapes.unexpected`. Pure: no I/O.
"""

from __future__ import annotations

from disquectl.protocol.shapes import array, digits, integer, octets, text, unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.resp import Reply
    from disquectl.protocol.shapes import Record

# Names that may look like numbers: 00000000 is not 0, 12e45678 is not infinity.
_NEVER_NUMBERS = ("git_sha1", "build_id", "run_id")
_CLIENT_TEXTS = ("addr", "name", "flags", "events", "cmd")


def hello(reply: Reply) -> Record:
    """HELLO: `{"version", "node", "nodes": [{"id", "host", "port", "priority"}]}`.

    A node without a cluster does not know its own address: its host is "". Priority 1 is
    good, 100 is failing or leaving.
    """
    version, node, *nodes = array("HELLO", reply, at_least=2)
    return {
        "version": integer("HELLO", version),
        "node": text("HELLO", node),
        "nodes": [_hello_node(element) for element in nodes],
    }


def _hello_node(element: Reply) -> Record:
    node_id, host, port, priority = array("HELLO", element, at_least=4)[:4]
    return {
        "id": text("HELLO", node_id),
        "host": text("HELLO", host),
        "port": digits("HELLO", port),
        "priority": digits("HELLO", priority),
    }


def info(reply: Reply) -> Record:
    """INFO: a dict for each section, its name in lower case; numbers are int or float, the rest is text.

    In `commandstats` each command has a dict: `{"cmdstat_ping": {"calls": 1, "usec": 2, ...}}`.
    """
    sections: Record = {}
    section: Record = {}
    for line in text("INFO", reply).replace("\r", "").split("\n"):
        if line.startswith("#"):
            section = sections.setdefault(line[1:].strip().lower(), {})
            continue
        name, colon, value = line.partition(":")
        if colon:
            if not sections:
                sections["server"] = section
            section[name] = _info_value(name, value)
    return sections


def _info_value(name: str, value: str) -> object:
    if name.startswith("cmdstat_"):
        counts = (part.partition("=") for part in value.split(","))
        return {key: _number(number) for key, _, number in counts}
    return value if name.endswith(_NEVER_NUMBERS) else _number(value)


def _number(value: str) -> int | float | str:
    """Convert a plain decimal number; return any other text unchanged."""
    whole, point, fraction = value.removeprefix("-").partition(".")
    if not (value.isascii() and whole.isdigit()) or (whole[0] == "0" and len(whole) > 1) or len(value) > 300:
        return value
    if not point:
        return int(value)
    return float(value) if fraction.isdigit() else value


def cluster_info(reply: Reply) -> Record:
    """CLUSTER INFO: its fields, `cluster_state` and numbers."""
    record: Record = {}
    for line in text("CLUSTER INFO", reply).splitlines():
        name, colon, value = line.partition(":")
        if colon:
            record[name] = _number(value)
    return record


def cluster_nodes(reply: Reply) -> list[Record]:
    """CLUSTER NODES: `{"id", "host", "port", "flags", "ping_sent", "pong_received", "link"}`.

    `flags` is a list; the two times are in milliseconds since 1970, 0 for never.
    """
    return [_cluster_node(line) for line in text("CLUSTER NODES", reply).split("\n") if line]


def _cluster_node(line: str) -> Record:
    parts = line.split(" ")
    host, _, port = parts[1].rpartition(":") if len(parts) >= 6 else ("", "", "")
    if not all(part.isascii() and part.isdigit() and len(part) < 20 for part in (port, *parts[3:5])):
        raise unexpected("CLUSTER NODES", line.encode("utf-8", "replace"))
    return {
        "id": parts[0],
        "host": host,
        "port": int(port),
        "flags": parts[2].split(","),
        "ping_sent": int(parts[3]),
        "pong_received": int(parts[4]),
        "link": parts[5],
    }


def client_list(reply: Reply) -> list[Record]:
    """CLIENT LIST: the fields of each connection, `_` for `-`; `age` and `idle` are in seconds."""
    records = []
    for line in text("CLIENT LIST", reply).split("\n"):
        pairs = [word.partition("=") for word in line.split(" ") if "=" in word]
        if pairs:
            records.append({key.replace("-", "_"): _client_value(key, value) for key, _, value in pairs})
    return records


def _client_value(key: str, value: str) -> int | float | str:
    return value if key in _CLIENT_TEXTS else _number(value)


def slowlog(reply: Reply) -> list[Record]:
    """SLOWLOG GET: `{"id", "time", "microseconds", "args"}`; time in seconds since 1970, args as bytes."""
    return [_slow_entry(element) for element in array("SLOWLOG", reply)]


def _slow_entry(element: Reply) -> Record:
    entry, time_, microseconds, args = array("SLOWLOG", element, at_least=4)[:4]
    return {
        "id": integer("SLOWLOG", entry),
        "time": integer("SLOWLOG", time_),
        "microseconds": integer("SLOWLOG", microseconds),
        "args": [octets("SLOWLOG", arg) for arg in array("SLOWLOG", args)],
    }


def latency_latest(reply: Reply) -> list[Record]:
    """LATENCY LATEST: `{"event", "time", "ms", "max_ms"}`; time in seconds since 1970."""
    rows = [array("LATENCY", element, at_least=4) for element in array("LATENCY", reply)]
    return [
        {
            "event": text("LATENCY", row[0]),
            "time": integer("LATENCY", row[1]),
            "ms": integer("LATENCY", row[2]),
            "max_ms": integer("LATENCY", row[3]),
        }
        for row in rows
    ]


def latency_history(reply: Reply) -> list[Record]:
    """LATENCY HISTORY: `{"time", "ms"}`; time in seconds since 1970."""
    rows = [array("LATENCY", element, at_least=2) for element in array("LATENCY", reply)]
    return [{"time": integer("LATENCY", row[0]), "ms": integer("LATENCY", row[1])} for row in rows]


def commands(reply: Reply) -> list[Record | None]:
    """COMMAND and COMMAND INFO: `{"name", "arity", "flags"}`, None for a name that is unknown."""
    return [None if element is None else _command(element) for element in array("COMMAND", reply)]


def _command(element: Reply) -> Record:
    name, arity, flags = array("COMMAND", element, at_least=3)[:3]
    return {
        "name": text("COMMAND", name),
        "arity": integer("COMMAND", arity),
        "flags": [text("COMMAND", flag) for flag in array("COMMAND", flags)],
    }


def config(reply: Reply) -> list[Record]:
    """CONFIG GET: `{"name", "value"}`, the value as bytes."""
    flat = array("CONFIG GET", reply)
    if len(flat) % 2:
        raise unexpected("CONFIG GET", flat)
    return [
        {"name": text("CONFIG GET", flat[i]), "value": octets("CONFIG GET", flat[i + 1])}
        for i in range(0, len(flat), 2)
    ]


def server_time(reply: Reply) -> Record:
    """TIME: `{"seconds", "microseconds"}` since 1970."""
    seconds, microseconds = array("TIME", reply, at_least=2)[:2]
    return {"seconds": digits("TIME", seconds), "microseconds": digits("TIME", microseconds)}
