"""Shared by qscan and jscan: pages by cursor, read to the end on one node, each element once."""

from __future__ import annotations

from disquectl.client.pipelined_connection import Batch
from disquectl.client.stream import Stream
from disquectl.errors import DisquectlError
from disquectl.execution import other_nodes
from disquectl.protocol.columns import chosen
from disquectl.protocol.dedup import Deduplicator
from disquectl.protocol.replies import next_cursor
from disquectl.protocol.resp import encode
from disquectl.spec.param_types import FLAG, number
from disquectl.spec.parameters import Argument, NativeForm, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from disquectl.client.pipelined_connection import Outcome
    from disquectl.execution.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.render.stream import Writer
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values, Words
    from disquectl.spec.shape import Shape

    # A reply of the scan -> the next cursor and the records, and records -> what each is counted once by.
    Page = Callable[[Any], tuple[int, Records]]
    Keys = Callable[[Records], Iterable[bytes | str]]

SCAN_OPTIONS = (
    Option("--count", number(), "Look at about N elements in each step.", word=b"COUNT", unset="100"),
    Option("--busyloop", FLAG, "Scan everything in one step, which blocks the server.", word=b"BUSYLOOP"),
    Option(
        "--cursor",
        number(0, 2**64 - 1),
        "Show only the page at this cursor; stderr reports the next one.",
    ),
)

# In Disque's own words the cursor has a place, and a page is all one gets.
SCAN_NATIVE = NativeForm(
    (Argument("cursor", number(0, 2**64 - 1), "Where the page before ended.", required=False, default="0"),)
)


def walk(command: Command, values: Values, session: Session, page: Page, keys: Keys) -> None:
    """Write the pages as they come: one where a cursor was given, else all, each element once.

    A scan that has begun stays on its node: a cursor means nothing to another one. When it fails half way,
    what came is still written to its end, so that a JSON array is closed.
    """
    shape: Shape = command.shape(values) if command.shape else None  # type: ignore[assignment]
    session.check_output(shape)
    verb, options = command.grammar.verb, command.grammar.option_words(values)
    words = [*verb, b"%d" % values.get("cursor", 0), *options]
    out = session.writer(shape)
    greets = session.notes_one_node(command)
    reply = session.client.call(*words, repeatable=True, failover="cursor" not in values, hello_first=greets)
    if "cursor" in values:
        cursor, records = page(reply)
        found = chosen(records, Deduplicator().new(keys(records)))
        out.write_all(found)
        out.finish()
        if not found:
            session.say_empty(shape)
        if greets:
            other_nodes.say_one_node(session)
        session.streams.say(f"next cursor: {cursor}")
        return
    walk = _Walk(verb, options, page, keys, out)
    try:
        with Stream(session.client, repeatable=True, failover=False) as stream:
            for batch in stream.run(walk.requests(reply)):
                walk.came += batch.outcomes
        if stream.failure is not None:
            raise stream.failure
    finally:
        out.finish()
    if not walk.found:
        session.say_empty(shape)
    if greets:
        other_nodes.say_one_node(session)


class _Walk:
    """Goes from page to page, and asks for the next one before it looks at the last."""

    def __init__(self, verb: tuple[bytes, ...], options: Words, page: Page, keys: Keys, out: Writer) -> None:
        self._verb = verb
        self._options = options
        self._page = page
        self._keys = keys
        self._out = out
        self._seen = Deduplicator()
        self.found = False
        self.came: list[Outcome] = []

    def requests(self, reply: Outcome) -> Iterator[Batch | None]:
        """The requests behind the first reply; None while the answer to one is still to come."""
        while True:
            if isinstance(reply, DisquectlError):
                raise reply
            cursor = next_cursor(reply, self._verb[0].decode())
            if cursor:
                yield Batch([encode([*self._verb, cursor, *self._options])])
            _, records = self._page(reply)
            found = chosen(records, self._seen.new(self._keys(records)))
            self.found = self.found or bool(found)
            self._out.write_all(found)
            if not cursor:
                return
            self._out.flush()
            while not self.came:
                yield None
            reply = self.came.pop()
