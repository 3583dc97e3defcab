"""What QSCAN and JSCAN have in common: pages by cursor, walked to the end on one node, each element once."""

from __future__ import annotations

from disquectl.commands.kinds import FLAG, number
from disquectl.commands.row import Argument, Native, Option, option_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from disquectl.commands.row import Record, Row, Values, Words
    from disquectl.commands.session import Session
    from disquectl.render.shape import Shape

    # A reply of the scan -> the next cursor and the records, and a record -> what it is counted once by.
    Page = Callable[[Any], tuple[int, list[Record]]]
    Key = Callable[[Record], object]

SCAN_OPTIONS = (
    Option("--count", number(), "How much to look at in one step, a hint.", word=b"COUNT", unset="100"),
    Option("--busyloop", FLAG, "All in one step, which holds up the server.", word=b"BUSYLOOP"),
    Option(
        "--cursor", number(0, 2**64 - 1), "Only the page at this cursor; the next one is named on stderr."
    ),
)

# In Disque's own words the cursor has a place, and a page is all one gets.
SCAN_NATIVE = Native(
    (Argument("cursor", number(0, 2**64 - 1), "Where the page before ended.", required=False, default="0"),)
)


def requests(row: Row, values: Values) -> list[Words]:
    """The request for the page at the cursor."""
    return [[*row.verb, b"%d" % values.get("cursor", 0), *option_words(row, values)]]


def walk(row: Row, values: Values, session: Session, page: Page, key: Key) -> None:
    """Write the pages as they come: one where a cursor was given, else all, each element once.

    A scan that has begun stays on its node: a cursor means nothing to another one. When it fails half way,
    what came is still written to its end, so that a JSON array is closed.
    """
    shape: Shape = row.shape(values) if row.shape else None  # type: ignore[assignment]
    session.check_output(shape)
    out = session.writer(shape)
    seen: set[object] = set()
    cursor, records = _page(row, values, session, page)
    try:
        while True:
            for record in records:
                if (one := key(record)) not in seen:
                    seen.add(one)
                    out.write(record)
            if "cursor" in values or not cursor:
                break
            out.flush()
            cursor, records = _page(row, {**values, "cursor": cursor}, session, page)
    finally:
        out.finish()
    if "cursor" in values:
        session.streams.say(f"next cursor: {cursor}")


def _page(row: Row, values: Values, session: Session, page: Page) -> tuple[int, list[Record]]:
    (words,) = requests(row, values)
    session.guard(row, words)
    return page(session.client.call(*words, repeatable=True, failover=not values.get("cursor")))
