"""Does a reply fit what a dialogue expects? The matchers of the dialogue format, without any I/O."""

from __future__ import annotations

import base64
import re
from typing import Any

# A type character (or `eof`, `silence`) and the value: bytes, a number, a list of replies, or None for nil.
Reply = tuple[str, Any]


def fits(expected: dict[str, Any], reply: Reply, bound: dict[str, str]) -> bool:
    """`expected` is a typed reply: `{"+": payload}`, `{"any": true}`, `{"eof": true}`, ..."""
    if "any" in expected:
        return reply[0] not in ("eof", "silence")
    if "eof" in expected:
        return reply[0] == "eof"
    ((kind, payload),) = expected.items()
    if kind != reply[0]:
        return False
    if payload is None or reply[1] is None:
        return payload is None and reply[1] is None
    if kind == "*":
        return _array_fits(payload, reply[1], bound)
    return _value_fits(payload, reply[1], bound)


def _array_fits(expected: Any, items: list[Reply], bound: dict[str, str]) -> bool:
    if isinstance(expected, list):
        return len(expected) == len(items) and all(
            fits(one, item, bound) for one, item in zip(expected, items, strict=True)
        )
    return all(_array_matcher_holds(name, wanted, items, bound) for name, wanted in expected.items())


def _array_matcher_holds(name: str, wanted: Any, items: list[Reply], bound: dict[str, str]) -> bool:
    if name == "unordered":
        return len(wanted) == len(items) and _can_assign(wanted, items, bound)
    if name == "has":
        return all(any(fits(one, item, bound) for item in items) for one in wanted)
    if name == "lacks":
        return not any(fits(one, item, bound) for one in wanted for item in items)
    if name == "each":
        return all(fits(wanted, item, bound) for item in items)
    if name == "len":
        return wanted[0] <= len(items) <= wanted[1]
    if name in ("pairs", "haspairs"):
        return _pairs_fit(wanted, items, bound, exactly=name == "pairs")
    raise ValueError(f"unknown matcher {name}")


def _can_assign(wanted: list[dict[str, Any]], items: list[Reply], bound: dict[str, str]) -> bool:
    """Whether each item can be given to one expectation of its own."""
    if not wanted:
        return True
    return any(
        fits(wanted[0], item, bound) and _can_assign(wanted[1:], items[:at] + items[at + 1 :], bound)
        for at, item in enumerate(items)
    )


def _pairs_fit(wanted: dict[str, Any], items: list[Reply], bound: dict[str, str], exactly: bool) -> bool:
    values = {items[at][1].decode(): items[at + 1] for at in range(0, len(items) - 1, 2)}
    if len(items) % 2 or (exactly and set(values) != set(wanted)):
        return False
    return all(name in values and fits(one, values[name], bound) for name, one in wanted.items())


def _value_fits(expected: Any, value: bytes | int, bound: dict[str, str]) -> bool:
    data = value if isinstance(value, bytes) else b"%d" % value
    if not isinstance(expected, dict):
        return data == _fill(str(expected), bound).encode()
    return all(_value_matcher_holds(name, wanted, data, bound) for name, wanted in expected.items())


def _value_matcher_holds(name: str, wanted: Any, data: bytes, bound: dict[str, str]) -> bool:
    if name == "b64":
        return data == base64.b64decode(wanted)
    if name == "repeat":
        return data == _fill(wanted[0], bound).encode() * wanted[1]
    if name == "re":
        pattern = re.sub(
            r"\{(\w+)\}", lambda found: re.escape(bound[found[1]]) if found[1] in bound else found[0], wanted
        )
        return re.search(pattern, data.decode("utf-8", "surrogateescape")) is not None
    if name == "int":
        return re.fullmatch(rb"-?\d+", data) is not None and wanted[0] <= int(data) <= wanted[1]
    if name == "bound":
        return data == bound[wanted].encode("utf-8", "surrogateescape")
    if name == "gt":
        return re.fullmatch(rb"-?\d+", data) is not None and int(data) > int(bound[wanted])
    raise ValueError(f"unknown matcher {name}")


def _fill(text: str, bound: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: bound.get(found[1], found[0]), text)
