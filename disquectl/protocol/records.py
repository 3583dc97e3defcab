"""The records that the client returns, as types: dicts with these keys.

For annotations. It loads `typing`, so nothing of this program imports it when it runs. Queue names and bodies
are `bytes`; IDs and the server's own words are `str`. Without `annotations` from `__future__`: with it Python
would not know which keys may be missing.
"""

from typing import NotRequired, TypedDict


class TakenJob(TypedDict):
    """A job from GETJOB or QPEEK; GETJOB has the counters only `withcounters`."""

    queue: bytes
    id: str
    body: bytes
    nacks: NotRequired[int]
    additional_deliveries: NotRequired[int]


class ShownJob(TypedDict):
    """A job from SHOW. `ctime` is in nanoseconds since 1970, `next_*_within` in ms, other times in seconds.

    `queue` and `body` are None where a node knows only that the job is acknowledged.
    """

    id: str
    queue: bytes | None
    state: str
    repl: int
    ttl: int
    ctime: int
    delay: int
    retry: int
    nacks: int
    additional_deliveries: int
    nodes_delivered: list[str]
    nodes_confirmed: list[str]
    next_requeue_within: int | None
    next_awake_within: int | None
    body: bytes | None


class ScannedJob(TypedDict):
    """A job from JSCAN: its ID, and with `reply="all"` the other keys of ShownJob."""

    id: str
    queue: NotRequired[bytes | None]
    state: NotRequired[str]
    repl: NotRequired[int]
    ttl: NotRequired[int]
    ctime: NotRequired[int]
    delay: NotRequired[int]
    retry: NotRequired[int]
    nacks: NotRequired[int]
    additional_deliveries: NotRequired[int]
    nodes_delivered: NotRequired[list[str]]
    nodes_confirmed: NotRequired[list[str]]
    next_requeue_within: NotRequired[int | None]
    next_awake_within: NotRequired[int | None]
    body: NotRequired[bytes | None]


class QueueStat(TypedDict):
    """A queue from QSTAT. `age` and `idle` are in seconds, `import_rate` in jobs per second."""

    queue: bytes
    len: int
    age: int
    idle: int
    blocked: int
    import_from: list[str]
    import_rate: int
    jobs_in: int
    jobs_out: int
    pause: str


class HelloNode(TypedDict):
    """A node in HELLO."""

    id: str
    host: str
    port: int
    priority: int


class Hello(TypedDict):
    """The reply to HELLO; `node` is the ID of the node that replied."""

    version: int
    node: str
    nodes: list[HelloNode]


class ServerTime(TypedDict):
    """The server's clock, since 1970."""

    seconds: int
    microseconds: int


class ServerCommand(TypedDict):
    """A command of the server, from COMMAND."""

    name: str
    arity: int
    flags: list[str]


class MonitoredCommand(TypedDict):
    """A command in MONITOR; `time` is in seconds since 1970."""

    time: float
    client: str
    args: list[bytes]


class Setting(TypedDict):
    """A setting of the server, from CONFIG GET."""

    name: str
    value: bytes


class ClientConnection(TypedDict):
    """A connection of the server, from CLIENT LIST. `age` and `idle` are in seconds, memory in bytes."""

    id: int
    addr: str
    fd: int
    name: str
    age: int
    idle: int
    flags: str
    qbuf: int
    qbuf_free: int
    obl: int
    oll: int
    omem: int
    events: str
    cmd: str


class ClusterNode(TypedDict):
    """A node, from CLUSTER NODES. The times are in ms since 1970, 0 for never."""

    id: str
    host: str
    port: int
    flags: list[str]
    ping_sent: int
    pong_received: int
    link: str


class ClusterInfo(TypedDict):
    """The state of the cluster as a node sees it, from CLUSTER INFO."""

    cluster_state: str
    cluster_known_nodes: int
    cluster_reachable_nodes: int
    cluster_size: int
    cluster_stats_messages_sent: int
    cluster_stats_messages_received: int


class SlowCommand(TypedDict):
    """An entry of the slow log; `time` is in seconds since 1970."""

    id: int
    time: int
    microseconds: int
    args: list[bytes]


class LatencyEvent(TypedDict):
    """The latest spike of an event, from LATENCY LATEST; `time` is in seconds since 1970."""

    event: str
    time: int
    ms: int
    max_ms: int


class LatencySpike(TypedDict):
    """A spike of an event, from LATENCY HISTORY; `time` is in seconds since 1970."""

    time: int
    ms: int
