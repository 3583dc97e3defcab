"""The way of one command: request, client, reply, records, output.

Rows that are more than that step onto the road where they need it: `exchange` sends guarded requests,
`show` writes records.
"""

from __future__ import annotations

from disquectl.client.opening import with_advice
from disquectl.commands.row import convert
from disquectl.errors import NotAuthorised, NothingThere, OutcomeUnknown, PartlyDone, ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.commands.row import Raw, Record, Row, Values, Words
    from disquectl.commands.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.protocol.resp import Reply
    from disquectl.render.shape import Shape


def run(row: Row, raw: Raw, session: Session) -> None:
    """Carry out one command from the words as they were typed."""
    values = convert((*row.arguments, *row.options), raw)
    if row.check:
        row.check(values)
    if row.everywhere and (values.get("cluster") or values.get("seeds_only")):
        from disquectl.commands.everywhere import run_everywhere

        run_everywhere(row, values, session)
    elif row.run:
        row.run(row, values, session)
    else:
        send_and_show(row, values, session)


def send_and_show(row: Row, values: Values, session: Session) -> None:
    """Send what the row makes of the values and write what comes back."""
    assert row.shape
    shape = row.shape(values)
    session.check_output(shape)
    requests = row.requests(row, values)
    for words in requests:
        session.guard(row, words)
    wait_ms = row.wait_ms(values) if row.wait_ms else 0
    if len(requests) == 1:
        absent = NothingThere(row.absent) if row.absent else None
        try:
            found = list(row_records(row, requests[0], exchange(row, requests[0], session, wait_ms=wait_ms)))
        except NothingThere as problem:
            found, absent = [], problem
        show_found(shape, found, session, absent)
    else:
        _several(row, requests, shape, session)


def exchange(row: Row, words: Words, session: Session, *, wait_ms: int | None = 0) -> Reply:
    """Send one guarded request; an error reply is raised with what to do about it."""
    if row.silent and row.silent(words):
        session.client.post(*words)
        return None
    try:
        reply = session.client.call(
            *words,
            repeatable=row.may_repeat(words),
            wait_ms=wait_ms,
            failover=not row.one_node or row.only_reads(words),
            last_words=row.closes,
            hello_first=bool(row.surprise),
        )
    except (ReplyError, OutcomeUnknown) as problem:
        from disquectl.commands.advice import explained

        raise explained(problem, words, session) from problem
    if row.surprise:
        from disquectl.commands import others

        others.say(row, session, session.client.greeting, *others.unchanged(row, words, reply))
    # Only commands that a Redis has, too, can answer a password: CONFIG GET, SLOWLOG GET, MONITOR.
    if row.redis_too and not session.settings.show_secrets:
        from disquectl.protocol.secrets import masked_reply

        return masked_reply(words, reply)
    return reply


def row_records(row: Row, words: Words, reply: Reply) -> Iterable[Record]:
    """What a reply says, as records with named fields; none where it says that there is nothing."""
    assert row.records
    return row.records(words, reply)


def show(shape: Shape, records: Iterable[Record], session: Session) -> None:
    """Write the records to stdout, to the last byte."""
    out = session.writer(shape)
    for record in records:
        out.write(record)
    out.finish()


def show_found(shape: Shape, found: Records, session: Session, absent: NothingThere | None) -> None:
    """Write what was found. Where that is nothing, `absent` is raised, and no empty table drawn."""
    if found or absent is None or session.format != "table":
        show(shape, found, session)
    if not found and absent is not None:
        raise absent


def _several(row: Row, requests: list[Words], shape: Shape, session: Session) -> None:
    """The same question for several names: what is there is shown, what is not is told, and counted."""
    found, absent, refused, code = [], 0, 0, "ERR"
    replies = session.client.call_many(requests, repeatable=True)
    session.client.refuse_strangers(requests, replies)
    for words, reply in zip(requests, replies, strict=True):
        name = words[-1].decode("utf-8", "backslashreplace")
        if isinstance(reply, NotAuthorised):
            raise with_advice(reply)
        if isinstance(reply, ReplyError):
            refused += 1
            code = reply.code
            session.problem(f"{name}: {reply.message}")
            continue
        records = list(row_records(row, words, reply))
        if not records:
            absent += 1
            session.problem(f"{name}: {row.absent}")
        found += records
    if found or not (absent or refused) or session.format != "table":
        show(shape, found, session)
    if not absent and not refused:
        return
    counts = f"{len(found)} found, {absent} unknown, {refused} refused"
    if found or (absent and refused):
        raise PartlyDone(counts)
    if absent:
        raise NothingThere(counts)
    from disquectl.commands.advice import explained

    raise explained(ReplyError(f"{code} {counts}"), words, session)
