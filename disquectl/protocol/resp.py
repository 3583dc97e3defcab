"""Bytes to values and back: the wire protocol of Disque, RESP2.

A request is an array of words; a reply is text, a number, nil, an array or an error. The parser only stores
and parses: the owner of the socket feeds it. An error reply is a *value* here, also inside an array; the
caller decides whether to raise it. It must not know commands, sockets or time.
"""

from __future__ import annotations

import hiredis

from disquectl.errors import NotAuthorised, ReplyError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeAlias

    Word: TypeAlias = bytes | str | int
    # What a caller of the library may give for one.
    AnyWord: TypeAlias = bytes | bytearray | memoryview | str | int
    Reply: TypeAlias = "bytes | int | ReplyError | list[Reply] | None"
else:
    # The C half of `collections`: loading the rest takes a fifth of all the time that a call adds to Python.
    from _collections import deque

# No reply of a Disque is nearly as long: a job's body is at most 512 MiB.
MAX_REPLY_BYTES = 1 << 30

# hiredis allocates an array as soon as it has read its length. A length this long cannot be honest: the
# reply would be larger than the limit. (`>` is an array of RESP3.) The allocation costs no memory, as
# nothing is written to it, but seconds to free it. A server that sends it is not a Disque, and sends little
# at a time: to search long chunks as well would take a tenth of the time of a scan.
_LONG_CHUNK_BYTES = 8192
_STAR, _GREATER = b"*>"
_ABSURD_DIGITS = 9
_ABSURD = b"*" + b"0" * _ABSURD_DIGITS
_ZEROS = bytes.maketrans(b">123456789", b"*000000000")

# Its stub has a tuple of one word; it takes any number.
_pack: Callable[[tuple[AnyWord, ...]], bytes] = hiredis.pack_command  # type: ignore[assignment]


class ProtocolError(Exception):
    """The bytes are not RESP2, or a reply is larger than the limit. The stream cannot be read further."""


class NeedData:
    """The type of `NEED_DATA`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NEED_DATA"


NEED_DATA = NeedData()
"""Returned by `Parser.next_value` when the bytes so far do not make a complete reply."""


# The last two are those of a Redis 6 or later.
_NOT_AUTHORISED = ("NOAUTH", "WRONGPASS", "NOPERM")


def reply_error(text: str) -> ReplyError:
    """The exception for the text of an error reply, bytes that are not UTF-8 already replaced."""
    if text.startswith(_NOT_AUTHORISED) or text == "ERR invalid password":
        return NotAuthorised(text)
    return ReplyError(text)


_TEXT_OR_FLOAT = (str, bytes, memoryview, float)


def encode(words: Iterable[AnyWord]) -> bytes:
    """A request: an array of bulk strings. `str` goes as UTF-8, and what surrogateescape kept goes as it was.

    `bytearray` and `memoryview` go as the bytes that they have now.

    Raises UsageError for no words at all (Disque would never answer) and for text with lone surrogates, and
    TypeError for what is no word.
    """
    if type(words) is not tuple:
        words = tuple(words)
    if not words:
        raise UsageError("a request has at least one word")
    if memoryview in map(type, words):
        # hiredis sends other bytes for one that is not contiguous.
        words = tuple(map(as_bytes, words))
    try:
        return _pack(words)
    except UnicodeEncodeError:
        return _pack(tuple(map(as_bytes, words)))
    except TypeError:
        if any(isinstance(word, bytearray) for word in words):
            return encode(tuple(map(as_bytes, words)))
        # hiredis takes no subclass of int, such as bool.
        others = [word for word in words if type(word) is not int and not isinstance(word, _TEXT_OR_FLOAT)]
        kind = type(others[0]).__name__
        raise TypeError(
            f"a word is str, bytes, bytearray, memoryview, int or float, not {kind}; "
            "several are given one by one: method(*words)"
        ) from None


def encode_all(requests: Sequence[Sequence[AnyWord]]) -> list[bytes]:
    """The same as `encode` of each, in less time; a memoryview must be contiguous."""
    if all(requests):
        try:
            return list(map(_pack, map(tuple, requests)))
        except (TypeError, UnicodeEncodeError):
            pass
    return list(map(encode, requests))


def as_bytes(word: AnyWord) -> AnyWord:
    """Return text and buffers as the bytes that are sent, and any other word as it is. Raises UsageError."""
    if isinstance(word, bytearray | memoryview):
        return bytes(word)
    if not isinstance(word, str):
        return word
    try:
        return word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise UsageError("a word has half of a surrogate pair, which cannot be encoded") from None


class Parser:
    """Parses replies from a stream of bytes, which comes in any chunks.

    `feed` stores, `next_value` parses. Any exception but ProtocolError is a bug. `pending_bytes` is about how
    many bytes are not parsed yet; 0 exactly when there are none.
    """

    __slots__ = ("_gets", "_later", "_max_bytes", "_reader", "pending_bytes")

    def __init__(self, max_reply_bytes: int = MAX_REPLY_BYTES) -> None:
        reader = hiredis.Reader(protocolError=ProtocolError, replyError=reply_error, notEnoughData=NEED_DATA)
        self._reader = reader
        self._gets: Callable[[], Any] = reader.gets
        self._later: deque[bytes] = deque()  # not given to hiredis yet; see _cut
        self._max_bytes = max_reply_bytes
        self.pending_bytes = 0

    def feed(self, data: bytes) -> None:
        """Add bytes that were received."""
        self.pending_bytes += len(data)
        if self._later or (len(data) < _LONG_CHUNK_BYTES and (_STAR in data or _GREATER in data)):
            self._cut(data)
        else:
            self._reader.feed(data)

    def next_value(self) -> Reply | NeedData:
        """Return the next complete reply, or NEED_DATA. Raises ProtocolError, and from then on always."""
        gets = self._gets  # fetched first: Python 3.11 is slow at calling an attribute
        try:
            value: Reply | NeedData = gets()
        except ProtocolError:
            raise
        except Exception as problem:
            # Types of RESP3 and absurd lengths can fail in other ways (unhashable keys, no memory).
            raise ProtocolError(f"not a reply of RESP2: {problem}") from problem
        if value is NEED_DATA:
            if self.pending_bytes > self._max_bytes:
                raise ProtocolError(f"a reply of more than {self._max_bytes} bytes")
        elif self._later or self._reader.has_data():
            self.pending_bytes = self._reader.len() + sum(map(len, self._later))
        else:
            self.pending_bytes = 0
        return value

    def take_all(self, into: list[Reply]) -> None:
        """Append all complete replies. Raises ProtocolError, after appending those before the error."""
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
            if self._later:
                self.pending_bytes += sum(map(len, self._later))
        if self.pending_bytes > self._max_bytes:
            raise ProtocolError(f"a reply of more than {self._max_bytes} bytes")

    def _cut(self, data: bytes) -> None:
        """Keep bytes in pieces; each but the first begins where the head of an absurd array may stand."""
        if self._later:
            data = self._later.pop() + data
        same = data.translate(_ZEROS)
        start, at = 0, same.find(_ABSURD, 1)
        while at > 0:
            if data[at - 1] == 0x0A:
                self._later.append(data[start:at])
                start = at
            at = same.find(_ABSURD, at + 1)
        # A head may have come in part.
        at = same.rfind(b"*", -_ABSURD_DIGITS)
        if at > start and data[at - 1] == 0x0A and not same[at + 1 :].strip(b"0"):
            self._later.append(data[start:at])
            start = at
        self._later.append(data[start:])
        self._gets = self._gets_piecewise

    def _gets_piecewise(self) -> Reply | NeedData:
        """As hiredis's `gets`. Raises ProtocolError where an array would begin that is absurdly long."""
        reader, later = self._reader, self._later
        value: Reply | NeedData = reader.gets()
        while value is NEED_DATA and later:
            if not reader.has_data():
                # Not inside of a text, so what follows is the head of the next value.
                head = later[0][: len(_ABSURD)].translate(_ZEROS)
                if head == _ABSURD:
                    raise ProtocolError("an array of far too many elements")
                if len(head) < len(_ABSURD) and _ABSURD.startswith(head):
                    return NEED_DATA
            reader.feed(later.popleft())
            value = reader.gets()
        if not later:
            self._gets = reader.gets
        return value
