"""The nodes that the worker talks to: one that gives it jobs, and those that requests are addressed to.

A request goes to its node or, where that cannot be reached, back to the sender, as does what a lost
connection leaves unanswered. Knows no processes, and of the commands only which ones hold up a connection:
GETJOB and ADDJOB have their own.
"""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING

from disquectl.client.address import DEFAULT_HOST, Node
from disquectl.worker.job import Request
from disquectl.worker.watched_connection import WatchedConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Words
    from disquectl.worker.poller import Poller

# How long a node is left alone that could not be reached, and one that is leaving the cluster.
_PAUSE_SECONDS = 1.0
_LEAVING_SECONDS = 60.0
_TALK, _ADD = "talk", "add"


class Nodes:
    """See the module.

    `answered(answers)` gets requests with their replies, a GETJOB with `request.home` the node that gave it;
    `lost(requests, certainly_not_done, node)` what has none, with the node whose connection was lost, or None
    where none was open; `said(text)` what people should know.
    """

    def __init__(
        self,
        seeds: Sequence[Node],
        connection_factory: ConnectionFactory,
        watch: Poller,
        *,
        answered: Callable[[list[tuple[Request, Reply]]], object],
        lost: Callable[[Iterable[Request], bool, Node | None], object],
        said: Callable[[str], object],
    ) -> None:
        self.current = seeds[0]
        self._connection_factory = connection_factory
        self._watch = watch
        self._answered = answered
        self._lost = lost
        self._said = said
        self._known = list(dict.fromkeys(seeds))
        # Where a node is asked, by its ID.
        self._by_id: dict[str, Node] = {}
        self._ids: dict[Node, str] = {}
        self._getter: WatchedConnection | None = None
        self._lines: dict[tuple[Node, str], WatchedConnection] = {}
        # Until when a node is left alone, and until when no jobs are taken from it.
        self._down: dict[Node, float] = {}
        self._shunned: dict[Node, float] = {}
        # Those whose latest word was a failure.
        self._failing: set[Node] = set()

    @property
    def getting(self) -> bool:
        """Whether a GETJOB is on its way."""
        return self._getter is not None and bool(self._getter.unanswered)

    @property
    def current_prefix(self) -> str:
        """The first 8 digits of the ID of the node that gives jobs, or empty."""
        return self._getter.link.node_id[:8] if self._getter else ""

    @property
    def is_lone(self) -> bool:
        """Whether the node that gives jobs knows no other."""
        greeting = self._getter.link.greeting if self._getter else None
        return greeting is not None and len(greeting["nodes"]) == 1

    @property
    def up(self) -> set[Node]:
        """The nodes that may be asked for jobs: all but those that failed a moment ago or are leaving."""
        return {node for node in self._known if self._until(node, getting=True) <= time.monotonic()}

    @property
    def trusted(self) -> set[Node]:
        """Those that are up and did not fail when they were last asked."""
        return self.up - self._failing

    @property
    def known(self) -> tuple[Node, ...]:
        """All nodes, up or not: the seeds, and those that they named."""
        return tuple(self._known)

    def id_of(self, node: Node) -> str:
        """The ID of this node, or an empty text where it has not said it and no other has."""
        return self._ids.get(node, "")

    def get(self, words: Words, wait_seconds: float) -> None:
        """Ask for jobs; nothing happens where no node can be asked yet."""
        if self._getter is None:
            self._open_getter()
        if self._getter is not None and self._getter.link.greeting is not None:
            self._getter.wait_seconds = wait_seconds
            self._getter.ask([Request(words, self._getter.node)])

    def send(self, requests: Sequence[Request]) -> None:
        """Send each to its node; what cannot be sent is lost, and certainly not done."""
        alike: dict[tuple[Node, bool], list[Request]] = {}
        home, adds = None, False
        some: list[Request] = []
        for request in requests:
            if request.home is not home or (request.words[0] == b"ADDJOB") is not adds:
                home, adds = request.home, request.words[0] == b"ADDJOB"
                some = alike.setdefault((home, adds), [])
            some.append(request)
        for some in alike.values():
            line = self._line_for(some[0])
            if line is None:
                self._lost(some, True, None)
            else:
                line.ask(some)

    def tick(self) -> None:
        """Give up on nodes that do not answer."""
        for line in [*self._lines.values(), *([self._getter] if self._getter else [])]:
            line.expire()

    def move_to(self, node_prefix: str) -> None:
        """Take jobs from this node from now on, where its address is known. No GETJOB may be on its way."""
        for node_id, node in self._by_id.items():
            if (
                node_id.startswith(node_prefix)
                and node != self.current
                and self._until(node) <= time.monotonic()
            ):
                self._said(f"most jobs come from {node}: taking them there")
                self._leave_getter()
                self.current = node

    def shun(self) -> None:
        """The node that gives jobs is leaving the cluster: take them from another one."""
        self._said(f"{self.current} is leaving the cluster")
        self._shunned[self.current] = time.monotonic() + _LEAVING_SECONDS
        self.go_on()

    def close(self) -> None:
        """Hang up on all of them."""
        self._leave_getter()
        for line in self._lines.values():
            line.close()

    def stop_getting(self) -> None:
        """Hang up on a GETJOB that is not answered."""
        if self.getting:
            self._leave_getter()

    def _leave_getter(self) -> None:
        if self._getter is not None:
            self._getter.close()
            self._getter = None

    def _open_getter(self) -> None:
        if self._until(self.current, getting=True) > time.monotonic():
            self.go_on()
        if self._until(self.current) <= time.monotonic():
            self._getter = WatchedConnection(
                self.current, self._connection_factory, self._watch, self._heard, self._getter_ended
            )
            self._getter.look()

    def go_on(self) -> None:
        """Take jobs from the next node that may be asked, in the order of the seeds."""
        at = self._known.index(self.current) if self.current in self._known else -1
        up = self.up
        for node in self._known[at + 1 :] + self._known[: at + 1]:
            if node in up:
                if node != self.current:
                    self._leave_getter()
                self.current = node
                return

    def _until(self, node: Node, getting: bool = False) -> float:
        until = self._down.get(node, -inf)
        return max(until, self._shunned.get(node, -inf)) if getting else until

    def _line_for(self, request: Request) -> WatchedConnection | None:
        node, role = request.home, _ADD if request.words[0] == b"ADDJOB" else _TALK
        if self._until(node) > time.monotonic():
            return None
        line = self._lines.get((node, role))
        if line is None:
            line = WatchedConnection(
                node, self._connection_factory, self._watch, self._heard, self._line_ended
            )
            self._lines[node, role] = line
            line.look()
        return line if line.link.failure is None else None

    def _heard(self, line: WatchedConnection, answers: list[tuple[Request, Reply]]) -> None:
        if line.node in self._failing:
            self._said(f"{line.node} answers again")
            self._failing.discard(line.node)
        greeting = line.link.greeting
        if greeting is not None and line.link.node_id not in self._by_id:
            self._learn(line, greeting["nodes"])
        self._answered(answers)

    def _learn(self, line: WatchedConnection, nodes: Iterable[dict[str, object]]) -> None:
        """Remember where the nodes are; the one that tells is asked where it was found."""
        self._by_id[line.link.node_id] = line.node
        self._ids[line.node] = line.link.node_id
        for entry in nodes:
            node_id = str(entry["id"])
            if node_id not in self._by_id:
                node = Node(str(entry["host"] or line.node.host or DEFAULT_HOST), int(str(entry["port"])))
                self._by_id[node_id] = node
                self._ids.setdefault(node, node_id)
                if node not in self._known:
                    self._known.append(node)

    def _getter_ended(self, line: WatchedConnection) -> None:
        self._getter = None
        self._failed(line)
        self.go_on()

    def _line_ended(self, line: WatchedConnection) -> None:
        for key in [key for key, one in self._lines.items() if one is line]:
            del self._lines[key]
        self._failed(line)

    def _failed(self, line: WatchedConnection) -> None:
        if line.node not in self._failing:
            self._said(f"{line.node}: {line.link.failure}")
        self._down[line.node] = time.monotonic() + _PAUSE_SECONDS
        self._failing.add(line.node)
        unanswered = [request for request in line.unanswered if request.words[0] != b"GETJOB"]
        line.unanswered.clear()
        self._lost(unanswered, not line.link.outcome_is_unknown, line.node)
