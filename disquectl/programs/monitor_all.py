"""`monitor --cluster`: the lines of MONITOR of all nodes as they come, each with its node.

A thread for each node reads its lines into one queue; the main thread writes them.
"""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread

from disquectl.errors import ConnectionFailed, DisquectlError, PartlyDone
from disquectl.fanout.ask import open_cluster, ping_all
from disquectl.programs.monitor import begun, wanted, without_secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.client.transport import Transport
    from disquectl.execution.session import Session
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Shape

    # The address of a node, and a line of it, or why it sends no more.
    Arrival = tuple[str, Record | DisquectlError]


def monitor_all(
    command: Command,
    values: Values,
    session: Session,
    shape: Shape,
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
        args = (node, client, command.grammar.verb, values, arrivals)
        Thread(target=_read, args=args, daemon=True).start()
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
            shown = arrival if session.settings.show_secrets else without_secrets(arrival)
            out.write({"node": name, **shown})
            out.flush()
    finally:
        out.finish()
    if not lines:
        raise ConnectionFailed("no node can be watched", "check them with `disquectl nodes`")
    raise PartlyDone("no node is left to watch")


def _nodes(values: Values, session: Session) -> list[Node]:
    """The nodes that answer; those that do not are reported."""
    with open_cluster(session.client, values) as cluster:
        for line in ping_all(cluster, session).lines():
            session.problem(line)
        for one in cluster.missing():
            session.problem(f"{one.node}: {one.problem.message}")
        return [connection.node for connection in cluster.answered()]


def _read(
    node: Node,
    client: Transport,
    verb: tuple[bytes, ...],
    values: Values,
    arrivals: SimpleQueue[Arrival],
) -> None:
    """Put the lines of one node into the queue, and in the end why there are no more."""
    try:
        for record in wanted(begun(client, verb), values):
            arrivals.put((str(node), record))
    except DisquectlError as problem:
        arrivals.put((str(node), problem))
    else:
        arrivals.put((str(node), ConnectionFailed("the connection was lost")))
