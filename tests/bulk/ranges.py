"""Ranges of line numbers, as messages print them."""

from __future__ import annotations


def numbers_in(text):
    """The numbers of `3, 7-9`."""
    numbers = []
    for part in text.split(", ") if text else []:
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers
