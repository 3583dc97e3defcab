"""Finds out whether a server is a Disque, or another one that speaks the same protocol.

Pure: it reads replies; the transport sends the requests.
"""

from __future__ import annotations

from disquectl.errors import NotDisque, ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.protocol.resp import AnyWord, Reply

# Verbs that every Disque has and no Redis: one that is an "unknown command" shows that it is not a Disque.
DISQUE_VERBS = frozenset(
    {"ACKJOB", "ADDJOB", "DELJOB", "DEQUEUE", "ENQUEUE", "FASTACK", "GETJOB", "HELLO", "JSCAN", "LOADJOB"}
    | {"NACK", "PAUSE", "QLEN", "QPEEK", "QSCAN", "QSTAT", "SHOW", "WORKING"}
)


MODULE = "disque"


class RedisWithModule(NotDisque):
    """A Redis with the Disque module: it has the commands for jobs and queues, but for the scans."""


def has_verb(verb: AnyWord) -> bool:
    """Whether every Disque must know this verb."""
    name = verb.decode("latin-1") if isinstance(verb, bytes) else str(verb)
    return name.upper() in DISQUE_VERBS


def is_loading(reply: Reply) -> bool:
    """Whether it is the reply of a Disque that is still reading its file."""
    return isinstance(reply, ReplyError) and reply.code == "LOADING" and "Disque" in reply.message


def stranger(node: Node, info: Reply) -> NotDisque | None:
    """Return what a server without Disque's verbs is, by its INFO; None: it is a Disque."""
    fields = _fields(info)
    if "disque_version" in fields:
        return None
    if isinstance(info, bytes) and b"module:name=" + MODULE.encode() + b"," in info.lower():
        return with_module(node, fields.get("redis_version", ""))
    for name, product in (("valkey_version", "Valkey"), ("redis_version", "Redis")):
        if name in fields:
            return named(node, product, fields[name])
    return named(node, "", "")


def stranger_in_hello(node: Node, hello: Reply) -> NotDisque | None:
    """Return what the server is, where Redis 6 or later answered HELLO; None: it did not."""
    if isinstance(hello, list):
        fields = dict(zip(hello[0::2], hello[1::2], strict=False)) if _all_bytes(hello[0::2]) else {}
        server, version = fields.get(b"server"), fields.get(b"version")
        if isinstance(server, bytes) and isinstance(version, bytes):
            if MODULE in _module_names(fields.get(b"modules")):
                return with_module(node, version.decode("latin-1"))
            return named(node, server.decode("latin-1").capitalize(), version.decode("latin-1"))
    return None


def named(node: Node, product: str, version: str) -> NotDisque:
    """The exception that names what answers instead of a Disque."""
    what = f"a {product} {version[:40]}, not a Disque" if product else "not a Disque"
    return NotDisque(
        f"{node} is {what}", "Name a Disque by --node, DISQUE_NODES or --url; its usual port is 7711."
    )


def with_module(node: Node, version: str) -> RedisWithModule:
    """The exception that names a Redis with the Disque module."""
    return RedisWithModule(
        f"{node} is a Redis {version[:40]} with the Disque module: commands that name jobs and queues work; "
        "listing and the worker do not",
        "Name a Disque by --node, DISQUE_NODES or --url for these.",
    )


def _module_names(modules: Reply | None) -> list[str]:
    """The names in HELLO's `modules`: for each a flat array of fields and values."""
    names = []
    for module in modules if isinstance(modules, list) else []:
        flat = module if isinstance(module, list) and _all_bytes(module[0::2]) else []
        name = dict(zip(flat[0::2], flat[1::2], strict=False)).get(b"name")
        names += [name.decode("latin-1").lower()] if isinstance(name, bytes) else []
    return names


def _all_bytes(values: list[Reply]) -> bool:
    return all(isinstance(value, bytes) for value in values)


def _fields(info: Reply) -> dict[str, str]:
    if not isinstance(info, bytes):
        return {}
    lines = info.decode("utf-8", "backslashreplace").splitlines()
    return {name: value for name, colon, value in (line.partition(":") for line in lines) if colon}
