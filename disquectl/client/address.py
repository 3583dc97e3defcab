"""`Node`, the address of a node: `host:port` or a unix socket, read from text and URLs.

Pure: it looks up nothing and connects to nothing. No message shows a password.
"""

from __future__ import annotations

from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 7711

_FORMS = "A node is HOST:PORT, HOST, :PORT, [IPV6]:PORT or unix:/path/to.sock."


class Node:
    """The address of one node: `host` and `port`, or `path` of a unix socket (then host is "" and port 0)."""

    __slots__ = ("host", "path", "port")

    def __init__(self, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT, path: str = "") -> None:
        self.host = "" if path else host
        self.port = 0 if path else port
        self.path = path

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Node({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Node) and str(self) == str(other))

    def __hash__(self) -> int:
        return hash(str(self))


class Target:
    """What a URL names: the seeds in order, the password or None, and whether TLS is asked for."""

    __slots__ = ("nodes", "password", "tls")

    def __init__(self, nodes: list[Node], password: str | None, tls: bool) -> None:
        self.nodes = nodes
        self.password = password
        self.tls = tls


def parse_node(text: str) -> Node:
    """Read one node; the default is 127.0.0.1 and 7711. Raises UsageError."""
    text = text.strip()
    if "://" in text or "@" in text:
        # It may hold a password, so it is not repeated.
        raise UsageError(
            "a node has no scheme and no password", f"{_FORMS} A URL goes to --url or DISQUE_URL."
        )
    if text.startswith("unix:"):
        return _unix_node(text)
    if not text.isprintable() or any(c in text for c in "/ \\?#"):
        raise UsageError(f"not a node: {text!r}", _FORMS)
    if text.startswith("["):
        host, closing, port = text[1:].partition("]")
        if not closing or ":" not in host or (port and not port.startswith(":")):
            raise UsageError(f"not a node: {text!r}", _FORMS)
        return Node(host, _port(text, port[1:]) if port else DEFAULT_PORT)
    if not text or "[" in text or "]" in text:
        raise UsageError(f"not a node: {text!r}", _FORMS)
    if text.count(":") > 1:
        return Node(text, DEFAULT_PORT)
    host, colon, port = text.partition(":")
    return Node(host or DEFAULT_HOST, _port(text, port) if colon else DEFAULT_PORT)


def _unix_node(text: str) -> Node:
    path = text.removeprefix("unix:")
    # How long it may be differs from system to system; connect() will tell.
    if not path or "\0" in path:
        raise UsageError(f"not a node: {text!r}", _FORMS)
    return Node(path=path)


def _port(text: str, digits: str) -> int:
    if digits.isascii() and digits.isdigit() and len(digits) <= 5 and 1 <= int(digits) <= 65535:
        return int(digits)
    raise UsageError(f"not a port in {text!r}: 1 to 65535", _FORMS)


def parse_nodes(text: str) -> list[Node]:
    """Read comma-separated nodes, in order, each once. Raises UsageError."""
    return distinct(parse_node(part) for part in text.split(","))


def as_nodes(given: str | Node | tuple[str, int]) -> list[Node]:
    """Read nodes from comma-separated text, a node, or a host and a port. Raises UsageError."""
    if isinstance(given, Node):
        return [given]
    if isinstance(given, str):
        return parse_nodes(given)
    if isinstance(given, tuple | list) and len(given) == 2:
        host, port = given
        if isinstance(host, str) and host and type(port) is int and 1 <= port <= 65535:
            is_bare = ":" in host and not host.startswith("[")
            return [parse_node(f"[{host}]:{port}" if is_bare else f"{host}:{port}")]
    shown = repr(given)
    if isinstance(given, dict) or "@" in shown:  # it may hold a password
        shown = f"a {type(given).__name__}"
    raise UsageError(f"not a node: {shown}", f'{_FORMS} In Python also ("host", 7711).')


def hint(nodes: Iterable[Node]) -> str:
    """Return what may be wrong with an address where nothing answers, or "".

    `::1:7711` is one IPv6 address without a port, and rarely meant as such.
    """
    for node in nodes:
        host, _, port = node.host.rpartition(":")
        if ":" in host and node.port == DEFAULT_PORT and len(port) > 3 and port.isdecimal():
            return f"{node.host} is an IPv6 address as a whole. With a port it is [{host}]:{port}."
    return ""


def distinct(nodes: Iterable[Node]) -> list[Node]:
    """The same nodes in the same order, each once."""
    return list(dict.fromkeys(nodes))


def parse_url(url: str) -> Target:
    """Read `disque://[:password@]host[:port][,host[:port]...]`, `disques://` for TLS. Raises UsageError.

    Password and hosts may be percent-encoded; a password with one of `/ @ ? # %` has to be.
    """
    from urllib.parse import unquote, unquote_to_bytes

    scheme, separator, rest = url.strip().partition("://")
    if not separator or scheme.lower() not in ("disque", "disques"):
        raise _bad_url("it starts with disque:// or disques://")
    if rest.endswith("/"):
        rest = rest[:-1]
    if any(c in rest for c in "/?#"):
        raise _bad_url("there is nothing after the hosts; write / ? # in a password as %2F %3F %23")
    credentials, at, hosts = rest.rpartition("@")
    user, colon, password = credentials.partition(":")
    if user or (at and not colon) or "@" in credentials:
        raise _bad_url("Disque has no user names; the password stands between : and @, with @ in it as %40")
    if not hosts:
        raise _bad_url("a host is missing")
    try:
        nodes = distinct(parse_node(unquote(host, errors="surrogateescape")) for host in hosts.split(","))
    except UsageError:
        if at:
            raise
        # What is not a host may be a password without its @host, so it is not repeated.
        raise _bad_url("it has a wrong host or port, or a password without @ and a host after it") from None
    secret = unquote_to_bytes(password.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    return Target(nodes, secret or None, scheme.lower() == "disques")


def _bad_url(reason: str) -> UsageError:
    return UsageError(f"not a URL of Disque: {reason}", "For example disque://:secret@host1:7711,host2:7711")
