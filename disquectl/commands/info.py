"""INFO: a server's state."""

from __future__ import annotations

from disquectl.protocol.server_replies import info
from disquectl.spec.command import SERVER, Command, Grammar, Request, Risk
from disquectl.spec.param_types import WORD, ParamType
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument
from disquectl.spec.shape import SECTIONS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Words
    from disquectl.spec.shape import Kind

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

# How tables show the numbers.
INFO_KINDS: dict[str, Kind] = {
    "uptime_in_seconds": "seconds",
    "used_memory": "bytes",
    "used_memory_rss": "bytes",
    "used_memory_peak": "bytes",
    "total_net_input_bytes": "bytes",
    "total_net_output_bytes": "bytes",
    "latest_fork_usec": "us",
}

# The sections to offer; others are sent to the server all the same.
SECTION = ParamType("section", WORD.convert, choices=SECTION_NAMES)


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """One record with a dict of fields for each section; none for an unknown section."""
    sections = info(reply)
    return [sections] if sections else []


COMMAND = Command(
    "info",
    "Show the state of a server: memory, clients, jobs, statistics.",
    group=SERVER,
    example="disquectl info memory",
    merge="list",
    grammar=Grammar(
        verb=(b"INFO",),
        arguments=(
            Argument(
                "section", SECTION, "Section to show: " + ", ".join(SECTION_NAMES) + ".", required=False
            ),
        ),
        options=CLUSTER_OPTIONS,
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=records,
        shape=lambda _: Shape(("section", "field", "value"), SECTIONS, many=False, kinds=INFO_KINDS),
        not_found_message="unknown section: choose " + ", ".join(SECTION_NAMES),
    ),
)
