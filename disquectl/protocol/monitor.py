r"""Parses and writes lines of MONITOR: `SECONDS.MICROSECONDS [CLIENT] "arg" "arg"...`.

Escapes in the quotes are `\\ \" \n \r \t \a \b`, and `\xHH` for other bytes that are not printable. Pure.
"""

from __future__ import annotations

from disquectl.protocol.shapes import octets, unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.protocol.resp import Reply
    from disquectl.protocol.shapes import Record

_LETTERS = {ord("n"): 10, ord("r"): 13, ord("t"): 9, ord("a"): 7, ord("b"): 8}
_ESCAPES = {10: b"\\n", 13: b"\\r", 9: b"\\t", 7: b"\\a", 8: b"\\b", ord('"'): b'\\"', ord("\\"): b"\\\\"}
_BACKSLASH, _QUOTE, _HEX = ord("\\"), ord('"'), ord("x")


def monitor_line(reply: Reply) -> Record:
    """Return `{"time", "client", "args"}`: seconds since 1970 as float, address as str, words as bytes."""
    line = octets("MONITOR", reply)
    head, opening, rest = line.partition(b" [")
    client, closing, quoted = rest.partition(b"] ")
    try:
        if not opening or not closing:
            raise ValueError
        seconds = float(head)
        args = _unquote(quoted)
    except (ValueError, IndexError):
        raise unexpected("MONITOR", line) from None
    return {"time": seconds, "client": client.decode("utf-8", "backslashreplace"), "args": args}


def _unquote(quoted: bytes) -> list[bytes]:
    args = []
    at = 0
    while at < len(quoted):
        if quoted[at] != _QUOTE:
            raise ValueError
        arg = bytearray()
        at += 1
        while quoted[at] != _QUOTE:
            if quoted[at] != _BACKSLASH:
                closing = quoted.index(b'"', at)
                escape = quoted.find(b"\\", at, closing)
                stop = closing if escape < 0 else escape
                arg += quoted[at:stop]
                at = stop
            elif quoted[at + 1] == _HEX:
                arg.append(int(quoted[at + 2 : at + 4], 16))
                at += 4
            else:
                arg.append(_LETTERS.get(quoted[at + 1], quoted[at + 1]))
                at += 2
        args.append(bytes(arg))
        at += 2  # the closing quote, and the space before the next word
    return args


def quote(args: Iterable[bytes]) -> bytes:
    """Quote words as MONITOR does."""
    return b" ".join(b'"' + b"".join(_escape(byte) for byte in arg) + b'"' for arg in args)


def _escape(byte: int) -> bytes:
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return bytes([byte]) if 32 <= byte < 127 else b"\\x%02x" % byte
