"""The session of one line: it borrows the shell's connection, and remembers the job IDs that it shows."""

from __future__ import annotations

from disquectl.execution.session import Session
from disquectl.render.stream import Writer
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
    """`vertical`: each record as a block of its own. `queue`: that of new IDs, where no record says it."""

    def __init__(
        self, settings: Settings, streams: Streams, *, seen: RecentIds, vertical: bool, queue: str
    ) -> None:
        super().__init__(settings, streams)
        self._seen = seen
        self._vertical = vertical
        self._queue = queue
        self._borrowed = False

    def borrow(self, transport: Transport, wiretap: ShellTracer) -> None:
        """Use this connection, and leave it open; the echo of this line listens on it."""
        wiretap.listen(self.tracer, self.settings.show_secrets)
        self._client = transport
        self._borrowed = True

    def __exit__(self, *_: object) -> None:
        if not self._borrowed:
            super().__exit__()

    def writer(self, shape: Shape) -> Writer:
        """The usual writer, which the records pass on their way."""
        if self._vertical and self.format == "table" and (shape.layout == RECORDS or shape.many):
            shape = Shape(
                shape.fields, PAIRS, many=False, value=shape.value, kinds=shape.kinds, body=shape.body
            )
        return _Noting(super().writer(shape), self._seen, self._queue)


class _Noting(Writer):
    """Notes the IDs of the records that it hands on."""

    __slots__ = ("_inner", "_queue", "_seen")

    def __init__(self, inner: Writer, seen: RecentIds, queue: str) -> None:
        self._inner = inner
        self._seen = seen
        self._queue = queue

    def write(self, record: Record) -> None:
        job_id, queue = record.get("id"), record.get("queue")
        if isinstance(job_id, str):
            self._seen.add(
                job_id, queue if isinstance(queue, bytes) else self._queue.encode("utf-8", "replace")
            )
        self._inner.write(record)

    def finish(self) -> None:
        self._inner.finish()

    def flush(self) -> None:
        self._inner.flush()
