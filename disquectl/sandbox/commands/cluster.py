"""HELLO and CLUSTER: the nodes of the cluster."""

from __future__ import annotations

import contextlib

from disquectl.sandbox import replies
from disquectl.sandbox.arguments import SYNTAX_ERROR, Refused, c_string, option, read_integer, signed
from disquectl.sandbox.commands.server import flush
from disquectl.sandbox.membership import end_handshakes, forget, meet, take_new_id
from disquectl.sandbox.node import Node
from disquectl.sandbox.session import Session

_USAGE = b"ERR Wrong CLUSTER subcommand or number of arguments"
_MAX_PORT = 55535
# How soon a silent node is asked for a sign of life: by a ping, or by connecting again.
_PINGED_AGAIN_MS, _CONNECTED_AGAIN_MS = 1000, 100
_GOOD, _NO_LINK, _MAY_FAIL, _BAD = 1, 5, 10, 100


def hello(node: Node, _session: Session, _words: list[bytes], now_ms: int) -> bytes:
    members = [
        replies.bulks([known.node_id, host, b"%d" % known.port, b"%d" % _priority(node, known, now_ms)])
        for known, host in _known_nodes(node)
    ]
    end_handshakes(node, now_ms)
    for other_id, (other_host, port, _) in node.handshakes.items():
        members.append(replies.bulks([other_id, other_host, b"%d" % port, b"%d" % _NO_LINK]))
    return replies.array([replies.integer(1), replies.bulk(node.node_id), *members])


def _known_nodes(node: Node) -> list[tuple[Node, bytes]]:
    """Return the node and its peers, each with its known address."""
    return [(node, node.known_host), *[(peer, peer.host) for peer in node.peers.values()]]


def _priority(node: Node, known: Node, now_ms: int) -> int:
    is_failing = node.is_failing(known, now_ms)
    if node.sees_leaving(known) or (is_failing and _majority_agrees(node)):
        return _BAD
    if is_failing:
        return _MAY_FAIL
    return _NO_LINK if known.is_down else _GOOD


def cluster(node: Node, _session: Session, words: list[bytes], now_ms: int) -> bytes:
    match option(words[1]), len(words):
        case b"myid", 2:
            return replies.bulk(node.node_id)
        case b"nodes", 2:
            return replies.bulk(_list_nodes(node, now_ms))
        case b"info", 2:
            return replies.bulk(_info(node, now_ms))
        case b"saveconfig", 2:
            return replies.OK
        case b"meet", 4:
            return _meet(node, words, now_ms)
        case b"forget", 3:
            return _forget(node, words[2])
        case b"leaving", 2:
            return replies.status(b"yes" if node.leaving else b"no")
        case b"leaving", 3:
            return _set_leaving(node, option(words[2]))
        case b"reset", 2 | 3:
            return _reset(node, option(words[2]) if len(words) == 3 else b"soft", now_ms)
    raise Refused(_USAGE)


def _list_nodes(node: Node, now_ms: int) -> bytes:
    end_handshakes(node, now_ms)
    lines = [_describe(node, *known, now_ms) for known in _known_nodes(node)]
    lines += [
        b"%b %b:%d handshake 0 0 disconnected\n" % (other_id, host, port)
        for other_id, (host, port, _) in node.handshakes.items()
    ]
    return b"".join(lines)


def _describe(node: Node, known: Node, host: bytes, now_ms: int) -> bytes:
    flags = []
    if known is node:
        flags.append(b"myself")
    elif node.is_failing(known, now_ms):
        flags.append(b"fail" if _majority_agrees(node) else b"fail?")
    if not known.port:
        flags.append(b"noaddr")
    if node.sees_leaving(known):
        flags.append(b"leaving")
    # Simulated nodes answer at once: the last pong precedes the silence, and a ping is pending since then.
    silent_ms = known.silent_since_ms
    asked_ms = silent_ms + (_CONNECTED_AGAIN_MS if known.is_down else _PINGED_AGAIN_MS)
    is_asked = known is not node and silent_ms > 0 and asked_ms <= now_ms
    heard_ms = 0 if known is node else silent_ms or now_ms
    return b"%b %b:%d %b %d %d %b\n" % (
        known.node_id,
        host,
        known.port,
        b",".join(flags) or b"noflags",
        silent_ms if is_asked else 0,
        heard_ms,
        b"disconnected" if known.is_down else b"connected",
    )


def _majority_agrees(node: Node) -> bool:
    alive = 1 + sum(not peer.silent_since_ms for peer in node.peers.values())
    return alive > (len(node.peers) + 1) // 2


def _info(node: Node, now_ms: int) -> bytes:
    end_handshakes(node, now_ms)
    size = len(node.peers) + 1
    return (
        b"cluster_state:ok\r\ncluster_known_nodes:%d\r\ncluster_reachable_nodes:%d\r\ncluster_size:%d\r\n"
        b"cluster_stats_messages_sent:%d\r\ncluster_stats_messages_received:%d\r\n"
        % (
            size + len(node.handshakes),
            len(node.reachable(now_ms)),
            size,
            node.messages_sent,
            node.messages_received,
        )
    )


def _meet(node: Node, words: list[bytes], now_ms: int) -> bytes:
    """CLUSTER MEET: only the nodes of the same sandbox can be met; other addresses never answer."""
    host, port_word = c_string(words[2]), c_string(words[3])
    port = read_integer(words[3])
    if port is None:
        raise Refused(b"ERR Invalid TCP port specified: %b" % port_word)
    port = signed(port, 32)
    address = _numeric_address(host)
    if address is None or not 0 < port <= _MAX_PORT:
        raise Refused(b"ERR Invalid node address specified: %b:%b" % (host, port_word))
    meet(node, address, port, now_ms)
    return replies.OK


def _numeric_address(host: bytes) -> bytes | None:
    """Return the canonical text of an IP address; None if it is none."""
    # Only its parser of addresses: the engine opens no connection.
    import socket

    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return socket.inet_ntop(family, socket.inet_pton(family, host.decode("ascii"))).encode()
    return None


def _forget(node: Node, word: bytes) -> bytes:
    if len(word) != len(node.node_id):
        raise Refused(b"ERR Invalid node identifier")
    if word == node.node_id:
        raise Refused(b"ERR I tried hard but I can't forget myself...")
    if not forget(node, word):
        raise Refused(b"ERR Unknown node %b" % c_string(word))
    return replies.OK


def _set_leaving(node: Node, answer: bytes) -> bytes:
    if answer not in (b"yes", b"no"):
        raise Refused(b"ERR Wrong argument for CLUSTER LEAVING. Use 'yes' or 'no'")
    node.leaving = answer == b"yes"
    return replies.OK


def _reset(node: Node, mode: bytes, now_ms: int) -> bytes:
    if mode not in (b"soft", b"hard"):
        raise Refused(SYNTAX_ERROR)
    for peer_id in (*node.peers, *node.handshakes):
        forget(node, peer_id)
    if mode == b"hard":
        take_new_id(node, now_ms)
    flush(node)
    return replies.OK
