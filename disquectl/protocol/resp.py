"""Bytes to values and back: the wire protocol of Disque, RESP2.

A request is an array of words; a reply is text, a number, nil, an array or an error. The parser only
stores and parses: who owns a socket feeds it. An error reply is a *value* here, also inside an array;
whoever asked decides whether to raise it. This module knows nothing of commands, sockets or time.
"""

from __future__ import annotations

import hiredis

from disquectl.errors import NotAuthorised, ReplyError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    Word: TypeAlias = bytes | str | int
    Reply: TypeAlias = "bytes | int | ReplyError | list[Reply] | None"

# No reply of a Disque comes near it: a job's body is at most 512 MiB.
MAX_REPLY_BYTES = 1 << 30

# Its stub has a tuple of one word; it takes any number.
_pack: Callable[[tuple[Word, ...]], bytes] = hiredis.pack_command  # type: ignore[assignment]


class ProtocolError(Exception):
    """What came is not RESP2, or it is more than may be held. The stream cannot be read any further."""


class NeedData:
    """The type of `NEED_DATA`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NEED_DATA"


NEED_DATA = NeedData()
"""Returned by `Parser.next_value` when the bytes so far do not make a whole reply."""


def reply_error(text: str) -> ReplyError:
    """The exception for the text of an error reply, bytes that are not UTF-8 already replaced."""
    if text.startswith("NOAUTH") or text == "ERR invalid password":
        return NotAuthorised(text)
    return ReplyError(text)


def encode(words: Iterable[Word]) -> bytes:
    """A request: an array of bulk strings. `str` goes as UTF-8, and what surrogateescape kept goes as it was.

    Raises UsageError for no words at all (Disque would never answer) and for text with lone surrogates.
    """
    words = tuple(words)
    if not words:
        raise UsageError("a request has at least one word")
    try:
        return _pack(words)
    except UnicodeEncodeError:
        return _pack(tuple(_as_bytes(word) for word in words))


def _as_bytes(word: Word) -> Word:
    if not isinstance(word, str):
        return word
    try:
        return word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise UsageError("a word holds half of a surrogate pair, which has no bytes") from None


class Parser:
    """Replies out of a stream of bytes, in any portions.

    `feed` stores, `next_value` parses. Any exception but ProtocolError is a bug. `pending_bytes` is about how
    many bytes wait to become a whole reply; 0 exactly when there are none.
    """

    __slots__ = ("_feed", "_gets", "_max_bytes", "_reader", "pending_bytes")

    def __init__(self, max_reply_bytes: int = MAX_REPLY_BYTES) -> None:
        reader = hiredis.Reader(protocolError=ProtocolError, replyError=reply_error, notEnoughData=NEED_DATA)
        self._reader = reader
        self._feed = reader.feed
        self._gets = reader.gets
        self._max_bytes = max_reply_bytes
        self.pending_bytes = 0

    def feed(self, data: bytes) -> None:
        """Add bytes as they came."""
        self.pending_bytes += len(data)
        self._feed(data)

    def next_value(self) -> Reply | NeedData:
        """The next whole reply, or NEED_DATA. Raises ProtocolError, and from then on always."""
        try:
            value: Reply | NeedData = self._gets()
        except ProtocolError:
            raise
        except Exception as problem:
            # Types of RESP3 and absurd lengths can fail in other ways (unhashable keys, no memory).
            raise ProtocolError(f"not a reply of RESP2: {problem}") from problem
        if value is NEED_DATA:
            if self.pending_bytes > self._max_bytes:
                raise ProtocolError(f"a reply of more than {self._max_bytes} bytes")
        else:
            self.pending_bytes = self._reader.len() if self._reader.has_data() else 0
        return value

    def take_all(self, into: list[Reply]) -> None:
        """Add all replies that are whole by now. Raises ProtocolError, those before it already added."""
        gets, before = self._gets, len(into)
        try:
            while (value := gets()) is not NEED_DATA:
                into.append(value)
        except ProtocolError:
            raise
        except Exception as problem:
            raise ProtocolError(f"not a reply of RESP2: {problem}") from problem
        if len(into) > before:
            self.pending_bytes = self._reader.len() if self._reader.has_data() else 0
        if self.pending_bytes > self._max_bytes:
            raise ProtocolError(f"a reply of more than {self._max_bytes} bytes")
