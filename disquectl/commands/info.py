"""INFO: the state of a server."""

from __future__ import annotations

from disquectl.commands.kinds import WORD, Kind
from disquectl.commands.row import LISTED, SERVER, Argument, Row
from disquectl.protocol.server_replies import info
from disquectl.render.shape import SECTIONS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.commands.row import Record, Words
    from disquectl.protocol.resp import Reply

SECTION_NAMES = (
    "server",
    "clients",
    "memory",
    "jobs",
    "queues",
    "persistence",
    "stats",
    "cpu",
    "commandstats",
    "default",
    "all",
)

# What people read instead of bare numbers.
INFO_KINDS = {
    "uptime_in_seconds": "seconds",
    "used_memory": "bytes",
    "used_memory_rss": "bytes",
    "used_memory_peak": "bytes",
    "total_net_input_bytes": "bytes",
    "total_net_output_bytes": "bytes",
    "latest_fork_usec": "us",
}

# Which sections there are is the server's business: these are offered, others are asked for all the same.
SECTION = Kind("section", WORD.convert, choices=SECTION_NAMES)


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """One record, a dict of fields for each section; none for a section that the server does not have."""
    sections = info(reply)
    return [sections] if sections else []


ROW = Row(
    "info",
    "Show the state of a server: memory, clients, jobs, statistics.",
    verb=(b"INFO",),
    group=SERVER,
    everywhere=LISTED,
    redis_too=True,
    arguments=(
        Argument("section", SECTION, "One section: " + ", ".join(SECTION_NAMES) + ".", required=False),
    ),
    absent="unknown section; there are " + ", ".join(SECTION_NAMES),
    example="disquectl info memory",
    shape=lambda _: Shape(("section", "field", "value"), SECTIONS, many=False, kinds=INFO_KINDS),
    records=records,
)
