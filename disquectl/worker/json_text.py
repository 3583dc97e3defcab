"""Reads one JSON value from bytes, which are UTF-8, and says in one way when they are none. Pure."""

from __future__ import annotations

import json


def value_of(data: bytes) -> object:
    """The value. Raises ValueError("not JSON")."""
    return _read(data, _DECODER)


def value_with_numbers_as_text(data: bytes) -> object:
    """The value, in which each number is the text that was there. Raises ValueError("not JSON")."""
    return _read(data, _TEXT_DECODER)


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
