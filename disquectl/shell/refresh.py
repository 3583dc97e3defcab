"""Fetches the live names in a background thread, with its own connection and limits.

Errors end up in `names.problem`; the shell never waits for it.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from copy import copy

from disquectl.client.pipeline import call_many
from disquectl.commands import all_commands
from disquectl.config.file import load
from disquectl.errors import DisquectlError, ReplyError
from disquectl.execution.looking import NAMING
from disquectl.execution.session import Session
from disquectl.protocol.replies import qscan_page
from disquectl.protocol.secrets import masked_reply
from disquectl.protocol.server_replies import config as config_records
from disquectl.shell.match import Index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.client.transport import Transport
    from disquectl.shell.names import Names
    from disquectl.shell.state import Shell

TIMEOUT_SECONDS = 2.0
PAUSE_SECONDS = 3.0
# Limits of one round; a page is small enough not to block the server.
MAX_NAMES = 100_000
MAX_LENGTHS = 10_000
MAX_SECONDS = 5.0
PAGE = b"1000"
LENGTHS_AT_ONCE = 1_000


class Refresher:
    """The background thread. It calls `changed` when there is something new to show."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="disquectl-names", daemon=True)
        self.first_done = threading.Event()
        self.changed: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def hurry(self) -> None:
        """Refresh now: the connection has changed."""
        self._wake.set()

    def stop(self) -> None:
        """End after the current request, without waiting for it."""
        self._stopped = True
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped:
            # Read before the settings: `connect` replaces the settings first.
            names = self._shell.names
            try:
                self._ask(names)
            except Exception as problem:
                # The bar shows it; a thread has no caller to raise to.
                names.problem = (
                    problem.message if isinstance(problem, DisquectlError) else type(problem).__name__
                )
            names.checked = True
            self.first_done.set()
            self.changed()
            all_commands()  # load them before they are needed for completion
            self._wake.wait(PAUSE_SECONDS)
            self._wake.clear()

    def _ask(self, names: Names) -> None:
        """Do one round: find a node that answers, and fetch its names. Raises DisquectlError."""
        if names.wanted:
            names.profiles = _profiles(self._shell.settings.config_path)
        settings = copy(self._shell.session.settings)
        settings.echo, settings.echo_to, settings.quiet = False, None, True
        settings.ask_password = False  # the prompt asks for it, not this thread
        session = Session(settings, self._shell.streams)
        problem: DisquectlError | None = None
        current = self._shell.node
        for node in dict.fromkeys([current, *settings.nodes] if current else settings.nodes):
            try:
                with session.client_for(node, TIMEOUT_SECONDS) as client:
                    self._look(client, str(node), names)
                return
            except DisquectlError as failed:
                problem = problem or failed
        if problem is not None:
            raise problem

    def _look(self, client: Transport, address: str, names: Names) -> None:
        with suppress(ReplyError):  # what follows is refused, too, and reports it
            client.call(*NAMING, repeatable=True, failover=False)
        hello = client.verify()
        if names.address != address:
            names.address = ""  # until all of the names are from this node
        names.nodes, names.node_id = hello["nodes"], hello["node"]
        names.problem, names.address = "", address
        self.first_done.set()
        if not names.wanted:
            return
        names.wanted = False
        names.settings = _settings(client)
        queues = _queues(client)
        names.lengths = _lengths(client, queues)
        names.queues = Index(queues)


def _settings(client: Transport) -> dict[str, str]:
    words = (b"CONFIG", b"GET", b"*")
    reply = masked_reply(words, client.call(*words, repeatable=True))
    return {record["name"]: record["value"] for record in config_records(reply)}


def _queues(client: Transport) -> set[str]:
    found: set[str] = set()
    deadline = time.monotonic() + MAX_SECONDS
    cursor = 0
    while True:
        cursor, page = qscan_page(
            client.call("QSCAN", cursor, "COUNT", PAGE, repeatable=True, failover=False)
        )
        found.update(os.fsdecode(name) for name in page)
        if not cursor or len(found) >= MAX_NAMES or time.monotonic() > deadline:
            return found


def _lengths(client: Transport, queues: set[str]) -> dict[str, int]:
    """Return the lengths of as many queues as can be asked in the time of one round."""
    found: dict[str, int] = {}
    asked = sorted(queues)[:MAX_LENGTHS]
    deadline = time.monotonic() + MAX_SECONDS
    for at in range(0, len(asked), LENGTHS_AT_ONCE):
        part = asked[at : at + LENGTHS_AT_ONCE]
        replies = call_many(client, [("QLEN", os.fsencode(name)) for name in part], repeatable=True)
        found.update(
            (name, reply) for name, reply in zip(part, replies, strict=False) if isinstance(reply, int)
        )
        if time.monotonic() > deadline:
            break
    return found


def _profiles(path: str | None) -> dict[str, str]:
    """Return the profiles of the config file with their nodes; none if it is wrong, which commands report."""
    try:
        config = load(path, os.environ)
    except DisquectlError:
        return {}
    profiles = config.profiles.values() if config else ()
    return {profile.name: ",".join(profile.values.get("nodes", [])) for profile in profiles}
