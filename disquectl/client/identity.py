"""Who answers at an address: a Disque, or something else that speaks the same protocol.

Pure: it reads replies that were already got. The client asks the questions.
"""

from __future__ import annotations

from disquectl.errors import NotDisque, ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply, Word

# Verbs that every Disque has and no Redis: an answer "unknown command" to one of them is no Disque's.
DISQUE_VERBS = frozenset(
    {"ACKJOB", "ADDJOB", "DELJOB", "DEQUEUE", "ENQUEUE", "FASTACK", "GETJOB", "HELLO", "JSCAN", "LOADJOB"}
    | {"NACK", "PAUSE", "QLEN", "QPEEK", "QSCAN", "QSTAT", "SHOW", "WORKING"}
)


def has_verb(verb: Word) -> bool:
    """Whether every Disque must know this verb."""
    name = verb.decode("latin-1") if isinstance(verb, bytes) else str(verb)
    return name.upper() in DISQUE_VERBS


def is_loading(reply: Reply) -> bool:
    """Whether it is a Disque that is still reading its file."""
    return isinstance(reply, ReplyError) and reply.code == "LOADING" and "Disque" in reply.message


def stranger(node: Node, info: Reply) -> NotDisque | None:
    """What the reply to `INFO server` says of a server that lacks Disque's verbs; None: it is a Disque."""
    fields = _fields(info)
    if "disque_version" in fields:
        return None
    for name, product in (("valkey_version", "Valkey"), ("redis_version", "Redis")):
        if name in fields:
            return named(node, product, fields[name])
    return named(node, "", "")


def stranger_in_hello(node: Node, hello: Reply) -> NotDisque | None:
    """What a HELLO says that Redis 6 or later answered; None: it is not such an answer."""
    if isinstance(hello, list):
        fields = dict(zip(hello[0::2], hello[1::2], strict=False)) if _all_bytes(hello[0::2]) else {}
        server, version = fields.get(b"server"), fields.get(b"version")
        if isinstance(server, bytes) and isinstance(version, bytes):
            return named(node, server.decode("latin-1").capitalize(), version.decode("latin-1"))
    return None


def named(node: Node, product: str, version: str) -> NotDisque:
    """The exception that names what answers instead of a Disque."""
    what = f"a {product} {version[:40]}, not a Disque" if product else "not a Disque"
    return NotDisque(
        f"{node} is {what}", "Name a Disque by --node, DISQUE_NODES or --url; its usual port is 7711."
    )


def _all_bytes(values: list[Reply]) -> bool:
    return all(isinstance(value, bytes) for value in values)


def _fields(info: Reply) -> dict[str, str]:
    if not isinstance(info, bytes):
        return {}
    lines = info.decode("utf-8", "backslashreplace").splitlines()
    return {name: value for name, colon, value in (line.partition(":") for line in lines) if colon}
