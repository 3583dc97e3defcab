"""Names that only a server knows, fetched over one connection.

Never asks for a password, and runs no password command. Errors raise; `answer` ignores them.
"""

from __future__ import annotations

import os
import time

from disquectl.client.address import Node
from disquectl.client.connection_factory import ConnectionFactory, tls_of
from disquectl.client.transport import Transport
from disquectl.config.settings import resolve
from disquectl.render.escape import for_terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.completion.candidates import Candidate
    from disquectl.completion.expect import Given
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Raw

MAX_NAMES = 500
MAX_JOBS = 50
MAX_BODY_LENGTH = 40
# Sources of a password that need neither a question nor a command.
NON_INTERACTIVE_SOURCES = ("password_env", "password_file")


def names(kind: str, given: Given, partial: str, timeout_seconds: float) -> list[Candidate]:
    """Return the names of this type that begin with `partial`; `given` is what the line says so far.

    Raises DisquectlError.
    """
    deadline = time.monotonic() + timeout_seconds
    client = _client(given, timeout_seconds)
    if client is None:
        return []
    with client:
        if kind == "queue":
            return [(name, "") for name in _queues(client, partial, deadline)]
        if kind == "id":
            return [candidate for candidate in _jobs(client, given) if candidate[0].startswith(partial)]
        if kind == "config":
            client.verify()
            reply = _list(client.call("CONFIG", "GET", f"{_plain(partial)}*", repeatable=True))
            return [(_text(name), "") for name in reply[0::2] if _text(name).startswith(partial)]
        known = client.verify()["nodes"]
        if kind == "node_id":
            return [
                (node["id"], str(Node(node["host"], node["port"])))
                for node in known
                if node["id"].startswith(partial)
            ]
        found = [str(Node(node["host"], node["port"])) for node in known if node["host"]]
        return [(node, "HELLO") for node in found if node.startswith(partial)]


def _client(given: Given, timeout_seconds: float) -> Transport | None:
    """Return a client with the options of the line; None if it would need to ask for a password."""
    raw: Raw = {
        name: words if name == "node" else words[-1]
        for name, words in given.items()
        if name in ("node", "url", "profile", "config", "password_file", "cacert", "cert", "key")
    }
    raw |= {name: True for name in ("tls", "insecure") if name in given}
    settings = resolve(raw, os.environ)
    if "ask_password" in given:
        return None
    source = settings.password_source
    if source is not None and source.key not in NON_INTERACTIVE_SOURCES:
        return None
    connection_factory = ConnectionFactory(
        password=source.read(os.environ)[0] if source else settings.password,
        connect_timeout=timeout_seconds,
        response_timeout=timeout_seconds,
        tls=tls_of(settings.tls),
    )
    return Transport(settings.nodes, connection_factory)


def _queues(client: Transport, partial: str, deadline: float) -> Iterator[str]:
    cursor, shown = b"0", 0
    while shown < MAX_NAMES and time.monotonic() < deadline:
        page = _list(client.call("QSCAN", cursor, "COUNT", 1000, repeatable=True))
        cursor = bytes(page[0])  # type: ignore[arg-type]
        for name in _list(page[1]):
            if _text(name).startswith(partial) and shown < MAX_NAMES:
                shown += 1
                yield _text(name)
        if cursor == b"0":
            return


def _jobs(client: Transport, given: Given) -> Iterator[Candidate]:
    """Yield the first jobs of the queue that the line names; without a queue, any jobs."""
    if queue := given.get("queue"):
        for job in _list(client.call("QPEEK", os.fsencode(queue[-1]), MAX_JOBS, repeatable=True)):
            _, job_id, body = _list(job)[:3]
            yield _text(job_id), for_terminal(_text(body)[:MAX_BODY_LENGTH])
        return
    page = _list(client.call("JSCAN", 0, "COUNT", MAX_JOBS, repeatable=True))
    for job_id in _list(page[1])[:MAX_JOBS]:
        yield _text(job_id), ""


def _list(reply: Reply) -> list[Reply]:
    return reply if isinstance(reply, list) else []


def _text(word: Reply) -> str:
    return os.fsdecode(word) if isinstance(word, bytes) else ""


def _plain(partial: str) -> str:
    """Return the word without the special characters of CONFIG GET's patterns."""
    return "".join(char for char in partial if char.isalnum() or char == "-")
