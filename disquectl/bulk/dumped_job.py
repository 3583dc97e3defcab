"""A line of a dump as a job, and what is left of its times. Pure: `now` is passed in.

A line that was written by hand, or by `getjob -o jsonl`, may lack what only a dump knows: such a job counts
as created now.
"""

from __future__ import annotations

from math import ceil

from disquectl.bulk.jsonl import fields_of, job_of, read
from disquectl.errors import UsageError
from disquectl.protocol.job_options import DEFAULT_TTL_SECONDS
from disquectl.spec.timestamps import unix_seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# States of a job that has been queued.
DELAY_IS_OVER = ("queued", "in-flight")


class DumpedJob:
    """A job as it was saved.

    job_id   its original ID, None if the line has none; queue likewise
    options  the options of ADDJOB that the line has: replicate, delay, retry, ttl, maxlen, async
    created  seconds since 1970, now if the line does not say; expires likewise, None for a job without a TTL
    due      when its delay ends, None for a job without a delay
    """

    __slots__ = (
        "body",
        "created",
        "deliveries",
        "due",
        "expires",
        "has_created",
        "job_id",
        "nacks",
        "options",
        "queue",
        "state",
    )

    def __init__(self, line: bytes, now: float) -> None:
        """Raises UsageError, with the reason, for a line that is not a job."""
        fields = fields_of(line)
        job = job_of(fields)
        self.queue = job.queue
        self.body = job.body
        self.options = job.options
        job_id, state = _text(fields, "id"), _text(fields, "state")
        self.job_id = None if job_id is None else job_id.encode("utf-8", "backslashreplace")
        self.state = state or ""
        self.nacks = _count(fields, "nacks")
        self.deliveries = _count(fields, "additional_deliveries")
        created = _time(fields, "created")
        self.has_created = created is not None
        self.created = now if created is None else created
        # The TTL may have been changed in the file, so it goes before the time that was worked out from it.
        ttl: int | None = job.options.get("ttl")
        self.expires = _time(fields, "expires") if ttl is None else self.created + ttl
        # A job that was queued, or is with a consumer, has its delay behind it.
        delay: int = 0 if self.state in DELAY_IS_OVER else job.options.get("delay", 0)
        self.due = self.created + delay if delay else None

    def is_expired(self, now: float) -> bool:
        """Whether its TTL has ended."""
        return self.expires is not None and self.expires <= now

    def ttl_ms(self, now: float) -> float:
        """What is left of its TTL."""
        return DEFAULT_TTL_SECONDS * 1000 if self.expires is None else (self.expires - now) * 1000

    def times_anew(self) -> dict[str, int | None]:
        """TTL and DELAY that the job was created with, each None if it had none."""
        lasts = None if self.expires is None else max(ceil(self.expires - self.created), 1)
        return {"ttl": lasts, "delay": self.options.get("delay") or None}

    def times_left(self, now: float) -> dict[str, int | None]:
        """TTL and DELAY of the job when it is added now, each None if it has none.

        Both are rounded up, so that a job whose TTL ends after its delay keeps that.
        """
        return {
            "ttl": None if self.expires is None else max(ceil(self.expires - now), 1),
            "delay": ceil(self.due - now) if self.due is not None and self.due > now else None,
        }


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{name} is not a string")
    return value


def _count(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    if value is None:
        return 0
    if type(value) is not int or value < 0:
        raise UsageError(f"{name} is not a count")
    return value


def _time(fields: dict[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    try:
        return unix_seconds(value)
    except UsageError as problem:
        raise UsageError(f"{name} is {problem.message}") from None


def queue_of_line(line: bytes) -> bytes | None:
    """The queue of a line; None if it has none, or is not a job."""
    try:
        return read(line).queue
    except UsageError:
        return None
