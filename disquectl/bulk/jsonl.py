"""Parses a line of JSON as a job: the form that `getjob -o jsonl` writes, and ADDJOB's options.

Pure, except that the end of a TTL is compared with the clock.
"""

from __future__ import annotations

import json
import time
from binascii import Error as NotBase64
from binascii import a2b_base64

from disquectl.bulk.batches import WrongInput
from disquectl.bulk.template import Templates
from disquectl.errors import UsageError
from disquectl.protocol.job_options import NUMBERS, checked_numbers, number_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from disquectl.bulk.batches import Lines, Request
    from disquectl.spec.parameters import Words

# Keys that `getjob` and `dump` write, and that have no meaning for ADDJOB.
IGNORED = frozenset({"id", "nacks", "additional_deliveries", "created", "expires", "due", "state"})
# Characters of a line that are shown if it is not JSON.
MAX_SHOWN = 40
ONE_LINE = "one object per line: `jq -c .` writes it so"
# A first line that has only these characters begins a document of several lines.
OPENINGS = {b"{": "jq -c .", b"[": "jq -c '.[]'", b"[{": "jq -c '.[]'"}
KNOWN = frozenset(NUMBERS) | IGNORED | {"body", "body_base64", "queue", "queue_base64", "async"}


_decode = json.JSONDecoder().raw_decode


class JobLine:
    """`queue` is None if the line has none; `options` has only those of the line."""

    __slots__ = ("body", "options", "queue")

    def __init__(self, queue: bytes | None, body: bytes, options: dict[str, Any]) -> None:
        self.queue = queue
        self.body = body
        self.options = options


def check_opening(line: bytes, number: int) -> None:
    """Raise WrongInput if the first line with text begins a document of several lines."""
    if command := OPENINGS.get(b"".join(line.split())):
        raise WrongInput(
            f"line {number}: the JSON spans several lines, instead of one object per line",
            f"write it so: {command}",
        )


def read(line: bytes) -> JobLine:
    """The job of a line. Raises UsageError with the reason if it is not one."""
    return job_of(fields_of(line))


def fields_of(line: bytes) -> dict[str, Any]:
    """The object of a line, which has no unknown keys. Raises UsageError."""
    fields = _parsed(line)
    if isinstance(fields, list):
        raise UsageError("a JSON array where one object per line is expected (`jq -c '.[]'` writes them so)")
    if not isinstance(fields, dict):
        raise UsageError("not a JSON object")
    if not KNOWN.issuperset(fields):
        raise UsageError(f"unknown key {min(fields.keys() - KNOWN)!r}")
    return fields


def job_of(fields: dict[str, Any]) -> JobLine:
    """The job of an object. Raises UsageError."""
    body = _octets(fields, "body")
    if body is None:
        raise UsageError("no body")
    return JobLine(_octets(fields, "queue"), body, options_of(fields))


def _parsed(line: bytes) -> object:
    """The JSON value of a line. Raises UsageError, worded without Python's own messages."""
    try:
        text = line.decode()
    except UnicodeDecodeError as problem:
        raise UsageError(f"not UTF-8 at byte {problem.start + 1}") from None
    try:
        return value_of(text)
    except json.JSONDecodeError as problem:
        rest = text[problem.pos :].strip()
        # A string that has no end is reported at its beginning.
        if not rest or (rest.startswith('"') and problem.msg.startswith("Unterminated")):
            raise UsageError(f"the JSON does not end on this line ({ONE_LINE})") from None
        shown = rest if len(rest) <= MAX_SHOWN else rest[:MAX_SHOWN] + "\u2026"
        raise UsageError(f"not JSON from character {problem.pos + 1} on: {shown}") from None
    except RecursionError:
        raise UsageError("the JSON is nested too deeply") from None
    except ValueError:
        raise UsageError("a number in the JSON has too many digits") from None


def value_of(text: str) -> object:
    """The same as json.loads, in half of its time for a short text without white space around it."""
    try:
        value, end = _decode(text)
        if end == len(text):
            return value
    except json.JSONDecodeError:
        pass
    return json.loads(text)


def _octets(fields: dict[str, Any], name: str) -> bytes | None:
    """The bytes of a member, which is text or base64."""
    text, base64 = fields.get(name), fields.get(f"{name}_base64")
    if text is not None and base64 is not None:
        raise UsageError(f"{name} and {name}_base64 are both given")
    if base64 is not None:
        try:
            return a2b_base64(_text(f"{name}_base64", base64), strict_mode=True)
        except (NotBase64, ValueError):
            raise UsageError(f"{name}_base64 is not base64") from None
    if text is None:
        return None
    try:
        return _text(name, text).encode()
    except UnicodeEncodeError:
        raise UsageError(f"{name} has half of a surrogate pair: use {name}_base64") from None


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name} is not a string")
    return value


def options_of(fields: dict[str, Any]) -> dict[str, Any]:
    """The options of ADDJOB in an object. Raises UsageError."""
    options: dict[str, Any] = checked_numbers(fields, time.time())
    if "async" in fields:
        if not isinstance(fields["async"], bool):
            raise UsageError("async is not true or false")
        options["async"] = fields["async"]
    return options


def option_words(options: dict[str, Any]) -> Words:
    """ADDJOB's options in Disque's own words."""
    words: Words = number_words(options)
    return [*words, b"ASYNC"] if options.get("async") else words


def _name(queue: bytes) -> str:
    return f"'{queue.decode('utf-8', 'surrogateescape')}'"


class JobLines:
    """Each line is a job; `options` apply unless the line has the same ones.

    All jobs are added to `queue`, unless `line_wins`. `warn` is called once, with a text about the first line
    that names another queue; `overruled` counts such lines.
    """

    def __init__(
        self,
        queue: bytes | None,
        timeout_ms: int,
        options: dict[str, Any],
        *,
        in_order: bool,
        line_wins: bool = False,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._queue = queue
        self._options = options
        self._in_order = in_order
        self._line_wins = line_wins
        self._warn = warn
        self._is_first = True
        self.overruled = 0
        self._templates = Templates(timeout_ms)

    def quick(self, lines: Lines) -> None:
        """None: each line has to be parsed."""

    def request(self, line: bytes, number: int) -> Request | None:
        """The request of a line; None for a blank one. Raises UsageError and WrongInput."""
        stripped = line.strip()
        if not stripped:
            return None
        if self._is_first:
            self._is_first = False
            check_opening(stripped, number)
        job = read(line)
        queue = self._queue_of(job, number)
        options = {**self._options, **job.options} if job.options else self._options
        in_order = self._in_order or options.get("replicate") == 1 or bool(options.get("async"))
        return self._templates.of(queue, option_words(options)).requests([job.body])[0], in_order

    def _queue_of(self, job: JobLine, number: int) -> bytes:
        if job.queue is None or job.queue == self._queue:
            if self._queue is None:
                raise UsageError("no queue in the line, and none on the command line")
            return self._queue
        if self._queue is None or self._line_wins:
            return job.queue
        if not self.overruled:
            self._warn(
                f"line {number} names queue {_name(job.queue)}, but its job goes to {_name(self._queue)} "
                "(--queue-from-line uses the line's queue)"
            )
        self.overruled += 1
        return self._queue
