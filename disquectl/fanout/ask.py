"""Asking every node: which nodes, and what to report and raise when some do not answer.

It must not know what is asked, nor how replies are merged.
"""

from __future__ import annotations

from disquectl.client.address import hint
from disquectl.client.cluster import Cluster
from disquectl.errors import (
    ConnectionFailed,
    DisquectlError,
    NoAnswer,
    NotDisque,
    OutcomeUnknown,
    PartlyDone,
    ReplyError,
)
from disquectl.spec.parameters import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from disquectl.client.cluster import Missing
    from disquectl.client.node_connection import NodeConnection, Request
    from disquectl.client.transport import Transport
    from disquectl.merge.states import Bits
    from disquectl.spec.parameters import Values, Words

    class Asker(Protocol):
        """What is needed of a session; execution.session.Session has it."""

        @property
        def client(self) -> Transport:
            """The connection to one node."""

        def problem(self, text: str) -> None:
            """Report one of several problems."""

        def explained(self, problem: ReplyError | OutcomeUnknown, words: Words) -> DisquectlError:
            """The error to raise for a refusal of these words."""


def _reads(_words: Words) -> bool:
    return True


_IS_IT_RUNNING = "Is a Disque running there? Name one by --node or DISQUE_NODES."


def open_cluster(client: Transport, values: Values | None = None) -> Cluster:
    """The nodes to ask: all that are found from the client's seeds; only the seeds with --seeds-only."""
    return Cluster(client.nodes, client.connection_factory, discover="seeds_only" not in (values or {}))


def missing_bits(cluster: Cluster, bits: Bits) -> int:
    """The bits of the nodes that did not answer; of all but those that did, if the ID of one is unknown."""
    ids = [one.node_id for one in cluster.missing()]
    if all(ids):
        return bits.mask(node_id.encode() for node_id in ids)
    return ~bits.mask(connection.node_id.encode() for connection in cluster.answered())


class Refusals:
    """Error replies of some nodes; others may have answered."""

    def __init__(self) -> None:
        self.found: dict[NodeConnection, tuple[Request, ReplyError]] = {}

    def add(self, connection: NodeConnection, request: Request, error: ReplyError) -> None:
        """Note a refusal of this node; only its first is kept."""
        self.found.setdefault(connection, (request, error))

    def copy(self) -> Refusals:
        """Those up to now."""
        copied = Refusals()
        copied.found.update(self.found)
        return copied

    def of(self, cluster: Cluster) -> int:
        """The number of nodes that have answered and refused something."""
        return sum(connection in self.found for connection in cluster.answered())

    def first(self, asker: Asker) -> DisquectlError:
        """The error to raise when all refuse."""
        request, error = next(iter(self.found.values()))
        return asker.explained(error, [as_bytes(word) for word in request])

    def lines(self) -> list[str]:
        """A line for each node, with its refusal."""
        return [f"{connection.node}: {error.message}" for connection, (_, error) in self.found.items()]


def require_an_answer(
    cluster: Cluster,
    asker: Asker,
    refusals: Refusals | None = None,
    *,
    may_repeat: Callable[[Words], bool] = _reads,
) -> None:
    """Raise the reason if no node has answered, or if all that answered refused.

    `may_repeat`: whether doing a request twice changes nothing; otherwise its outcome may be unknown.
    """
    if answered := len(cluster.answered()):
        if refusals and refusals.of(cluster) == answered:
            raise refusals.first(asker)
        return
    missing = cluster.missing()
    problems = [one.problem for one in missing]
    if any(isinstance(problem, NotDisque) for problem in problems):
        asker.client.verify()  # names what answers there
    text = "; ".join(_description(one) for one in missing)
    if any(_may_have_changed(one, may_repeat) for one in missing):
        raise OutcomeUnknown(text, "It was sent, and not retried. Check the result, then repeat it.")
    for kind in (NoAnswer, ReplyError):
        if problems and all(isinstance(problem, kind) for problem in problems):
            raise _like(problems[0], text)
    raise ConnectionFailed(text, hint(one.node for one in missing) or _IS_IT_RUNNING)


def ping_all(cluster: Cluster, asker: Asker) -> Refusals:
    """Send PING to all nodes, and return the refusals. Raises as require_an_answer does."""
    refusals = Refusals()
    for connection, request, reply in cluster.ask([b"PING"]):
        if isinstance(reply, ReplyError):
            refusals.add(connection, request, reply)
    require_an_answer(cluster, asker, refusals)
    return refusals


def settle(
    cluster: Cluster,
    asker: Asker,
    *,
    refusals: Refusals | None = None,
    may_repeat: Callable[[Words], bool] = _reads,
) -> None:
    """End a command after its result was written: report the nodes that did not answer, and raise for them.

    `may_repeat`: see require_an_answer.
    """
    require_an_answer(cluster, asker, may_repeat=may_repeat)
    for line in silent_nodes(cluster, refusals):
        asker.problem(line)
    missing = cluster.missing()
    refused = refusals.of(cluster) if refusals else 0
    if not missing and not refused:
        return
    answered = len(cluster.answered())
    counts = f"{answered - refused} of {answered + len(missing)} nodes answered"
    if any(_may_have_changed(one, may_repeat) for one in missing):
        raise OutcomeUnknown(f"{counts}; the outcome at the others is unknown")
    raise PartlyDone(counts)


def silent_nodes(cluster: Cluster, refusals: Refusals | None) -> list[str]:
    """A line for each node that refused or did not answer, with the reason."""
    refused = refusals.lines() if refusals else []
    return refused + [_description(one) for one in cluster.missing()]


def may_be_silent(cluster: Cluster, refusals: Refusals) -> Callable[[bytes], bool]:
    """Whether a node, by its ID, did not answer; if such an ID is unknown, true for all that did not."""
    answered = {
        connection.node_id.encode() for connection in cluster.answered() if connection not in refusals.found
    }
    missing = [one.node_id.encode() for one in cluster.missing()]
    missing += [connection.node_id.encode() for connection in refusals.found]
    if all(missing):
        return frozenset(missing).__contains__
    return lambda node_id: node_id not in answered


def _may_have_changed(one: Missing, may_repeat: Callable[[Words], bool]) -> bool:
    """Whether it stopped answering with a request that may not be repeated, whose outcome is unknown."""
    return any(not may_repeat([as_bytes(word) for word in request]) for request in one.unanswered)


def _description(one: Missing) -> str:
    name = f"{one.node} (node {one.node_id[:8]})" if one.node_id else str(one.node)
    reason = one.problem.message.removeprefix(f"{one.node} ").removeprefix(f"{one.node}: ")
    return f"{name}: {reason}"


def _like(problem: DisquectlError, text: str) -> DisquectlError:
    """The same kind of failure for several nodes."""
    same: DisquectlError = type(problem)(text, problem.advice)
    return same
