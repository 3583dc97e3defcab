"""`monitor --cluster`: the lines of MONITOR of all nodes as they come, each with its node.

A thread for each node reads its lines into one queue; the main thread writes them.
"""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread

from disquectl.errors import ConnectionFailed, DisquectlError, PartlyDone, ReplyError
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.client.address import Node
    from disquectl.client.transport import Transport
    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Shape

    # The address of a node, and a line of it, or why it sends no more.
    Arrival = tuple[str, Reply | DisquectlError]


def monitor_all(
    command: Command,
    values: Values,
    session: Session,
    shape: Shape,
    record_of: Callable[[Reply, Session], Record],
) -> None:
    """Write the lines of all nodes until Ctrl-C, or until no node is left.

    Raises ConnectionFailed if no node answered at all, PartlyDone after the last one has gone.
    """
    session.check_output(shape)
    session.guard(command, [*command.grammar.verb])
    nodes = _nodes(values, session)
    arrivals: SimpleQueue[Arrival] = SimpleQueue()
    timeout = session.settings.connect_timeout_ms / 1000
    for node in nodes:
        client = session.client_for(node, timeout)
        Thread(target=_read, args=(node, client, command.grammar.verb, arrivals), daemon=True).start()
    out = session.line_writer(shape)
    left, lines = len(nodes), 0
    try:
        while left:
            name, arrival = arrivals.get()
            if isinstance(arrival, DisquectlError):
                left -= 1
                session.problem(f"{name}: {arrival.message}")
                continue
            lines += 1
            out.write({"node": name, **record_of(arrival, session)})
            out.flush()
    finally:
        out.finish()
    if not lines:
        raise ConnectionFailed("no node can be watched", "check them with `disquectl nodes`")
    raise PartlyDone("no node is left to watch")


def _nodes(values: Values, session: Session) -> list[Node]:
    """The nodes that answer; those that do not are reported."""
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        for connection, request, reply in cluster.ask([b"PING"]):
            if isinstance(reply, ReplyError):
                refusals.add(connection, request, reply)
        require_an_answer(cluster, session, refusals)
        refusals.report(session)
        for one in cluster.missing():
            session.problem(f"{one.node}: {one.problem.message}")
        return [connection.node for connection in cluster.answered()]


def _read(node: Node, client: Transport, verb: tuple[bytes, ...], arrivals: SimpleQueue[Arrival]) -> None:
    """Put the lines of one node into the queue, and in the end why there are no more."""
    try:
        lines = client.stream(*verb)
        reply = next(lines)
        if reply != b"OK":
            raise unexpected("MONITOR", reply)
        for line in lines:
            arrivals.put((str(node), line))
    except DisquectlError as problem:
        arrivals.put((str(node), problem))
    else:
        arrivals.put((str(node), ConnectionFailed("the connection was lost")))
