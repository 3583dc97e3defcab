"""CLUSTER: the nodes that a node knows, and its place among them."""

from __future__ import annotations

from disquectl.commands.kinds import NODE_ID, WORD, number, one_of
from disquectl.commands.row import SERVER, WRITE, Argument, Row
from disquectl.commands.status import reply_record, reply_shape
from disquectl.protocol.server_replies import cluster_info, cluster_nodes
from disquectl.render.shape import PAIRS, RECORDS, Shape

NODE_FIELDS = ("id", "host", "port", "flags", "ping_sent", "pong_received", "link")
INFO_FIELDS = (
    "cluster_state",
    "cluster_known_nodes",
    "cluster_reachable_nodes",
    "cluster_size",
    "cluster_stats_messages_sent",
    "cluster_stats_messages_received",
)

MYID = Row(
    "myid",
    "Print the node's ID.",
    verb=(b"CLUSTER", b"MYID"),
    redis_too=True,
    example="disquectl cluster myid",
    shape=reply_shape,
    records=reply_record,
)
NODES = Row(
    "nodes",
    "List the nodes that this node knows.",
    verb=(b"CLUSTER", b"NODES"),
    redis_too=True,
    details="ping_sent and pong_received are milliseconds since 1970; a node that nobody told its address "
    "has an empty host.",
    example="disquectl cluster nodes",
    shape=lambda _: Shape(NODE_FIELDS, RECORDS, many=True, kinds={"id": "id"}),
    records=lambda words, reply: cluster_nodes(reply),
)
INFO = Row(
    "info",
    "Show how many nodes are known and reachable.",
    verb=(b"CLUSTER", b"INFO"),
    redis_too=True,
    example="disquectl cluster info",
    shape=lambda _: Shape(INFO_FIELDS, PAIRS, many=False),
    records=lambda words, reply: [cluster_info(reply)],
)
MEET = Row(
    "meet",
    "Make the node join the cluster of another one.",
    verb=(b"CLUSTER", b"MEET"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    danger="joins two clusters, which is hard to undo",
    arguments=(
        Argument("ip", WORD, "The other node's numeric IP address; names are refused."),
        Argument("port", number(1, 65535), "Its port."),
    ),
    example="disquectl -n 127.0.0.1:7711 cluster meet 127.0.0.1 7712 --yes",
    shape=reply_shape,
    records=reply_record,
)
FORGET = Row(
    "forget",
    "Make the node forget another one.",
    verb=(b"CLUSTER", b"FORGET"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    danger="removes a node from what this one knows; it comes back unless all nodes forget it",
    arguments=(Argument("node_id", NODE_ID, "The other node's ID, 40 hex digits."),),
    example="disquectl cluster forget 76c5c67b61f75f70e510609d14b5373ac138d205 --yes",
    shape=reply_shape,
    records=reply_record,
)
LEAVING = Row(
    "leaving",
    "Show or say whether the node is leaving the cluster.",
    verb=(b"CLUSTER", b"LEAVING"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    danger="makes the node take no more jobs and send its clients away",
    reads_when=lambda words: len(words) == 2,
    harmless_when=lambda words: words[2:] == [b"no"],
    arguments=(
        Argument(
            "leave", one_of("yes", "no"), "yes: leave; no: stay after all; nothing: show.", required=False
        ),
    ),
    example="disquectl cluster leaving",
    shape=reply_shape,
    records=reply_record,
)
RESET = Row(
    "reset",
    "Forget all other nodes and drop all jobs.",
    verb=(b"CLUSTER", b"RESET"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    danger="drops every job of the node and takes it out of its cluster",
    arguments=(Argument("how", one_of("soft", "hard"), "hard: also take a new node ID.", required=False),),
    example="disquectl -n 127.0.0.1:7713 cluster reset soft --yes",
    shape=reply_shape,
    records=reply_record,
)
SAVECONFIG = Row(
    "saveconfig",
    "Make the node write its cluster file.",
    verb=(b"CLUSTER", b"SAVECONFIG"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    example="disquectl cluster saveconfig",
    shape=reply_shape,
    records=reply_record,
)

ROW = Row(
    "cluster",
    "Show or change the cluster as one node sees it.",
    verb=(b"CLUSTER",),
    group=SERVER,
    subcommands=(NODES, INFO, MYID, MEET, FORGET, LEAVING, RESET, SAVECONFIG),
    example="disquectl cluster nodes",
)
