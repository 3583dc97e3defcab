"""A body in another form for people: indented JSON, text, hexadecimal, base64. Pure.

A form is text, whose line ends tables keep. Escaping comes later, as for any body.
"""

from __future__ import annotations

import json
import re
from binascii import b2a_base64

from disquectl.spec.body_options import AUTO, BASE64, HEX, JSON, TEXT

# Strings, the marks between them, and numbers and words. Only for text that is JSON.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_INDENT = "  "
_BYTES_A_LINE = 8


def in_form(body: bytes, form: str) -> bytes | str:
    """The body in this form; unchanged, as bytes, if it has no such form."""
    if form == TEXT:
        return body.decode("utf-8", "surrogateescape")
    if form == HEX:
        return hexadecimal(body)
    if form == BASE64:
        return b2a_base64(body, newline=False).decode()
    assert form in (AUTO, JSON)
    if form == AUTO and body.lstrip()[:1] not in (b"{", b"["):
        return body
    try:
        text = body.decode()
        json.loads(text)
    except (ValueError, RecursionError):
        return body
    return indented(text)


def indented(text: str) -> str:
    """JSON with an item a line. Its words stay as they were written: no number is rounded, no key lost."""
    parts: list[str] = []
    depth = 0
    tokens = _TOKEN.findall(text)
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else ""
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token in ("{", "["):
            depth += 1
            parts.append(token)
            if following not in ("}", "]"):
                parts.append("\n" + _INDENT * depth)
        elif token in ("}", "]"):
            depth -= 1
            parts.append(token if before in ("{", "[") else "\n" + _INDENT * depth + token)
        elif token == ",":
            parts.append(",\n" + _INDENT * depth)
        else:
            parts.append(": " if token == ":" else token)
    return "".join(parts)


def hexadecimal(body: bytes) -> str:
    """Lines of 8 bytes in hexadecimal, with the characters of ASCII beside them."""
    lines = []
    for at in range(0, len(body), _BYTES_A_LINE):
        part = body[at : at + _BYTES_A_LINE]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{part.hex(' ', -2):19}  {text}")
    return "\n".join(lines)
