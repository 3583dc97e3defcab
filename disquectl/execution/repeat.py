"""Runs a command again and again: --every on the command line, and the shell's \\watch.

On a terminal each round replaces the one before, elsewhere one result follows the other. A round without an
answer is shown and does not end it.
"""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime

from disquectl.errors import (
    ConnectionFailed,
    DisquectlError,
    NoAnswer,
    NotDisque,
    NothingThere,
    PartlyDone,
    ReplyError,
    UsageError,
)
from disquectl.execution.frame import Captured, Frame
from disquectl.execution.signals import Signals
from disquectl.execution.streams import Streams
from disquectl.render.escape import for_message, for_terminal
from disquectl.spec.command_line import command_line
from disquectl.spec.parameters import REPEATING, convert, require_positive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.execution.session import Session
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Raw

    # Runs the command once, with these streams.
    Round = Callable[[Streams], None]

# Terminals without escape sequences.
_DUMB = ("", "dumb", "unknown")
_TYPED = ("every", "times")


def repeat(command: Command, raw: Raw, session: Session, run: Callable[[], None]) -> None:
    """Call `run` at the interval of --every. Raises what the last round raised, and UsageError."""
    values = convert(REPEATING, raw)
    if "every" not in values:
        raise UsageError("--times needs --every", "such as --every 2s")
    require_positive(values, "every")
    if command.is_streaming(raw) or raw.get("follow"):
        raise UsageError(f"{command.full_name} already runs continuously like this", "leave out --every")
    if raw.get("ids_from") == "-":
        raise UsageError("--every cannot read the IDs from stdin each time", "write them to a file")
    streams, header = session.streams, session.settings.header

    def run_round(of_round: Streams) -> None:
        session.streams = of_round
        session.exit_code = 0
        if session.round_time and session.format in ("csv", "tsv"):
            session.settings.header = False  # one for all rounds
        session.round_time = utc_now()
        run()

    try:
        run_rounds(
            run_round,
            streams,
            title=for_terminal(command_line(command, raw, _TYPED)),
            seconds=values["every"] / 1000,
            times=values.get("times"),
            # The echo goes to stderr as it comes.
            in_place=has_screen(streams) and not session.settings.echo,
        )
    finally:
        session.streams, session.settings.header, session.round_time = streams, header, ""


def has_screen(streams: Streams) -> bool:
    """Whether stdout is a terminal on which the cursor can be moved."""
    return streams.stdout_is_terminal and os.environ.get("TERM", "") not in _DUMB


def utc_now() -> str:
    """The time as in ISO 8601, UTC, to the ms."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run_rounds(
    run: Round, streams: Streams, *, title: str, seconds: float, times: int | None, in_place: bool
) -> None:
    """Call `run` at this interval in seconds, `times` times or until it raises something that lasts.

    `title`: what is repeated, fit for a terminal. Raises what the last round raised.
    """
    heading = f"Every {seconds:g}s: {title}"
    show = _InPlace(streams, heading) if in_place else _OneAfterTheOther(streams, heading)
    with Signals((signal.SIGWINCH, signal.SIGCONT), lambda number: None) as signals:
        due = time.monotonic()
        done = 0
        while True:
            done += 1
            problem = show.round(run, is_last=done == times)
            if done == times:
                if problem is not None:
                    raise problem
                return
            due = max(due + seconds, time.monotonic())
            while not _wait(due, signals, streams):
                show.again()


def _wait(due: float, signals: Signals, streams: Streams) -> bool:
    """Wait for the next round; False if the screen has to be drawn before. Raises BrokenPipeError."""
    poll = select.poll()
    poll.register(signals.fd, select.POLLIN)
    with suppress(OSError, ValueError):  # not a file
        # A reader that goes away is noticed now, and not with the next line.
        poll.register(streams.stdout.fileno(), 0)
    while (left := due - time.monotonic()) > 0:
        for fd, event in poll.poll(left * 1000):
            if fd == signals.fd:
                signals.clear()
                return False
            if event & (select.POLLERR | select.POLLHUP):
                raise BrokenPipeError
    return True


def may_pass(problem: DisquectlError) -> bool:
    """Whether the next round may not have this problem."""
    if isinstance(problem, NotDisque):
        return False
    if isinstance(problem, ReplyError):
        return problem.code == "LOADING"
    return isinstance(problem, (ConnectionFailed, NoAnswer, NothingThere, PartlyDone))


def _message(problem: DisquectlError) -> str:
    return f"disquectl: {for_message(problem.message, problem.advice)}"


class _OneAfterTheOther:
    """Rounds as they would be written one by one; a table gets the title above it."""

    def __init__(self, streams: Streams, heading: str) -> None:
        self._streams = streams
        self._heading = heading if streams.stdout_is_terminal else ""

    def round(self, run: Round, *, is_last: bool) -> DisquectlError | None:
        """Run it; return its problem, which was reported unless it is the last round."""
        if self._heading:
            self._streams.put(f"{self._heading}    {time.strftime('%H:%M:%S')}\n".encode())
        try:
            run(self._streams)
        except DisquectlError as problem:
            if not may_pass(problem):
                raise
            if not is_last:
                self._streams.say(_message(problem))
            return problem
        return None

    def again(self) -> None:
        """Nothing has to be drawn."""


class _InPlace:
    """Rounds that replace each other on the screen."""

    def __init__(self, streams: Streams, heading: str) -> None:
        self._streams = streams
        self._heading = heading
        self._frame = Frame(streams.stdout)

    def round(self, run: Round, *, is_last: bool) -> DisquectlError | None:
        """Run it and show its output; return its problem, which was shown unless it is the last round."""
        out, err = Captured(self._streams.stdout), Captured(None)
        kept = not self._streams.stderr_is_terminal
        problem = None
        try:
            run(Streams(self._streams.stdin, out, self._streams.stderr if kept else err))
        except DisquectlError as failed:
            if not may_pass(failed):
                raise
            problem = failed
            if not is_last:
                err.write(f"{_message(failed)}\n".encode())
        title = f"{self._heading}    {time.strftime('%H:%M:%S')}    Ctrl-C ends"
        self._frame.show([title, "", *_lines(out), *_lines(err)])
        return problem

    def again(self) -> None:
        """Draw the last round again: the size has changed, or other programs had the screen."""
        self._frame.again()


def _lines(captured: Captured) -> list[str]:
    return captured.getvalue().decode("utf-8", "replace").splitlines()
