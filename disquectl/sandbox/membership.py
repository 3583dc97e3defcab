"""Which nodes know each other. Knows nothing of what they then talk about."""

from __future__ import annotations

from disquectl.sandbox.node import Node


def meet(node: Node, host: bytes, port: int) -> bool:
    """Join the cluster of the node at that address; False if this sandbox has none there.

    As by gossip, everybody that either side knows comes to know the others.
    """
    other = next((one for one in node.post.members if (one.host, one.port) == (host, port)), None)
    if other is None:
        return False
    everybody = {one.node_id: one for one in (node, other, *node.peers.values(), *other.peers.values())}
    if len(everybody) > 1:
        for member in everybody.values():
            member.known_host = member.host
            member.peers.update({peer_id: one for peer_id, one in everybody.items() if one is not member})
    return True


def forget(node: Node, peer_id: bytes) -> bool:
    """From now on `node` neither sends to that peer nor hears it. Whether it was known."""
    peer = node.peers.pop(peer_id, None)
    for queue in node.queues.values():
        queue.sources.pop(peer_id, None)
    return peer is not None
