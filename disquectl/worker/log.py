"""What the worker says on stderr: a line a job, what went wrong, a status line, and totals.

For people as text, or a JSON object a line. Names that come from a queue are shown escaped. Lines are
collected and written together, so that a thousand jobs a second do not cost a thousand writes.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from disquectl.render.escape import for_terminal
from disquectl.render.human import duration
from disquectl.render.json import encode
from disquectl.worker.dead_letter import iso
from disquectl.worker.log_output import BEHIND_BYTES
from disquectl.worker.quick_json import member

if TYPE_CHECKING:
    from disquectl.spec.shape import Value
    from disquectl.worker.job import Job
    from disquectl.worker.log_output import LogOutput
    from disquectl.worker.news import JobEvent

_STATUS_SECONDS = 0.25
# How long the last lines may take to be written.
_LAST_SECONDS = 1.0


class Log:
    """`live`: stderr is a terminal, and gets a status line that is drawn again and again."""

    def __init__(self, out: LogOutput, *, as_json: bool, live: bool, quiet: bool, verbose: bool) -> None:
        self.counts: Counter[str] = Counter()
        self.has_lines = False
        self._out = out
        self._as_json = as_json
        self.is_live = live and not as_json and not quiet
        self._terminal = live
        self._quiet = quiet
        self._verbose = verbose
        self._lines: list[str | bytes] = []
        self._bytes = 0
        self._drawn_at = 0.0
        self._began = time.monotonic()

    def done(self, job: Job, seconds: float) -> None:
        """A job was done."""
        self.counts["done"] += 1
        if self._quiet:
            return
        if self._as_json:
            self._add(
                f'{{"time":"{iso(time.time())}","event":"done",{member("queue", job.queue)},"id":"{job.id}",'
                f'"attempt":{job.attempt},"seconds":{seconds:.3f},"exit":0}}'
            )
        else:
            self._job("done", job, {"seconds": round(seconds, 3), "exit": 0})

    def news(self, news: JobEvent) -> None:
        """Something else became of a job."""
        self.counts[news.event] += 1
        failure = news.failure
        fields: dict[str, Value] = {}
        if failure is not None and news.event not in ("too late", "unknown", "not acknowledged"):
            fields = {"seconds": round(failure.seconds, 3), "exit": failure.exit, "signal": failure.signal}
        if news.why or (failure and failure.why):
            fields["why"] = news.why or (failure.why if failure else "")
        if news.seconds is not None:
            fields["retry_in"] = round(news.seconds, 3)
        self._job(news.event, news.job, fields)

    def started(self, job: Job) -> None:
        """A job begins; said to who wants it verbose."""
        if self._verbose:
            self._job("started", job, {})

    def running(self, job: Job, pid: int, seconds: float) -> None:
        """A job that runs, for somebody who asked."""
        self._job("running", job, {"pid": pid, "seconds": round(seconds, 3)})

    def said(self, text: str) -> None:
        """Something about the worker itself."""
        if self._as_json:
            self._add(encode({"time": iso(time.time()), "event": "worker", "text": text}))
        else:
            self._add(f"{_clock()} {for_terminal(text)}")

    def passed_on(self, job: Job | None, lines: list[bytes]) -> None:
        """Lines that a command has written to its stderr."""
        if self._as_json:
            whose = f'{member("queue", job.queue)},"id":"{job.id}",' if job is not None else ""
            start = f'{{"time":"{iso(time.time())}","event":"stderr",{whose}'
            shown: list[str] | list[bytes] = [f"{start}{member('text', line)}}}" for line in lines]
        else:
            shown = [for_terminal(line) for line in lines] if self._terminal else lines
        self._lines += shown
        self._bytes += sum(map(len, shown))
        self.has_lines = True

    def printed(self, data: bytes) -> None:
        """What a command has written to stdout, where that is the terminal that the status line is on."""
        self.write()
        self._out.raw(data)

    @property
    def is_behind(self) -> bool:
        """Whether there is so much to be written that commands have to wait with theirs."""
        return self._bytes + self._out.waiting_bytes > BEHIND_BYTES

    @property
    def fd(self) -> int:
        """Where it is written to."""
        return self._out.fd

    @property
    def is_waiting(self) -> bool:
        """Whether some of it could not be written yet."""
        return bool(self._out.waiting_bytes)

    def totals(self, unfinished: int) -> None:
        """The last line; so many jobs were in the worker's hands to the end."""
        if self._quiet:
            return
        seconds = time.monotonic() - self._began
        count = self.counts
        left = count["left"] + unfinished
        if self._as_json:
            fields = {"done": count["done"], "failed": count["failed"], "dead": count["dead"], "left": left}
            self._add(
                encode({"time": iso(time.time()), "event": "totals", **fields, "seconds": round(seconds, 3)})
            )
        else:
            self._add(f"{_clock()} {self._numbers(left)} in {duration(seconds)}")

    def close(self) -> None:
        """Write all of it, unless nobody reads it."""
        self._out.clear_status()
        self.write()
        self._out.finish(_LAST_SECONDS)

    def write(self) -> None:
        """Write what was collected, as far as it can be written now."""
        lines, self._lines, self._bytes = self._lines, [], 0
        self.has_lines = False
        text = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
        if text:
            self._out.lines(text)
            self._drawn_at = 0.0
        else:
            self._out.flush()

    def draw(self, now: float, running: int, held: int) -> None:
        """The status line, not too often."""
        if not self.is_live or now - self._drawn_at < _STATUS_SECONDS:
            return
        self._drawn_at = now
        rate = self.counts["done"] / max(now - self._began, 1)
        self._out.status(f"{running} running, {held} held, {self._numbers()}, {rate:.0f}/s".encode())

    def hide_status(self) -> None:
        """Leave the terminal to others for a while."""
        self._out.clear_status()

    def _numbers(self, left: int | None = None) -> str:
        count = self.counts
        numbers = f"{count['done']} done, {count['failed']} failed, {count['dead']} dead"
        return numbers if left is None else f"{numbers}, {left} left"

    def _job(self, event: str, job: Job, fields: dict[str, Value]) -> None:
        if self._as_json:
            record: dict[str, Value] = {
                "time": iso(time.time()),
                "event": event,
                "queue": job.queue,
                "id": job.id,
            }
            self._add(encode({**record, "attempt": job.attempt, **fields}))
            return
        shown = [f"attempt {job.attempt}"]
        shown += [
            f"{name} {fields[name]!s}" for name in ("exit", "signal", "pid") if fields.get(name) is not None
        ]
        if "seconds" in fields:
            shown.append(duration(float(str(fields["seconds"]))))
        if "retry_in" in fields:
            shown.append(f"again in {duration(float(str(fields['retry_in'])))}")
        if fields.get("why"):
            shown.append(for_terminal(str(fields["why"])))
        self._add(f"{_clock()} {event} {for_terminal(job.queue)} {job.id} {', '.join(shown)}")

    def _add(self, line: str | bytes) -> None:
        self._lines.append(line)
        self.has_lines = True


def _clock() -> str:
    return time.strftime("%H:%M:%S")
