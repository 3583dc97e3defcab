"""A line of JSON as a job: what `getjob -o jsonl` writes, and ADDJOB's options where given.

Pure, but that the end of a TTL is compared with the clock.
"""

from __future__ import annotations

import json
import time
from binascii import Error as NotBase64
from binascii import a2b_base64

from disquectl.commands.bulk.template import Template
from disquectl.errors import UsageError
from disquectl.protocol.job_options import NUMBERS, check_numbers, number_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from disquectl.commands.bulk.intake import Lines, Request
    from disquectl.commands.row import Words

# Keys that `getjob` writes beside the job itself.
IGNORED = frozenset({"id", "nacks", "additional_deliveries"})
# Templates that are kept for lines that say for themselves how they are to be added.
MAX_TEMPLATES = 256
KNOWN = frozenset(NUMBERS) | IGNORED | {"body", "body_base64", "queue", "queue_base64", "async"}


class JobLine:
    """`queue` is None where the line names none; `options` holds only what the line says."""

    __slots__ = ("body", "options", "queue")

    def __init__(self, queue: bytes | None, body: bytes, options: dict[str, Any]) -> None:
        self.queue = queue
        self.body = body
        self.options = options


def read(line: bytes) -> JobLine:
    """The job of a line. Raises UsageError, which says what is wrong with it."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"not JSON: {problem}") from None
    if not isinstance(fields, dict):
        raise UsageError("not a JSON object")
    if unknown := fields.keys() - KNOWN:
        raise UsageError(f"unknown key {min(unknown)!r}")
    body = _octets(fields, "body")
    if body is None:
        raise UsageError("no body")
    return JobLine(_octets(fields, "queue"), body, _options(fields))


def _octets(fields: dict[str, Any], name: str) -> bytes | None:
    """The bytes under a name, as text or as base64."""
    text, base64 = fields.get(name), fields.get(f"{name}_base64")
    if text is not None and base64 is not None:
        raise UsageError(f"{name} and {name}_base64 both stand there")
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
        raise UsageError(f"{name} holds half of a surrogate pair: use {name}_base64") from None


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name} is not a string")
    return value


def _options(fields: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    check_numbers(fields, time.time())
    options.update((name, fields[name]) for name in NUMBERS if fields.get(name) is not None)
    if "async" in fields:
        if not isinstance(fields["async"], bool):
            raise UsageError("async is neither true nor false")
        options["async"] = fields["async"]
    return options


def option_words(options: dict[str, Any]) -> Words:
    """ADDJOB's options in Disque's own words."""
    words: Words = number_words(options)
    return [*words, b"ASYNC"] if options.get("async") else words


class JobLines:
    """Each line is a job; `queue` and `options` hold for a line that does not say otherwise."""

    def __init__(self, queue: bytes | None, timeout_ms: int, options: dict[str, Any], in_order: bool) -> None:
        self._queue = queue
        self._timeout_ms = timeout_ms
        self._options = options
        self._in_order = in_order
        self._templates: dict[tuple[bytes, ...], Template] = {}

    def quick(self, lines: Lines) -> None:
        """Each line says for itself what it is."""

    def request(self, line: bytes) -> Request | None:
        """The request of a line; blank ones are left out."""
        if not line.strip():
            return None
        job = read(line)
        queue = self._queue if job.queue is None else job.queue
        if queue is None:
            raise UsageError("no queue, and none was named on the command line")
        options = {**self._options, **job.options} if job.options else self._options
        in_order = self._in_order or options.get("replicate") == 1 or bool(options.get("async"))
        return self._template(queue, option_words(options)).requests([job.body])[0], in_order

    def _template(self, queue: bytes, words: Words) -> Template:
        key = (queue, *words)
        template = self._templates.get(key)
        if template is None:
            if len(self._templates) >= MAX_TEMPLATES:
                self._templates.clear()
            template = self._templates[key] = Template(queue, self._timeout_ms, words)
        return template
