"""Job IDs: 40 characters, `D-` 8 hex digits of the node, `-` 24 random ones, `-` 4 hex digits of the TTL.

Pure: never asks a server whether a job exists.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.resp import Reply

LENGTH = 40
_RANDOM_AT = 11


class JobID:
    """The information in a job ID.

    node_prefix    the first 8 digits of the ID of the node where the job was created
    ttl_minutes    the TTL, rounded to two minutes (the lowest bit is another field), at most 65534
    at_least_once  RETRY was not 0
    """

    __slots__ = ("at_least_once", "node_prefix", "ttl_minutes")

    def __init__(self, node_prefix: str, ttl_minutes: int, at_least_once: bool) -> None:
        self.node_prefix = node_prefix
        self.ttl_minutes = ttl_minutes
        self.at_least_once = at_least_once


def is_valid(job_id: str | bytes) -> bool:
    """Whether Disque accepts it as an ID: only the length, the prefix and the hyphens count."""
    text = job_id.decode("latin-1") if isinstance(job_id, bytes) else job_id
    return len(text) == LENGTH and text.startswith("D-") and text[10] == "-" and text[35] == "-"


def may_be_beginning(word: bytes) -> bool:
    """Whether it can be the beginning of an ID: `D-dcb833cf-8YL1NT`, or of its random part: `8YL1NT`.

    At least 6 characters of the random part are needed. A whole ID is none.
    """
    if len(word) >= LENGTH or not word.isascii():
        return False
    is_long = word.startswith(b"D-") and word[10:11] == b"-"
    letters = word[_RANDOM_AT:35] if is_long else word
    rest = word[35:] if is_long else b""
    known = letters.replace(b"+", b"").replace(b"/", b"").isalnum()
    return known and 6 <= len(letters) <= 24 and (not rest or rest[:1] == b"-")


def starts_with(job_id: bytes, beginning: bytes) -> bool:
    """Whether an ID, or its random part, has this beginning."""
    return job_id.startswith(beginning) or job_id.startswith(beginning, _RANDOM_AT)


def added(reply: Reply) -> str:
    """Return the ID in a reply of ADDJOB. Raises NotDisque for anything that does not start like an ID."""
    if isinstance(reply, bytes) and reply.startswith(b"D-") and reply.isascii():
        return reply.decode()
    raise unexpected("ADDJOB", reply)


def is_at_least_once(job_id: str) -> bool:
    """Whether RETRY was not 0. Raises ValueError for an invalid ID."""
    if not is_valid(job_id):
        raise ValueError("not a job ID")
    return bool(int(job_id[36:], 16) & 1)


def is_at_most_once(job_id: bytes) -> bool:
    """Whether RETRY was 0, by the last digit of an ID."""
    return job_id[-1:] in (b"0", b"2", b"4", b"6", b"8", b"a", b"c", b"e")


def decode(job_id: str | bytes) -> JobID:
    """Decode an ID. Raises UsageError for an invalid ID."""
    text = job_id.decode("latin-1") if isinstance(job_id, bytes) else job_id
    try:
        if not is_valid(text):
            raise ValueError
        last = int.from_bytes(bytes.fromhex(text[36:]), "big")
    except ValueError:
        raise UsageError(
            "not a job ID", "An ID is 40 characters: D-, 8 of the node, -, 24, -, 4 of the TTL."
        ) from None
    return JobID(text[2:10], last & ~1, bool(last & 1))
