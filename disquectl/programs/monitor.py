"""Shows the commands that a server receives, those that were asked for, as they come.

Started by the command `monitor`, whose declaration has the options and the columns.
"""

from __future__ import annotations

from disquectl.execution.looking import Looks
from disquectl.protocol.monitor import monitor_line
from disquectl.protocol.secrets import masked_words
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from disquectl.client.transport import Transport
    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.render.stream import Writer
    from disquectl.spec.parameters import Record, Values, Words
    from disquectl.spec.shape import Shape


def watch(words: Words, values: Values, shape: Shape, session: Session) -> None:
    """Write each line as it comes, until the server closes the connection."""
    lines = begun(session.client, words)
    out = traffic_writer(shape, session)
    try:
        for record in wanted(lines, values):
            out.write(record if session.settings.show_secrets else without_secrets(record))
            out.flush()
    finally:
        out.finish()


def begun(client: Transport, words: Iterable[bytes]) -> Iterator[Reply]:
    """The lines of MONITOR behind its OK. Raises as `unexpected` says for another first reply."""
    lines = client.stream(*words)
    reply = next(lines)
    if reply != b"OK":
        raise unexpected("MONITOR", reply)
    return lines


def wanted(lines: Iterable[Reply], values: Values) -> Iterator[Record]:
    """The lines of one node, as records, without those that --only, --exclude and --all leave out."""
    only: tuple[Words, ...] = values.get("only", ())
    exclude: tuple[Words, ...] = values.get("exclude", ())
    looks = None if values.get("all") else Looks()
    for line in lines:
        record = monitor_line(line)
        if looks is not None and looks.has(record):
            continue
        args = record["args"]
        if (not only or is_one_of(args, only)) and not is_one_of(args, exclude):
            yield record


def is_one_of(args: Words, commands: tuple[Words, ...]) -> bool:
    """Whether the words begin with one of these commands, in upper case: `QLEN`, `CONFIG GET`."""
    return any(command == [word.upper() for word in args[: len(command)]] for command in commands)


def without_secrets(record: Record) -> Record:
    """The record with *** for passwords in commands."""
    return {**record, "args": masked_words(record["args"])}


def traffic_writer(shape: Shape, session: Session) -> Writer:
    """What writes the records: lines for people on a terminal, unless it is to be another format."""
    if session.format != "table" or not session.streams.stdout_is_terminal or session.settings.columns:
        return session.line_writer(shape)
    from disquectl.render.traffic import TrafficWriter

    streams = session.streams
    return TrafficWriter(streams.stdout, lambda: streams.width, session.colored)
