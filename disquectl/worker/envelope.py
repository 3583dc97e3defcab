"""The dead letter: what a job becomes in the dead queue, and back. Pure.

The form is fixed, since other programs read it:

    {"v": 1, "queue", "id", "body" | "body_base64", "attempts", "created", "failed", "exit", "signal",
     "stderr", "retry", "ttl", "replicate"}

`exit` or `signal` is null, both where no command ran; times are ISO 8601 in UTC. A queue whose name is not
UTF-8 is `queue_base64`.
"""

from __future__ import annotations

import json
from binascii import Error as NotBase64
from binascii import a2b_base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from disquectl.render.json import encode

if TYPE_CHECKING:
    from disquectl.worker.job import Failure, Job, Life

VERSION = 1


def letter(job: Job, life: Life, failure: Failure) -> bytes:
    """The body of the job in the dead queue."""
    return encode(
        {
            "v": VERSION,
            "queue": job.queue,
            "id": job.id,
            "body": job.body,
            "attempts": job.attempt,
            "created": iso(life.created),
            "failed": iso(failure.at),
            "exit": failure.exit,
            "signal": failure.signal,
            "stderr": failure.stderr.decode("utf-8", "replace"),
            "retry": life.retry,
            "ttl": life.ttl,
            "replicate": life.replicate,
        }
    ).encode()


def iso(unix_seconds: float) -> str:
    """A point in time, such as 2026-07-29T10:00:03.250Z."""
    text = datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def read(body: bytes) -> dict[str, Any] | None:
    """The fields of a dead letter, `queue` and `body` as bytes; None for what is none."""
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
