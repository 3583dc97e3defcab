"""The session of one line: borrows the shell's connection, and records the job IDs that it shows."""

from __future__ import annotations

from disquectl.execution.session import Session
from disquectl.render.stream import Writer
from disquectl.shell.advice import message_here
from disquectl.spec.shape import PAIRS, RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.transport import Transport
    from disquectl.config.settings import Settings
    from disquectl.execution.streams import Streams
    from disquectl.shell.recent_ids import RecentIds
    from disquectl.shell.tracer import ShellTracer
    from disquectl.spec.shape import Record


class LineSession(Session):
    """`vertical`: show each record as a block. `queue`: the queue of IDs whose records do not name it."""

    def __init__(
        self, settings: Settings, streams: Streams, *, recent_ids: RecentIds, vertical: bool, queue: str
    ) -> None:
        super().__init__(settings, streams)
        self._recent_ids = recent_ids
        self._vertical = vertical
        self._queue = queue
        self._borrowed = False

    def borrow(self, transport: Transport, tracer: ShellTracer) -> None:
        """Use this connection without closing it; the echo of this line observes it."""
        tracer.listen(self.tracer, self.settings.show_secrets)
        self._client = transport
        self._borrowed = True

    def __exit__(self, *_: object) -> None:
        if not self._borrowed:
            super().__exit__()

    def worded(self, text: str) -> str:
        """Return the text with commands as they are typed in the shell."""
        return message_here(text)

    def writer(self, shape: Shape) -> Writer:
        """Return the usual writer, wrapped so that it records job IDs."""
        if self._vertical and self.format == "table" and (shape.layout == RECORDS or shape.many):
            shape = Shape(
                shape.fields, PAIRS, many=False, value=shape.value, kinds=shape.kinds, body=shape.body
            )
        return _RecordingWriter(super().writer(shape), self._recent_ids, self._queue)


class _RecordingWriter(Writer):
    """Records the job IDs of what it passes on to another writer."""

    __slots__ = ("_inner", "_queue", "_recent_ids")

    def __init__(self, inner: Writer, recent_ids: RecentIds, queue: str) -> None:
        self._inner = inner
        self._recent_ids = recent_ids
        self._queue = queue

    def write(self, record: Record) -> None:
        job_id, queue = record.get("id"), record.get("queue")
        if isinstance(job_id, str):
            self._recent_ids.add(
                job_id, queue if isinstance(queue, bytes) else self._queue.encode("utf-8", "replace")
            )
        self._inner.write(record)

    def finish(self) -> None:
        self._inner.finish()

    def flush(self) -> None:
        self._inner.flush()
