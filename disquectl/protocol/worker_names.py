"""The names that `work` gives its connections: its host, its process and its queues. Pure.

    disquectl:work:HOST:PID:q=NAME,NAME

Separators and bytes that CLIENT SETNAME refuses are percent-encoded. If there is no room for all queues, the
name ends with `+N`, the number of queues that it leaves out.

    disquectl:failed:HOST:PID:ID,ID

is the name of another connection, of a worker that holds jobs which failed once, for their second attempt:
Disque has counted nothing yet, so that nobody else could tell. An ID there is the beginning of its random
part.
"""

from __future__ import annotations

_START = "disquectl:work:"
_QUEUES = "q="
_FAILED = "disquectl:failed:"
_LONGEST = 200
_LONGEST_HOST = 64
_LONGEST_COUNT = 9  # digits
# Of an ID, `D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1`, the part that a name has; and the most IDs in a name.
SHORT_ID = slice(11, 19)
MOST_FAILED = 50
# CLIENT SETNAME accepts `!` to `~`.
_UNCHANGED = frozenset(range(ord("!"), ord("~") + 1)) - frozenset(b"%,:+")
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


class WorkerName:
    """What a worker's name says.

    worker     the name without the queues
    queues     the queues, in the worker's order
    left_out   how many more there are
    """

    __slots__ = ("left_out", "queues", "worker")

    def __init__(self, worker: str, queues: list[bytes], left_out: int) -> None:
        self.worker = worker
        self.queues = queues
        self.left_out = left_out


def worker_name(host: bytes, pid: int, queues: list[bytes]) -> bytes:
    """The name for the connections of a worker; at most 200 bytes. A long host name is cut."""
    start = f"{_START}{_cut_host(host)}:{pid}:{_QUEUES}"
    words = [_encoded(queue) for queue in queues]
    whole = start + ",".join(words)
    if len(whole) <= _LONGEST:
        return whole.encode()
    room = _LONGEST - len(start) - len(f"+{len(words)}")
    kept: list[str] = []
    for word in words:
        needed = len(word) + (1 if kept else 0)
        # A lone empty name would read as none.
        if word and needed <= room:
            kept.append(word)
            room -= needed
    return f"{start}{','.join(kept)}+{len(words) - len(kept)}".encode()


def read_worker_name(name: str) -> WorkerName | None:
    """What the name of a connection says; None if it is not a worker's name."""
    parts = name.split(":")
    if not name.startswith(_START) or len(parts) != 5 or not parts[4].startswith(_QUEUES):
        return None
    text, plus, count = parts[4].removeprefix(_QUEUES).partition("+")
    if plus and not (count.isascii() and count.isdigit() and len(count) <= _LONGEST_COUNT):
        return None
    queues = [_decoded(word) for word in text.split(",")] if text or not plus else []
    known = [queue for queue in queues if queue is not None]
    if len(known) < len(queues):
        return None
    return WorkerName(name[: name.rindex(":")], known, int(count) if plus else 0)


def failed_name(host: bytes, pid: int, job_ids: list[str]) -> bytes:
    """The name for the connection that tells which jobs failed once: the first MOST_FAILED of these."""
    words = [_encoded(job_id[SHORT_ID].encode()) for job_id in job_ids[:MOST_FAILED]]
    return f"{_FAILED}{_cut_host(host)}:{pid}:{','.join(words)}".encode()


def read_failed_name(name: str) -> list[str]:
    """The SHORT_ID of the jobs in the name of a connection; empty if it is none of these names."""
    parts = name.split(":")
    if not name.startswith(_FAILED) or len(parts) != 5:
        return []
    return [word.decode() for word in map(_decoded, parts[4].split(",")) if word and word.isascii()]


def _cut_host(host: bytes) -> str:
    """The host, encoded and at most 64 characters long; an escape is not cut."""
    found = ""
    for byte in host:
        char = _encoded(bytes((byte,)))
        if len(found) + len(char) > _LONGEST_HOST:
            break
        found += char
    return found


def _encoded(data: bytes) -> str:
    return "".join(chr(byte) if byte in _UNCHANGED else f"%{byte:02X}" for byte in data)


def _decoded(word: str) -> bytes | None:
    """The bytes of an encoded word; None if it is not encoded like one."""
    first, *escapes = word.split("%")
    if not all(len(part) >= 2 and _HEX_DIGITS.issuperset(part[:2]) for part in escapes):
        return None
    found = first.encode()
    for part in escapes:
        found += bytes.fromhex(part[:2]) + part[2:].encode()
    return found
