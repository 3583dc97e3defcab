"""JSON for the worker: reading one value, and writing members of an object by hand. Pure.

`render.json` is too slow for thousands of lines a second. `member` writes the same form: bytes that are not
UTF-8 become base64 under a name that says so, and only printable ASCII is written unescaped.
"""

from __future__ import annotations

import json
from binascii import b2a_base64
from json.encoder import encode_basestring_ascii as quoted


def value_of(data: bytes) -> object:
    """The value. Raises ValueError("not JSON")."""
    return _read(data, _DECODER)


def value_with_numbers_as_text(data: bytes) -> object:
    """The value, in which each number is its text. Raises ValueError("not JSON")."""
    return _read(data, _TEXT_DECODER)


def member(name: str, value: bytes) -> str:
    """`"name":"text"`, or `"name_base64":"..."`."""
    try:
        return f'"{name}":{quoted(value.decode())}'
    except UnicodeDecodeError:
        return f'"{name}_base64":"{b2a_base64(value, newline=False).decode()}"'


def _read(data: bytes, decoder: json.JSONDecoder) -> object:
    try:
        value: object = decoder.decode(data.decode())
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    return value


def _refuse(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder()
# NaN and Infinity, which Python reads, are not JSON.
_TEXT_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse)
