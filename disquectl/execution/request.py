"""Sends one guarded request, or one for each name, and shows what comes back.

values -> requests -> client -> replies -> records -> output
"""

from __future__ import annotations

from disquectl.client.connection_factory import with_advice
from disquectl.errors import NotAuthorised, NotDisque, NothingThere, OutcomeUnknown, PartlyDone, ReplyError
from disquectl.execution.present import present, present_found
from disquectl.spec.command import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values, Words
    from disquectl.spec.shape import Shape


def send_and_present(command: Command, does: Request, values: Values, session: Session) -> None:
    """Send what the request builds from the values, and write what comes back."""
    shape = does.shape(values)
    session.check_output(shape)
    requests = does.build(command, values)
    for words in requests:
        session.guard(command, words)
    if len(requests) != 1:
        _several(command, does, requests, shape, session)
        return
    (words,) = requests
    nothing = NothingThere(does.not_found_message) if does.not_found_message else None
    wait_ms = does.wait_ms(values) if does.wait_ms else 0
    reply: Reply = None
    try:
        reply = send_request(command, words, session, wait_ms=wait_ms)
        found = list(does.records(words, reply))
    except NothingThere as problem:
        found, nothing = [], problem
    except NotDisque:
        from disquectl.client.identity import stranger_in_hello

        # Later versions of Redis have a HELLO, too.
        if session.client.node and (named := stranger_in_hello(session.client.node, reply)):
            raise named from None
        raise
    try:
        present_found(shape, found, session, nothing)
    finally:
        if session.notes_one_node(command):
            from disquectl.execution import other_nodes

            # On a lone node there is no other replica to point to.
            if other_nodes.say_one_node(session) and does.remark and (remark := does.remark(found)):
                session.aside(f"note: {remark}")


def send_request(command: Command, words: Words, session: Session, *, wait_ms: int | None = 0) -> Reply:
    """Send one guarded request; an error reply is raised with what to do about it.

    `wait_ms`: how long the server may hold it, in ms; None is without limit.
    """
    does, risk = command.does, command.risk
    if isinstance(does, Request) and does.has_no_reply and does.has_no_reply(words):
        session.client.post(*words)
        return None
    try:
        reply = session.client.call(
            *words,
            repeatable=risk.may_repeat(words),
            wait_ms=wait_ms,
            failover=not risk.single_node or risk.only_reads(words),
            last_words=command.closes_connection,
            hello_first=bool(risk.cluster_note) or session.notes_one_node(command),
        )
    except (ReplyError, OutcomeUnknown) as problem:
        raise session.explained(problem, words) from problem
    if risk.cluster_note:
        from disquectl.execution import other_nodes

        other_nodes.say(
            command, session, session.client.greeting, *other_nodes.unchanged(command, words, reply)
        )
    # Only commands that a Redis has, too, can answer a password: CONFIG GET, SLOWLOG GET, MONITOR.
    if risk.ambiguous_with_redis and not session.settings.show_secrets:
        from disquectl.protocol.secrets import masked_reply

        return masked_reply(words, reply)
    return reply


def _several(command: Command, does: Request, requests: list[Words], shape: Shape, session: Session) -> None:
    """The same question for several names: show what is there, report and count what is not."""
    from disquectl.client.pipeline import call_many

    found, unknown, refused, code = [], 0, 0, "ERR"
    greets = session.notes_one_node(command)
    hello: list[Words] = [[b"HELLO"]] if greets else []
    replies = call_many(session.client, hello + requests, repeatable=True)
    if greets:
        session.client.greeting = replies.pop(0)
    session.client.refuse_strangers(requests, replies)
    for words, reply in zip(requests, replies, strict=True):
        name = command.grammar.name_in(words).decode("utf-8", "backslashreplace")
        if isinstance(reply, NotAuthorised):
            raise with_advice(reply)
        if isinstance(reply, ReplyError):
            refused += 1
            code = reply.code
            session.problem(f"{name}: {reply.message}")
            continue
        records = list(does.records(words, reply))
        if not records:
            unknown += 1
            session.problem(f"{name}: {does.not_found_message}")
        found += records
    if found or not (unknown or refused) or session.format != "table":
        present(shape, found, session)
    if greets:
        from disquectl.execution import other_nodes

        other_nodes.say_one_node(session)
    if not unknown and not refused:
        return
    counts = f"{len(found)} found, {unknown} unknown, {refused} refused"
    if found or (unknown and refused):
        raise PartlyDone(counts)
    if unknown:
        raise NothingThere(counts)
    raise session.explained(ReplyError(f"{code} {counts}"), words)
