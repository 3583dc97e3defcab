"""Encodes and decodes dead letters: the jobs in a dead queue. Pure.

The format is fixed, because other programs read it:

    {"v": 1, "queue", "id", "body" | "body_base64", "attempts", "created", "failed", "exit", "signal",
     "reason", "stderr", "retry", "ttl", "replicate"}

`exit` or `signal` is null, both if no command ran; `reason` says in words why the job failed; times are ISO
8601 in UTC. A queue whose name is not UTF-8 is `queue_base64`.
"""

from __future__ import annotations

import json
from binascii import Error as NotBase64
from binascii import a2b_base64
from datetime import UTC, datetime
from signal import Signals
from typing import Any

from disquectl.render.json import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.worker.job import Failure, Job, Life

VERSION = 1


def encode_dead_letter(job: Job, life: Life, failure: Failure) -> bytes:
    """Return the body of the dead letter."""
    return encode(
        {
            "v": VERSION,
            "queue": job.queue,
            "id": job.id,
            "body": job.body,
            # A job that was not run has failed as often as NACK reported.
            "attempts": job.attempt if job.was_run else job.nacks,
            "created": iso(life.created),
            "failed": iso(failure.at),
            "exit": failure.exit,
            "signal": failure.signal,
            "reason": reason_of(failure),
            "stderr": failure.stderr.decode("utf-8", "replace"),
            "retry": life.retry,
            "ttl": life.ttl,
            "replicate": life.replicate,
        }
    ).encode()


def reason_of(failure: Failure) -> str:
    """Return why a job failed. A `Failure` bounds the length of its text."""
    if failure.why:
        return failure.why
    if failure.signal is not None:
        return f"ended by {signal_name(failure.signal)}"
    return f"exit code {failure.exit}"


def signal_name(number: int) -> str:
    """Return the name of a signal, such as SIGTERM, or its number: most real-time signals have no name."""
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def iso(unix_seconds: float) -> str:
    """Return a point in time as text, such as 2026-07-29T10:00:03.250Z."""
    text = datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def decode_dead_letter(body: bytes) -> dict[str, Any] | None:
    """Return the fields of a dead letter, `queue` and `body` as bytes; None if this is not a dead letter."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or fields.get("v") != VERSION:
        return None
    for name in ("queue", "body"):
        octets = _octets(fields, name)
        if octets is None:
            return None
        fields[name] = octets
        fields.pop(f"{name}_base64", None)
    if not isinstance(fields.get("id"), str):
        return None
    return fields


def _octets(fields: dict[str, Any], name: str) -> bytes | None:
    text, base64 = fields.get(name), fields.get(f"{name}_base64")
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    try:
        return a2b_base64(base64, strict_mode=True) if isinstance(base64, str) else None
    except (NotBase64, ValueError):
        return None
