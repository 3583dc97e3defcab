"""Encodes many ADDJOB requests; the parts that all of them share are encoded once. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.spec.parameters import Words


# Templates that are kept for jobs with different options.
MAX_TEMPLATES = 256


class Template:
    """A request without its body."""

    __slots__ = ("_head", "_tail")

    def __init__(self, queue: bytes, timeout_ms: int, options: Words, *, with_ttl: bool = False) -> None:
        """`with_ttl`: each request has a TTL at its end; see `request_with_ttl`."""
        before: Words = [b"ADDJOB", queue]
        after: Words = [b"%d" % timeout_ms, *options, *([b"TTL"] if with_ttl else [])]
        self._head = b"*%d\r\n%b" % (len(before) + 1 + len(after) + with_ttl, _bulks(before))
        self._tail = b"\r\n" + _bulks(after)

    def requests(self, bodies: Iterable[bytes]) -> list[bytes]:
        """A request for each body; any bytes are a body."""
        head, tail = self._head, self._tail
        return [b"%b$%d\r\n%b%b" % (head, len(body), body, tail) for body in bodies]

    def request(self, body: bytes) -> bytes:
        """The request for one body."""
        return b"%b$%d\r\n%b%b" % (self._head, len(body), body, self._tail)

    def request_with_ttl(self, body: bytes, ttl: int) -> bytes:
        """The request for one body, with a TTL; only if the template was made `with_ttl`."""
        digits = b"%d" % ttl
        values = (self._head, len(body), body, self._tail, len(digits), digits)
        return b"%b$%d\r\n%b%b$%d\r\n%b\r\n" % values


class Templates:
    """Templates for jobs with different queues and options."""

    __slots__ = ("_kept", "_timeout_ms")

    def __init__(self, timeout_ms: int) -> None:
        self._timeout_ms = timeout_ms
        self._kept: dict[tuple[bytes, ...], Template] = {}

    def of(self, queue: bytes, options: Words) -> Template:
        """The template for a queue and the options in Disque's words."""
        key = (queue, *options)
        template = self._kept.get(key)
        if template is None:
            if len(self._kept) >= MAX_TEMPLATES:
                self._kept.clear()
            template = self._kept[key] = Template(queue, self._timeout_ms, options)
        return template


def _bulks(words: Words) -> bytes:
    return b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words])
