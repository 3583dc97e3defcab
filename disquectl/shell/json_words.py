"""Finds JSON that is typed without quotes as the body of ADDJOB: `addjob mail {"to": "a b"}`.

redis-cli has no such words: there a quote inside a word is an error. Pure.
"""

from __future__ import annotations

from disquectl.spec.quoting import BLANKS, UnclosedQuote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.quoting import Span

OPENING = b"{["
WITH_BODY = b"addjob"
# A longer value is quoted, or read from a file: the line is parsed at each key.
MAX_BYTES = 64 << 10


def end_of_json(line: bytes, start: int, before: list[Span]) -> int:
    """Return where an object or array ends that begins here and is a whole word; 0 if there is none.

    Raises UnclosedQuote if it is right so far and goes on after the line.
    """
    if line[start] not in OPENING or not any(_names_addjob(word) for word in before[:-1]):
        return 0
    from json import JSONDecodeError, JSONDecoder

    # One character for each byte, so that places are the same; JSON's own characters are ASCII.
    text = line[start : start + MAX_BYTES].decode("latin-1")
    try:
        _, length = JSONDecoder().raw_decode(text)
    except JSONDecodeError as problem:
        ends_early = problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated string")
        if ends_early and len(line) - start < MAX_BYTES:
            raise UnclosedQuote("the JSON is not complete", line[start:]) from None
        return 0
    except RecursionError:
        return 0
    end: int = start + length
    return end if end == len(line) or line[end] in BLANKS else 0


def _names_addjob(word: Span) -> bool:
    return not word.quoted and word.value.lower() == WITH_BODY
