"""A line of a dump as a job, and what is left of its times. Pure: `now` is passed in.

A line that was written by hand, or by `getjob -o jsonl`, may lack what only a dump knows: such a job counts
as created now.
"""

from __future__ import annotations

from math import ceil

from disquectl.bulk.jsonl import fields_of, job_of, read
from disquectl.errors import UsageError
from disquectl.protocol.job_options import DEFAULT_TTL_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from disquectl.spec.timestamps import Times

# States of a job that has been queued.
DELAY_IS_OVER = ("queued", "in-flight")


class Traits:
    """What many jobs of a dump have in common. It is never changed.

    options  the options of ADDJOB that the line has: replicate, delay, retry, ttl, maxlen, async
    delay    in seconds, 0 if it has ended
    """

    __slots__ = ("delay", "deliveries", "nacks", "options", "state")

    def __init__(self, fields: dict[str, Any], options: dict[str, Any]) -> None:
        """`fields`: those of the line. Raises UsageError."""
        state = fields.get("state")
        if state is not None and type(state) is not str:
            raise UsageError("state is not a string")
        self.state: str = state or ""
        self.nacks: int = fields.get("nacks") or 0
        self.deliveries: int = fields.get("additional_deliveries") or 0
        if type(self.nacks) is not int or type(self.deliveries) is not int:
            raise UsageError("nacks or additional_deliveries is not a number")
        self.options = options
        # A job that was queued, or is with a consumer, has its delay behind it.
        self.delay: int = 0 if self.state in DELAY_IS_OVER else options.get("delay", 0)


class DumpedJob:
    """A job as it was saved.

    job_id   its original ID, None if the line has none; queue likewise
    created  seconds since 1970, now if the line does not say; expires likewise, None for a job without a TTL
    due      when its delay ends, None for a job without a delay
    """

    __slots__ = ("body", "created", "due", "expires", "has_created", "job_id", "queue", "traits")

    def __init__(
        self,
        job_id: bytes | None,
        queue: bytes | None,
        body: bytes,
        *,
        traits: Traits,
        created: float,
        expires: float | None,
        has_created: bool = True,
    ) -> None:
        self.job_id = job_id
        self.queue = queue
        self.body = body
        self.traits = traits
        self.created = created
        self.expires = expires
        self.has_created = has_created
        self.due = created + traits.delay if traits.delay else None

    def is_expired(self, now: float) -> bool:
        """Whether its TTL has ended."""
        return self.expires is not None and self.expires <= now

    def ttl_ms(self, now: float) -> float:
        """What is left of its TTL."""
        return DEFAULT_TTL_SECONDS * 1000 if self.expires is None else (self.expires - now) * 1000

    def times_anew(self) -> tuple[int | None, int | None]:
        """TTL and DELAY that the job was created with, each None if it had none."""
        lasts = None if self.expires is None else max(ceil(self.expires - self.created), 1)
        return lasts, self.traits.options.get("delay") or None

    def times_left(self, now: float) -> tuple[int | None, int | None]:
        """TTL and DELAY of the job when it is added now, each None if it has none.

        Both are rounded up, so that a job whose TTL ends after its delay keeps that.
        """
        lasts = None if self.expires is None else max(ceil(self.expires - now), 1)
        return lasts, ceil(self.due - now) if self.due is not None and self.due > now else None


def parsed(line: bytes, now: float, times: Times) -> DumpedJob:
    """The job of a line; `times` reads its times. Raises UsageError with the reason if it is not one."""
    fields = fields_of(line)
    job = job_of(fields)
    job_id = fields.get("id")
    if job_id is not None and type(job_id) is not str:
        raise UsageError("id is not a string")
    traits = Traits(fields, job.options)
    text = fields.get("created")
    created = now if text is None else _time("created", text, times)
    # The TTL may have been changed in the file, so it goes before the time that was worked out from it.
    ttl: int | None = job.options.get("ttl")
    expires: float | None = None
    if ttl is not None:
        expires = created + ttl
    elif fields.get("expires") is not None:
        expires = _time("expires", fields["expires"], times)
    octets = None if job_id is None else job_id.encode("utf-8", "backslashreplace")
    return DumpedJob(
        octets,
        job.queue,
        job.body,
        traits=traits,
        created=created,
        expires=expires,
        has_created=text is not None,
    )


def _time(name: str, value: object, times: Times) -> float:
    try:
        return times.read(value)
    except UsageError as problem:
        raise UsageError(f"{name} is {problem.message}") from None


def queue_of_line(line: bytes) -> bytes | None:
    """The queue of a line; None if it has none, or is not a job."""
    try:
        return read(line).queue
    except UsageError:
        return None
