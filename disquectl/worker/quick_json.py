"""JSON of a few known fields, put together by hand: `render.json` is too slow for thousands a second.

The form is the same: bytes that are not UTF-8 are base64 under a name that says so, and nothing but printable
ASCII is written as it is.
"""

from __future__ import annotations

from binascii import b2a_base64
from json.encoder import encode_basestring_ascii as quoted

__all__ = ["member", "quoted"]


def member(name: str, value: bytes) -> str:
    """`"name":"text"`, or `"name_base64":"..."`."""
    try:
        return f'"{name}":{quoted(value.decode())}'
    except UnicodeDecodeError:
        return f'"{name}_base64":"{b2a_base64(value, newline=False).decode()}"'
