"""The note on stderr after a request that was sent to one node only, if that node knows others.

HELLO is sent together with the request, so this takes no further round trip.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Words

# The reply to HELLO is a version, the node's ID, and an array for each known node, itself among them.
_BEFORE_NODES = 2


def known_others(greeting: object) -> int:
    """How many other nodes a reply to HELLO lists; 0 for a reply of any other kind."""
    if not isinstance(greeting, list):
        return 0
    nodes = greeting[_BEFORE_NODES:]
    return max(len(nodes) - 1, 0) if all(isinstance(node, list) for node in nodes) else 0


def unchanged(command: Command, words: Words, reply: Reply) -> tuple[int, int]:
    """How many jobs this request did not change, of how many; (0, 1) where the reply is no such count."""
    given = len(words) - len(command.grammar.verb)
    counts = command.grammar.arguments[0].many and isinstance(reply, int)
    return (given - reply, given) if counts else (0, 1)  # type: ignore[operator]  # it is an int


def say_one_node(session: Session) -> bool:
    """Print after an answer of one node that there are others, by its reply to the HELLO before it.

    Returns whether there are others.
    """
    others = known_others(session.client.greeting)
    if others and session.client.node:
        session.aside(f"note: only {session.client.node} of {others + 1} nodes; --cluster asks all")
    return others > 0


def say(command: Command, session: Session, greeting: object, not_done: int, given: int) -> None:
    """Print the note: how many jobs were not changed here, and the option that asks all nodes.

    `greeting`: the reply of the node to HELLO.
    """
    others = known_others(greeting)
    if not others or not (command.risk.cluster_note or not_done):
        return
    node = session.client.node or "one node"
    known = "1 other node" if others == 1 else f"{others} other nodes"
    left = f"; not changed there: {not_done} of {given} job{'' if given == 1 else 's'}" if not_done else ""
    advice = (
        f"It {command.risk.cluster_note}." if command.risk.cluster_note else "--cluster reaches all nodes."
    )
    session.aside(f"note: {command.name} was sent only to {node}, which knows {known}{left}. {advice}")
