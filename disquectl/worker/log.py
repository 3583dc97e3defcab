"""What the worker says on stderr: a line a job, what went wrong, a live summary, and totals.

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
from disquectl.worker.envelope import iso
from disquectl.worker.quick_json import member

if TYPE_CHECKING:
    from typing import BinaryIO

    from disquectl.render.shape import Value
    from disquectl.worker.job import Job
    from disquectl.worker.news import News

_SUMMARY_SECONDS = 0.25
_CLEAR = "\r\x1b[K"


class Log:
    """`live`: stderr is a terminal, and gets a summary line that is drawn again and again."""

    def __init__(self, out: BinaryIO, *, as_json: bool, live: bool, quiet: bool, verbose: bool) -> None:
        self.counts: Counter[str] = Counter()
        self.has_lines = False
        self._out = out
        self._as_json = as_json
        self.is_live = live and not as_json and not quiet
        self._terminal = live
        self._quiet = quiet
        self._verbose = verbose
        self._lines: list[str | bytes] = []
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

    def news(self, news: News) -> None:
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
            self._lines += [f"{start}{member('text', line)}}}" for line in lines]
        else:
            self._lines += [for_terminal(line) if self._terminal else line for line in lines]
        self.has_lines = True

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
        self.write()

    def write(self) -> None:
        """Write what was collected. What cannot be written is nobody's loss."""
        lines, self._lines = self._lines, []
        self.has_lines = False
        text = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
        self._write(_CLEAR.encode() + text if self.is_live and text else text)
        if text:
            self._drawn_at = 0.0

    def draw(self, now: float, running: int, held: int) -> None:
        """The live summary, not too often."""
        if not self.is_live or now - self._drawn_at < _SUMMARY_SECONDS:
            return
        self._drawn_at = now
        rate = self.counts["done"] / max(now - self._began, 1)
        self._write(f"{_CLEAR}{running} running, {held} held, {self._numbers()}, {rate:.0f}/s".encode())

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
        shown += [f"{name} {fields[name]!s}" for name in ("exit", "signal") if fields.get(name) is not None]
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

    def _write(self, data: bytes) -> None:
        if not data:
            return
        try:
            self._out.write(data)
            self._out.flush()
        except (OSError, ValueError):
            pass


def _clock() -> str:
    return time.strftime("%H:%M:%S")
