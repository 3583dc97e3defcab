"""A writer that passes records on with their bodies in another form. Knows no format, and no form."""

from __future__ import annotations

from disquectl.render.stream import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from disquectl.spec.shape import Record

    # A body -> its form: text whose line ends are kept, or bytes as any body.
    View: TypeAlias = Callable[[bytes], bytes | str]


class BodyWriter(Writer):
    """Passes records on to another writer, with their bodies in another form."""

    __slots__ = ("_inner", "_view")

    def __init__(self, inner: Writer, view: View) -> None:
        self._inner = inner
        self._view = view

    def write(self, record: Record) -> None:
        body = record.get("body")
        self._inner.write({**record, "body": self._view(body)} if isinstance(body, bytes) else record)

    def finish(self) -> None:
        self._inner.finish()

    def flush(self) -> None:
        self._inner.flush()

    def pause(self) -> None:
        self._inner.pause()
