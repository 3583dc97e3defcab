"""The echo: writes the raw protocol traffic to stderr or a file, a line for each request and reply.

    12:30:01.250 127.0.0.1:7711 > "*2\\r\\n$4\\r\\nQLEN\\r\\n$4\\r\\nmail\\r\\n"

Time, node, `>` for sent and `<` for received, and the bytes, escaped so that they can be pasted into a
program. The client has removed the secrets already.
"""

from __future__ import annotations

import errno
import io
import os

from disquectl.client.tracing import Tracer
from disquectl.errors import DataError
from disquectl.execution.streams import complete
from disquectl.render.ansi import CYAN, RESET, YELLOW
from disquectl.render.escape import wire
from disquectl.render.human import time_of_day

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from disquectl.client.address import Node
    from disquectl.config.settings import Settings
    from disquectl.execution.streams import Streams

COLORS = {">": CYAN, "<": YELLOW}


def line(direction: str, node: Node, seconds: float, data: bytes, side: str = "") -> str:
    """One request or reply, as a line; the time is local, with milliseconds."""
    return f'{time_of_day(seconds)} {f"{side} " if side else ""}{node} {direction} "{wire(data)}"'


def _one_side() -> str:
    return ""


def open_tracer(settings: Settings, streams: Streams, side: Callable[[], str] = _one_side) -> Tracer:
    """A tracer that writes to stderr, to the file, or to both. Raises DataError.

    `side`: of which of two clusters it is now, where a command speaks with two.
    """
    file = open_file(settings.echo_to) if settings.echo_to is not None else None
    color = settings.color == "always" or (settings.color == "auto" and streams.stderr_is_terminal)

    def show(direction: str, node: Node, seconds: float, data: bytes) -> None:
        text = line(direction, node, seconds, data, side())
        if file is not None:
            append(file, text, direction)
        if settings.echo:
            append(streams.stderr, f"{COLORS[direction]}{text}{RESET}" if color else text, direction)

    return Tracer(show, show_secrets=settings.show_secrets)


def append(file: BinaryIO, text: str, direction: str) -> None:
    """Write a line. Raises DataError for a request, which is then not sent; ignores errors for a reply."""
    try:
        file.write(text.encode("utf-8", "backslashreplace") + b"\n")
        file.flush()
    except OSError as problem:
        if direction == ">":
            raise DataError(f"the echo could not be written: {problem.strerror}") from problem


def open_file(path: str) -> BinaryIO:
    """The file to append to; a new one is readable by its owner only. Raises DataError.

    Symbolic links are refused, since they may lead to another file; except those to streams of this process.
    """
    try:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        fd = os.open(path, flags if _is_stream(path) else flags | os.O_NOFOLLOW, 0o600)
        return complete(io.FileIO(fd, "ab", closefd=False))
    except OSError as problem:
        reason = "it is a symbolic link" if problem.errno == errno.ELOOP else problem.strerror
        raise DataError(f"cannot write the echo to {path}: {reason}") from problem


def _is_stream(path: str) -> bool:
    """Whether the path is one such as /dev/stderr or /dev/fd/3, where no other user can put a link."""
    folder = os.path.realpath(os.path.dirname(os.path.abspath(path)))
    return folder in ("/dev", "/dev/fd") or folder.startswith("/proc/")
