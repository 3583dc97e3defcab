"""Reads one JSON value from bytes, which are UTF-8, and says in one way when they are none. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def value_of(data: bytes) -> Any:
    """The value. Raises ValueError("not JSON")."""
    return _read(data, json.JSONDecoder())


def value_with_numbers_as_text(data: bytes) -> Any:
    """The value, in which each number is the text that was there. Raises ValueError("not JSON")."""
    # NaN and Infinity, which Python reads, are not JSON.
    return _read(data, json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse))


def _read(data: bytes, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(data.decode())
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None


def _refuse(name: str) -> None:
    raise ValueError(name)
