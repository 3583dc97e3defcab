"""The worker's log on stderr: a line for each job, errors, a status line, and totals.

As text, or as a JSON object per line. Queue names are shown escaped. Lines are collected and written
together, so that a thousand jobs a second do not cost a thousand writes.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Literal, TypeAlias

from disquectl.render.escape import for_terminal
from disquectl.render.human import duration
from disquectl.render.json import encode
from disquectl.worker.dead_letter import iso
from disquectl.worker.json_text import member
from disquectl.worker.log_output import BEHIND_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from disquectl.spec.shape import Value
    from disquectl.worker.job import EventKind, Job, JobEvent
    from disquectl.worker.log_output import LogOutput

    # What a line about a job says.
    _Kind: TypeAlias = EventKind | Literal["done", "started", "running"]

    class Writer(Protocol):
        """The job whose command or function wrote something."""

        @property
        def id(self) -> str: ...

        @property
        def queue(self) -> bytes: ...


_STATUS_SECONDS = 0.25
# How long writing the last lines may take.
_LAST_SECONDS = 1.0


class Log:
    """`live`: stderr is a terminal, which gets a status line.

    `tag`: lines of commands begin with the job's ID.
    """

    def __init__(
        self, out: LogOutput, *, as_json: bool, live: bool, quiet: bool, verbose: bool, tag: bool = False
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.has_lines = False
        self._out = out
        self.is_json = as_json
        self.is_live = live and not as_json and not quiet
        self._terminal = live
        self.is_quiet = quiet
        self.is_verbose = verbose
        self._tag = tag
        self._lines: list[str | bytes] = []
        self._bytes = 0
        self._drawn_at = 0.0
        self._began = time.monotonic()

    def done(self, job: Job, seconds: float) -> None:
        """Log that a job is done."""
        self.counts["done"] += 1
        if self.is_quiet:
            return
        if self.is_json:
            self._add(
                f'{{"time":"{iso(time.time())}","event":"done",{member("queue", job.queue)},"id":"{job.id}",'
                f'"attempt":{job.attempt},"seconds":{seconds:.3f},"exit":0}}'
            )
        else:
            self._job("done", job, {"seconds": round(seconds, 3), "exit": 0})

    def event(self, event: JobEvent) -> None:
        """Log something else that happened to a job."""
        self.counts[event.kind] += 1
        failure = event.failure
        fields: dict[str, Value] = {}
        if failure is not None and event.kind not in ("too late", "unknown", "not acknowledged"):
            fields = {"seconds": round(failure.seconds, 3), "exit": failure.exit, "signal": failure.signal}
        if event.why or (failure and failure.why):
            fields["why"] = event.why or (failure.why if failure else "")
        if event.seconds is not None:
            fields["retry_in"] = round(event.seconds, 3)
        self._job(event.kind, event.job, fields)

    def started(self, job: Job) -> None:
        """Log that a job starts; only with --verbose."""
        if self.is_verbose:
            self._job("started", job, {})

    def running(self, job: Job, pid: int, seconds: float) -> None:
        """Log a job that runs, which USR1 asks for."""
        self._job("running", job, {"pid": pid, "seconds": round(seconds, 3)})

    def message(self, text: str) -> None:
        """Log a message about the worker itself."""
        if self.is_json:
            self._add(encode({"time": iso(time.time()), "event": "worker", "text": text}))
        else:
            self._add(f"{_clock()} {for_terminal(text)}")

    def child_stderr(self, job: Writer | None, lines: list[bytes]) -> None:
        """Log lines that a command wrote to its stderr."""
        if self.is_json:
            whose = f'{member("queue", job.queue)},"id":"{job.id}",' if job is not None else ""
            start = f'{{"time":"{iso(time.time())}","event":"stderr",{whose}'
            shown: list[str] | list[bytes] = [f"{start}{member('text', line)}}}" for line in lines]
        else:
            tag = job.id + " " if self._tag and job is not None else ""
            lines = [tag.encode() + line for line in lines] if tag else lines
            shown = [for_terminal(line) for line in lines] if self._terminal else lines
        self._lines += shown
        self._bytes += sum(map(len, shown))
        self.has_lines = True

    def child_stdout(self, data: bytes) -> None:
        """Show what a command wrote to stdout, if that is the terminal with the status line."""
        self.write()
        self._out.raw(data)

    def forward(self, lines: bytes) -> None:
        """Log whole lines that another process formatted, without the end of the last one."""
        self._lines.append(lines)
        self._bytes += len(lines)
        self.has_lines = True

    @property
    def is_behind(self) -> bool:
        """Whether so much is waiting to be written that commands should write no more for now."""
        return self._bytes + self._out.waiting_bytes > BEHIND_BYTES

    @property
    def fd(self) -> int:
        """The file descriptor of the log, -1 if there is none."""
        return self._out.fd

    @property
    def is_waiting(self) -> bool:
        """Whether a part of the log could not be written yet."""
        return bool(self._out.waiting_bytes)

    def totals(self, unfinished: int) -> None:
        """Log the totals; `unfinished` jobs are still in the worker's hands."""
        if self.is_quiet:
            return
        seconds = time.monotonic() - self._began
        count = self.counts
        left = count["left"] + unfinished
        if self.is_json:
            fields = {"done": count["done"], "failed": count["failed"], "dead": count["dead"], "left": left}
            self._add(
                encode({"time": iso(time.time()), "event": "totals", **fields, "seconds": round(seconds, 3)})
            )
        else:
            self._add(f"{_clock()} {self._numbers(left)} in {duration(seconds)}")

    def close(self) -> None:
        """Write the rest, for at most a second."""
        self._out.clear_status()
        self.write()
        self._out.finish(_LAST_SECONDS)

    def write(self) -> None:
        """Write the collected lines, as far as possible now."""
        lines, self._lines, self._bytes = self._lines, [], 0
        self.has_lines = False
        text = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
        if text:
            self._out.lines(text)
            self._drawn_at = 0.0
        else:
            self._out.flush()

    def draw(self, now: float, running: int, held: int) -> None:
        """Draw the status line, unless it was drawn just now."""
        if not self.is_live or now - self._drawn_at < _STATUS_SECONDS:
            return
        self._drawn_at = now
        rate = self.counts["done"] / max(now - self._began, 1)
        self._out.status(f"{running} running, {held} held, {self._numbers()}, {rate:.0f}/s".encode())

    def hide_status(self) -> None:
        """Remove the status line from the terminal."""
        self._out.clear_status()

    def _numbers(self, left: int | None = None) -> str:
        count = self.counts
        numbers = f"{count['done']} done, {count['failed']} failed, {count['dead']} dead"
        return numbers if left is None else f"{numbers}, {left} left"

    def _job(self, kind: _Kind, job: Job, fields: dict[str, Value]) -> None:
        if self.is_json:
            record: dict[str, Value] = {
                "time": iso(time.time()),
                "event": kind,
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
        self._add(f"{_clock()} {kind} {for_terminal(job.queue)} {job.id} {', '.join(shown)}")

    def _add(self, line: str | bytes) -> None:
        self._lines.append(line)
        self.has_lines = True


def _clock() -> str:
    return time.strftime("%H:%M:%S")
