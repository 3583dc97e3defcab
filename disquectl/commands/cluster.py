"""CLUSTER: the cluster as one node sees it."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape
from disquectl.protocol.server_replies import cluster_info, cluster_nodes
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import NODE_ID, WORD, number, one_of
from disquectl.spec.parameters import Argument
from disquectl.spec.shape import PAIRS, RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.shape import Kind, Level

NODE_FIELDS = ("id", "host", "port", "flags", "ping_sent", "pong_received", "link")
NODE_KINDS: dict[str, Kind] = {
    "id": "id",
    "host": "word",
    "flags": "word",
    "ping_sent": "unix_ms",
    "pong_received": "unix_ms",
    "link": "word",
}
NODE_RANKS = ("id", "flags", "host", "port", "link", "pong_received", "ping_sent")
NODE_LEVELS: dict[str, dict[str, Level]] = {
    "flags": {"fail": "error", "fail?": "warning", "leaving": "warning"},
    "link": {"disconnected": "error"},
}
INFO_FIELDS = (
    "cluster_state",
    "cluster_known_nodes",
    "cluster_reachable_nodes",
    "cluster_size",
    "cluster_stats_messages_sent",
    "cluster_stats_messages_received",
)

MYID = Command(
    "myid",
    "Print the node's ID.",
    example="disquectl cluster myid",
    grammar=Grammar(verb=(b"CLUSTER", b"MYID")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)
NODES = Command(
    "nodes",
    "List the nodes that this node knows.",
    example="disquectl cluster nodes",
    details="ping_sent and pong_received are milliseconds since 1970. A node that has not learned its own "
    "address shows an empty host.",
    grammar=Grammar(verb=(b"CLUSTER", b"NODES")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: cluster_nodes(reply),
        shape=lambda _: Shape(
            NODE_FIELDS, RECORDS, many=True, kinds=NODE_KINDS, ranks=NODE_RANKS, levels=NODE_LEVELS
        ),
    ),
)
INFO = Command(
    "info",
    "Show how many nodes are known and reachable.",
    example="disquectl cluster info",
    grammar=Grammar(verb=(b"CLUSTER", b"INFO")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: [cluster_info(reply)],
        shape=lambda _: Shape(INFO_FIELDS, PAIRS, many=False),
    ),
)
MEET = Command(
    "meet",
    "Join the node to the cluster of another node.",
    example="disquectl -n 127.0.0.1:7711 cluster meet 127.0.0.1 7712 --yes",
    grammar=Grammar(
        verb=(b"CLUSTER", b"MEET"),
        arguments=(
            Argument("ip", WORD, "Numeric IP address of the other node; host names are refused."),
            Argument("port", number(1, 65535), "Port of the other node."),
        ),
    ),
    risk=Risk(
        WRITE, danger="joins two clusters, which is hard to undo", single_node=True, ambiguous_with_redis=True
    ),
    does=Request(records=reply_record, shape=reply_shape),
)
FORGET = Command(
    "forget",
    "Make the node forget another node.",
    example="disquectl cluster forget 76c5c67b61f75f70e510609d14b5373ac138d205 --yes",
    grammar=Grammar(
        verb=(b"CLUSTER", b"FORGET"),
        arguments=(Argument("node_id", NODE_ID, "ID of the other node, 40 hex digits."),),
    ),
    risk=Risk(
        WRITE,
        danger="removes a node (which comes back unless every node forgets it)",
        single_node=True,
        ambiguous_with_redis=True,
    ),
    does=Request(records=reply_record, shape=reply_shape),
)
LEAVING = Command(
    "leaving",
    "Show or set whether the node is leaving the cluster.",
    example="disquectl cluster leaving",
    grammar=Grammar(
        verb=(b"CLUSTER", b"LEAVING"),
        arguments=(
            Argument(
                "leave",
                one_of("yes", "no", noun="value"),
                "yes: leave; no: stay; without it: show.",
                required=False,
            ),
        ),
    ),
    risk=Risk(
        WRITE,
        danger="makes the node refuse new jobs and waiting clients",
        single_node=True,
        ambiguous_with_redis=True,
        reads_when=lambda words: len(words) == 2,
        harmless_when=lambda words: words[2:] == [b"no"],
    ),
    does=Request(records=reply_record, shape=reply_shape),
)
RESET = Command(
    "reset",
    "Forget all other nodes and delete all jobs.",
    example="disquectl -n 127.0.0.1:7713 cluster reset soft --yes",
    grammar=Grammar(
        verb=(b"CLUSTER", b"RESET"),
        arguments=(
            Argument(
                "how",
                one_of("soft", "hard", noun="mode"),
                "soft or hard; hard also gives the node a new ID.",
                required=False,
            ),
        ),
    ),
    risk=Risk(
        WRITE,
        danger="deletes every job of the node and takes it out of its cluster",
        single_node=True,
        ambiguous_with_redis=True,
    ),
    does=Request(records=reply_record, shape=reply_shape),
)
SAVECONFIG = Command(
    "saveconfig",
    "Write the node's cluster file.",
    example="disquectl cluster saveconfig",
    grammar=Grammar(verb=(b"CLUSTER", b"SAVECONFIG")),
    risk=Risk(WRITE, single_node=True, ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)

COMMAND = Command(
    "cluster",
    "Show or change the cluster as one node sees it.",
    group=SERVER,
    example="disquectl cluster nodes",
    subcommands=(NODES, INFO, MYID, MEET, FORGET, LEAVING, RESET, SAVECONFIG),
    grammar=Grammar(verb=(b"CLUSTER",)),
)
