"""CLIENT: the connections of a node."""

from __future__ import annotations

from disquectl.sandbox import replies
from disquectl.sandbox.arguments import SYNTAX_ERROR, Refused, c_string, deadline_ms, integer, option
from disquectl.sandbox.node import Node
from disquectl.sandbox.session import Session

_USAGE = b"ERR Syntax error, try CLIENT (LIST | KILL ip:port | GETNAME | SETNAME connection-name)"
_NAME_ERROR = b"ERR Client names cannot contain spaces, newlines or special characters."
_INPUT_BUFFER_BYTES = 32 * 1024


def client(node: Node, session: Session, words: list[bytes], now_ms: int) -> bytes | None:
    match option(words[1]), len(words):
        case b"list", 2:
            lines = [_describe(other, session, now_ms) for other in node.sessions.values()]
            return replies.bulk(b"".join(lines))
        case b"getname", 2:
            return replies.bulk_or_nil(session.name or None)
        case b"setname", 3:
            if any(not 0x21 <= char <= 0x7E for char in words[2]):
                raise Refused(_NAME_ERROR)
            session.name = words[2]
            return replies.OK
        case b"reply", 3:
            return _set_replies(session, option(words[2]))
        case b"pause", 3:
            _pause(node, deadline_ms(words[2], now_ms))
            return replies.OK
        case b"kill", _:
            return _kill(node, session, words)
    raise Refused(_USAGE)


def _describe(session: Session, asker: Session, now_ms: int) -> bytes:
    listed = session.listed_replies
    flags = b"O" * session.monitoring + b"b" * (session.wait is not None) + b"c" * session.closing
    return (
        b"id=%d addr=%b fd=%d name=%b age=%d idle=%d flags=%b qbuf=%d qbuf-free=%d "
        b"obl=%d oll=%d omem=%d events=r cmd=%b\n"
        % (
            session.number,
            session.address,
            session.fd,
            session.name,
            max(now_ms - session.created_ms, 0) // 1000,
            max(now_ms - session.seen_ms, 0) // 1000,
            flags or b"N",
            session.reader.unread_bytes,
            # Its input was just read, so its buffer is not freed yet.
            _INPUT_BUFFER_BYTES if session is asker else 0,
            0 if listed else session.out_bytes,
            listed,
            session.out_bytes if listed else 0,
            session.last_command,
        )
    )


def _set_replies(session: Session, mode: bytes) -> bytes | None:
    match mode:
        case b"on":
            session.muted = session.skip = False
            return replies.OK
        case b"off":
            session.muted = True
        case b"skip":
            session.skip_next = not session.muted
        case _:
            raise Refused(SYNTAX_ERROR)
    return None


def _pause(node: Node, until_ms: int) -> None:
    """CLIENT PAUSE: run no command of any client until it ends; a longer pause is not shortened."""
    node.clients_paused_until_ms = max(node.clients_paused_until_ms, until_ms)


def _kill(node: Node, session: Session, words: list[bytes]) -> bytes:
    if len(words) == 3:
        if not _kill_matching(node, session, {b"addr": c_string(words[2])}, spares_self=False):
            raise Refused(b"ERR No such client")
        return replies.OK
    if len(words) < 3:
        raise Refused(SYNTAX_ERROR)
    wanted: dict[bytes, bytes | int] = {}
    spares_self = True
    for at in range(2, len(words), 2):
        name = option(words[at])
        if at + 1 == len(words):
            raise Refused(SYNTAX_ERROR)
        value = words[at + 1]
        if name == b"id":
            wanted[name] = integer(value)
        elif name == b"addr":
            wanted[name] = c_string(value)
        elif name == b"type":
            if option(value) != b"normal":
                raise Refused(b"ERR Unknown client type '%b'" % c_string(value))
        elif name == b"skipme" and option(value) in (b"yes", b"no"):
            spares_self = option(value) == b"yes"
        else:
            raise Refused(SYNTAX_ERROR)
    return replies.integer(_kill_matching(node, session, wanted, spares_self))


def _kill_matching(node: Node, session: Session, wanted: dict[bytes, bytes | int], spares_self: bool) -> int:
    """Kill clients; return how many. The requesting client still gets its reply."""
    killed = 0
    for other in list(node.sessions.values()):
        if wanted.get(b"addr", other.address) != other.address:
            continue
        # 0: no ID given.
        if (wanted.get(b"id") or other.number) != other.number or (other is session and spares_self):
            continue
        if other is session:
            session.closing = True
        else:
            other.kill()
            del node.sessions[other.number]
        killed += 1
    return killed
