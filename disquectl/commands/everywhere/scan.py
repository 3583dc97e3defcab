"""QSCAN and JSCAN over all nodes: each walked to its end at the same time, each name or ID written once.

An element goes out when the first node names it, with that node; memory is about 20 bytes for each. With
--reply all a job is as that first node has it: its copies may be in other states (see the command jobs).
"""

from __future__ import annotations

from disquectl.commands.everywhere.gather import Refusals, open_cluster, require_an_answer, settle
from disquectl.commands.everywhere.together import with_node
from disquectl.commands.row import option_words
from disquectl.errors import ReplyError, UsageError
from disquectl.protocol.columns import Column, Columns, chosen, values_of
from disquectl.protocol.replies import jscan_page, next_cursor, qscan_page
from disquectl.protocol.seen import Seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from disquectl.client.cluster import Cluster
    from disquectl.client.link import Link
    from disquectl.commands.row import Row, Values, Words
    from disquectl.commands.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.protocol.resp import Reply


def scan(row: Row, values: Values, session: Session) -> None:
    """Write the pages of all nodes as they come."""
    assert row.shape
    if "cursor" in values:
        raise UsageError("a cursor has a meaning for one node alone: leave --cursor or --cluster out")
    shape = with_node(row.shape(values))
    session.check_output(shape)
    with open_cluster(session, values) as cluster:
        refusals = Refusals()
        out = session.writer(shape)
        seen = Seen()
        try:
            for link, records in _pages(cluster, row.verb, option_words(row, values), refusals):
                for record in chosen(records, seen.new(_keys(row.verb, records))):
                    out.write({"node": link.name, **record})
                out.flush()
            require_an_answer(cluster, session, refusals)
        finally:
            out.finish()
        settle(cluster, session, refusals=refusals)


def _pages(
    cluster: Cluster, verb: tuple[bytes, ...], options: Words, refusals: Refusals
) -> Iterator[tuple[Link, Records]]:
    """Each page with its node. The next one is asked for before a page is handed out."""
    for link, request, reply in cluster.ask([*verb, b"0", *options]):
        if isinstance(reply, ReplyError):
            refusals.add(link, request, reply)
            continue
        cursor = next_cursor(reply, verb[0].decode())
        if cursor:
            link.ask([[*verb, b"%d" % cursor, *options]])
        yield link, _records(verb, reply)


def _records(verb: tuple[bytes, ...], reply: Reply) -> Records:
    if verb == (b"JSCAN",):
        return jscan_page(reply)[1]
    _, names = qscan_page(reply)
    return Columns(("queue",), [Column(names, {bytes})])


def _keys(verb: tuple[bytes, ...], records: Records) -> Iterable[bytes | str]:
    """What each is written once by."""
    return values_of(records, "id" if verb == (b"JSCAN",) else "queue")
