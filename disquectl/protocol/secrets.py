"""Masks passwords in requests and replies with `***`. Pure; everything that shows traffic uses it.

Passwords occur in AUTH, in CONFIG SET requirepass, in the reply of CONFIG GET, and in the requests of other
clients that MONITOR and SLOWLOG show.
"""

from __future__ import annotations

from disquectl.errors import NotDisque, ReplyError
from disquectl.protocol.monitor import monitor_line, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from disquectl.protocol.resp import Reply

HIDDEN = b"***"
_PASSWORD_SETTING = b"requirepass"


def masked_words(words: Iterable[bytes]) -> list[bytes]:
    """Return the words of a request, passwords masked."""
    masked = list(words)
    names = [word.lower() for word in masked[:3]]
    if names[:1] == [b"auth"]:
        masked[1:] = [HIDDEN for _ in masked[1:]]
    elif names == [b"config", b"set", _PASSWORD_SETTING]:
        masked[3:] = [HIDDEN for _ in masked[3:]]
    return masked


def may_answer_secrets(words: Sequence[bytes]) -> bool:
    """Whether the reply to this request can contain a password."""
    names = [word.lower() for word in words[:3]]
    return (
        names[:1] in ([b"monitor"], [b"slowlog"])
        or names[:2] == [b"config", b"get"]
        or names == [b"config", b"set", _PASSWORD_SETTING]
    )


def masked_reply(words: Sequence[bytes], reply: Reply) -> Reply:
    """Return the reply to a request, passwords masked; the same object if there are none."""
    if not may_answer_secrets(words):
        return reply
    verb = words[0].lower()
    if isinstance(reply, ReplyError):
        return masked_error(words, reply)
    if verb == b"monitor":
        return _masked_line(reply)
    if not isinstance(reply, list):
        return reply
    return [_masked_entry(entry) for entry in reply] if verb == b"slowlog" else _masked_settings(reply)


def masked_error(words: Sequence[bytes], error: ReplyError) -> ReplyError:
    """Return the error with passwords masked: Disque quotes values that it rejects."""
    message = error.message
    for word, masked in zip(words, masked_words(words), strict=True):
        if masked != word and word:
            message = message.replace(word.decode("utf-8", "replace"), HIDDEN.decode())
    return error if message == error.message else type(error)(message, error.advice)


def _masked_settings(flat: list[Reply]) -> Reply:
    masked = list(flat)
    for i in range(1, len(flat), 2):
        if flat[i - 1] == _PASSWORD_SETTING and flat[i]:
            masked[i] = HIDDEN
    return masked


def _masked_entry(entry: Reply) -> Reply:
    if not isinstance(entry, list):
        return entry
    return [_masked_args(part) if isinstance(part, list) else part for part in entry]


def _masked_args(args: list[Reply]) -> Reply:
    words = [arg for arg in args if isinstance(arg, bytes)]
    return list(masked_words(words)) if len(words) == len(args) else args


def _masked_line(line: Reply) -> Reply:
    try:
        args = monitor_line(line)["args"]
    except NotDisque:
        return line
    masked = masked_words(args)
    if masked == args or not isinstance(line, bytes):
        return line
    return line[: line.index(b"] ") + 2] + quote(masked)


def without_password(reply: Reply, password: bytes) -> Reply:
    """Return the reply with every occurrence of this password masked."""
    if isinstance(reply, bytes):
        return reply.replace(password, HIDDEN)
    if isinstance(reply, list):
        return [without_password(element, password) for element in reply]
    if isinstance(reply, ReplyError):
        text = password.decode("utf-8", "replace")
        return ReplyError(reply.message.replace(text, HIDDEN.decode()))
    return reply
