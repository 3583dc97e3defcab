"""Nodes that have one job, each in the state that a test gives, and change it as Disque does."""

from __future__ import annotations

import contextlib
import itertools

from disquectl.merge.replicas import NAMES
from disquectl.protocol.resp import encode
from tests.support.scripted_node import ScriptedNode

JOB = b"D-" + b"a" * 8 + b"-" + b"x" * 24 + b"-05a1"
LETTERS = "abcd"
ENDING = (b"ACKJOB", b"FASTACK", b"DELJOB")
# Verb -> the state before and after; a node in another state answers 0.
MOVES = {
    b"ENQUEUE": (b"active", b"queued"),
    b"NACK": (b"active", b"queued"),
    b"DEQUEUE": (b"queued", b"active"),
}


def node_id(letter):
    return letter.encode() * 40


class Holder(ScriptedNode):
    """One node. `state` of the job here, None for a node without it; `listed` are letters of nodes.

    `silent_at`: verbs that it does not answer; `refuses`: verb -> error; `looks`: a state for each SHOW.
    """

    def __init__(self, letter, state, listed="ab", requeue_ms=60_000, **how):
        super().__init__(*itertools.repeat(itertools.repeat(self._answer), 3))
        self.letter, self.listed, self.requeue_ms = letter, listed, requeue_ms
        self.state = None if state is None else state.encode()
        self.silent_at = how.get("silent_at", ())
        self.refuses = how.get("refuses", {})
        self.looks = [None if look is None else look.encode() for look in how.get("looks", ())]
        self.others = []

    def verbs(self):
        """What it was asked, without the greeting and the looks."""
        return [words[0] for words in self.requests if words[0] not in (b"HELLO", b"SHOW")]

    def looked_at(self):
        """How often the job was looked at here."""
        return sum(words[0] == b"SHOW" for words in self.requests)

    def _answer(self, conn):
        verb, *words = self.requests[-1]
        if verb in self.silent_at:
            with contextlib.suppress(OSError):
                while conn.recv(65536):
                    pass
        elif verb in self.refuses:
            conn.sendall(b"-%s\r\n" % self.refuses[verb])
        elif verb == b"HELLO":
            conn.sendall(self._hello())
        elif verb == b"SHOW":
            if self.looks:
                self.state = self.looks.pop(0)
            conn.sendall(self._show(words[0]))
        else:
            conn.sendall(b":%d\r\n" % self._changed(verb))

    def _hello(self):
        nodes = [self, *self.others]
        entries = b"".join(encode((node_id(node.letter), *node.address.split(":"), b"1")) for node in nodes)
        return b"*%d\r\n:1\r\n" % (2 + len(nodes)) + encode((node_id(self.letter),))[4:] + entries

    def _show(self, job_id):
        if self.state is None or job_id != JOB:
            return b"$-1\r\n"
        values = dict.fromkeys(NAMES, b":0\r\n")
        for name, value in ((b"id", JOB), (b"queue", b"q"), (b"state", self.state), (b"body", b"body")):
            values[name] = encode((value,))[4:]
        values[b"nodes-delivered"] = encode([node_id(letter) for letter in self.listed])
        values[b"nodes-confirmed"] = b"*0\r\n"
        values[b"next-requeue-within"] = b":%d\r\n" % self.requeue_ms
        fields = b"".join(encode((name,))[4:] + value for name, value in values.items())
        return b"*%d\r\n" % (2 * len(values)) + fields

    def _changed(self, verb):
        before = self.state
        if verb == b"WORKING":
            self.state = b"active"
            return 30
        if verb in ENDING:
            self.state = None
            return before is not None
        here, there = MOVES[verb]
        self.state = there if before == here else before
        return before == here


@contextlib.contextmanager
def holding(*nodes):
    """The nodes as a cluster; its seed is the first."""
    with contextlib.ExitStack() as stack:
        for node in nodes:
            node.others = [other for other in nodes if other is not node]
            stack.enter_context(node)
        yield nodes[0].address
