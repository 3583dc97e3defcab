"""The three streams of a process, and which of them are terminals. Tests pass in their own.

All output goes through `Output`, which writes everything or raises OSError.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys

from disquectl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, NoReturn

# Python refuses to read a number of thousands of digits, and no terminal is that wide.
_ABSURD_DIGITS = 10


class _Buffered(io.BufferedWriter):
    """Does not try once more, when it is freed, to write what could not be written."""

    def __del__(self) -> None:
        pass


class Output:
    """A file to write to: `write` and `flush` deal with every byte, or raise OSError.

    Python's raw files (its own stdout and stderr with PYTHONUNBUFFERED or -u) may write a part and report
    that only by the number returned; they are buffered here, since a buffered file writes the rest. Where a
    pipe does not block (O_NONBLOCK, which another program may have set), this waits until it has room.
    """

    __slots__ = ("_file",)

    def __init__(self, file: BinaryIO) -> None:
        if isinstance(file, io.FileIO):
            file = _Buffered(io.FileIO(file.fileno(), "wb", closefd=False))
        self._file = file

    def write(self, data: bytes) -> int:
        rest: bytes | memoryview = data
        while True:
            try:
                self._file.write(rest)
            except BlockingIOError as full:
                rest = memoryview(rest)[full.characters_written :]
                self._wait()
            else:
                return len(data)

    def flush(self) -> None:
        while True:
            try:
                return self._file.flush()
            except BlockingIOError:
                self._wait()

    def isatty(self) -> bool:
        return self._file.isatty()

    def fileno(self) -> int:
        return self._file.fileno()

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._file.fileno(), select.POLLOUT)
        poll.poll()


def complete(file: BinaryIO) -> BinaryIO:
    """The file as an Output, typed as what its users take."""
    output: Any = file if isinstance(file, Output) else Output(file)
    return output  # type: ignore[no-any-return]


def write_whole(file: BinaryIO, data: bytes, what: str) -> None:
    """Write and flush. BrokenPipeError comes through; any other failure is a DataError that names `what`."""
    try:
        file.write(data)
        file.flush()
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise DataError(f"the {what} could not be written: {problem.strerror or problem}") from None


def reader_is_gone(out: BinaryIO) -> bool:
    """Whether the program that read this pipe has gone: what is still in the pipe is lost."""
    try:
        poll = select.poll()
        poll.register(out.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except (OSError, ValueError):
        return False


class Streams:
    """Binary streams; text for people goes through `say`, which puts it on stderr after what stdout has."""

    __slots__ = ("stderr", "stderr_is_terminal", "stdin", "stdin_is_terminal", "stdout", "stdout_is_terminal")

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO, stderr: BinaryIO) -> None:
        self.stdin = stdin
        self.stdout = complete(stdout)
        self.stderr = complete(stderr)
        self.stdin_is_terminal = stdin.isatty()
        self.stdout_is_terminal = stdout.isatty()
        self.stderr_is_terminal = stderr.isatty()

    def say(self, text: str, style: str = "") -> None:
        """A message on stderr, in this ANSI style. A terminal gets it wrapped at words.

        Errors writing to stderr are ignored.
        """
        if self.stderr_is_terminal:
            text = wrapped(text, _columns(self.stderr))
        if style:
            from disquectl.render.ansi import RESET

            text = f"{style}{text}{RESET}"
        try:
            self.stderr.write(text.encode("utf-8", "backslashreplace") + b"\n")
            self.stderr.flush()
        except (OSError, ValueError):
            pass

    def put(self, data: bytes, what: str = "result") -> None:
        """Write to stdout and flush; see `write_whole`."""
        write_whole(self.stdout, data, what)

    def reader_is_gone(self) -> bool:
        """Whether the program that read stdout has gone; see the function of this name."""
        return reader_is_gone(self.stdout)

    @property
    def width(self) -> int:
        """Columns of the terminal that stdout is; 80 elsewhere. COLUMNS goes before, as everywhere."""
        return _columns(self.stdout)


def wrapped(text: str, width: int) -> str:
    """The text with each line that is too long wrapped between its words; what has no blanks stays whole."""
    if all(len(line) <= width for line in text.split("\n")):
        return text
    from textwrap import TextWrapper

    wrapper = TextWrapper(
        width,
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
        replace_whitespace=False,
    )
    return "\n".join("\n".join(wrapper.wrap(line)) for line in text.split("\n"))


def _columns(file: BinaryIO) -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and len(given) < _ABSURD_DIGITS and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(file.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


class Closed:
    """A stream that was closed before we began: nothing can be read or written."""

    def _refuse(self, *_: object) -> NoReturn:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    fileno = read = read1 = readline = write = flush = _refuse

    def isatty(self) -> bool:
        return False


def process_streams() -> Streams:
    """Those of this process."""
    closed: Any = Closed()
    return Streams(
        sys.stdin.buffer if sys.stdin else closed,
        sys.stdout.buffer if sys.stdout else closed,
        sys.stderr.buffer if sys.stderr else closed,
    )
