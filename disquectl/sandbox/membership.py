"""Cluster membership: which nodes know each other."""

from __future__ import annotations

from disquectl.sandbox.node import Handshake, Node

_SHORTEST_HANDSHAKE_MS = 1000


def meet(node: Node, host: bytes, port: int, now_ms: int) -> None:
    """Join the cluster of the node at that address; if there is none, keep trying for a while.

    As by gossip, all nodes known to either side learn of each other.
    """
    other = next((one for one in node.network.members if (one.host, one.port) == (host, port)), None)
    if other is None:
        _begin_handshake(node, host, port, now_ms)
        return
    known = (node, other, *node.peers.values(), *other.peers.values())
    all_nodes = {one.node_id: one for one in known if one.port}
    for member in all_nodes.values():
        member.known_host = member.host
        member.peers.update({peer_id: one for peer_id, one in all_nodes.items() if one is not member})


def _begin_handshake(node: Node, host: bytes, port: int, now_ms: int) -> None:
    end_handshakes(node, now_ms)
    if all((one.host, one.port) != (host, port) for one in node.handshakes.values()):
        lasts_ms = max(node.settings.node_timeout_ms, _SHORTEST_HANDSHAKE_MS)
        node.handshakes[node.make_node_id()] = Handshake(host, port, now_ms + lasts_ms)


def end_handshakes(node: Node, now_ms: int) -> None:
    """Remove the handshakes that have timed out."""
    node.handshakes = {key: one for key, one in node.handshakes.items() if one.until_ms > now_ms}


def forget(node: Node, peer_id: bytes) -> bool:
    """Stop exchanging messages with a peer; return whether it was known."""
    if node.handshakes.pop(peer_id, None) is not None:
        return True
    peer = node.peers.pop(peer_id, None)
    node.leaving_peers.discard(peer_id)
    for queue in node.queues.values():
        queue.sources.pop(peer_id, None)
    return peer is not None


def take_new_id(node: Node, now_ms: int) -> None:
    """Give `node` a new ID; the others keep its old ID, without an address, until CLUSTER FORGET."""
    ghost = node.leave_ghost(now_ms)
    for other in node.network.members:
        if node.node_id in other.peers:
            other.peers[node.node_id] = ghost
    node.node_id = node.make_node_id()


def ping_another(node: Node) -> None:
    """Ping one peer after the other. Ping and answer say whether their sender is leaving the cluster."""
    peers = [peer for peer in node.peers.values() if not peer.silent_since_ms and node.node_id in peer.peers]
    if peers:
        peer = peers[node.swept_s % len(peers)]
        for one, other in ((node, peer), (peer, node)):
            one.messages_sent += 1
            one.messages_received += 1
            if other.leaving:
                one.leaving_peers.add(other.node_id)
            else:
                one.leaving_peers.discard(other.node_id)
