"""What a node replies to SHOW of the job of a worker."""

from __future__ import annotations

ID = "D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-05a1"
CREATED = 1_700_000_000
DAY = 86_400


def shown(now, ttl_left=DAY, state=b"active", retry=300, job_id=ID):
    """What SHOW answers."""
    reply = [b"id", job_id.encode(), b"queue", b"q", b"state", state, b"repl", 1, b"ttl", ttl_left]
    return [*reply, b"ctime", CREATED * 10**9, b"retry", retry, b"body", b"body"]
