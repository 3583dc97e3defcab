"""Reads the lines of a dump as jobs. Pure: `now` is passed in.

Lines as `dump` writes them, which are nearly all, are taken apart by a pattern: it takes a third of the time
of parsing JSON. All other lines, and lines that are not jobs, are parsed as JSON. Both give the same job.
"""

from __future__ import annotations

import re

from disquectl.bulk.dumped_job import DumpedJob, Traits, parsed
from disquectl.bulk.jsonl import fields_of, options_of, value_of
from disquectl.errors import UsageError
from disquectl.spec.timestamps import Times

# Text without escapes; the same with them; a number; a time in UTC.
_TEXT = rb'[^"\\\x00-\x1f]*+'
_ESCAPED = rb"%b(?:\\.%b)*+" % (_TEXT, _TEXT)
_NUMBER = rb"(?:0|[1-9][0-9]{0,9})"
_TIME = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
_AS_WRITTEN = re.compile(
    rb'\{"id":"(TEXT)","queue":"(TEXT)","body":"(ESCAPED)","created":"(TIME)","expires":"TIME",'
    rb'("ttl":NUMBER,"retry":NUMBER,"delay":NUMBER),"due":(?:null|"TIME"),'
    rb'("replicate":NUMBER,"nacks":NUMBER,"additional_deliveries":NUMBER,"state":"TEXT")\}'.replace(
        b"TEXT", _TEXT
    )
    .replace(b"ESCAPED", _ESCAPED)
    .replace(b"NUMBER", _NUMBER)
    .replace(b"TIME", _TIME)
)
# Traits that are kept.
_MOST_TRAITS = 1_000


class DumpReader:
    """Jobs with the same traits have the same object."""

    def __init__(self) -> None:
        self._times = Times()
        self._traits: dict[tuple[object, ...], Traits] = {}

    def read(self, line: bytes, now: float) -> DumpedJob:
        """The job of a line. Raises UsageError, with the reason, if it is not one."""
        found = _AS_WRITTEN.fullmatch(line)
        if found is not None:
            try:
                return self._as_written(line, *found.groups())
            except (UsageError, ValueError):
                pass  # The parser gives the reason.
        job = parsed(line, now, self._times)
        traits = job.traits
        key = (traits.state, traits.nacks, traits.deliveries, *traits.options.items())
        job.traits = self._kept(key, traits)
        return job

    def _as_written(
        self, line: bytes, job_id: bytes, queue: bytes, body: bytes, created: bytes, *parts: bytes
    ) -> DumpedJob:
        """The job with these parts of its line. Raises UsageError and ValueError."""
        if not line.isascii():
            line.decode()
        if b"\\" in body:
            body = str(value_of(f'"{body.decode()}"')).encode()
        traits = self._traits.get(parts)
        if traits is None:
            fields = fields_of(b"{%b,%b}" % parts)
            traits = self._kept(parts, Traits(fields, options_of(fields)))
        at = self._times.read(created.decode())
        return DumpedJob(job_id, queue, body, traits=traits, created=at, expires=at + traits.options["ttl"])

    def _kept(self, key: tuple[object, ...], traits: Traits) -> Traits:
        if len(self._traits) >= _MOST_TRAITS:
            self._traits.clear()
        return self._traits.setdefault(key, traits)
