"""A node behind a proxy that changes some of its replies: what a sandbox cannot be brought to."""

from __future__ import annotations

import itertools

from disquectl import Client
from disquectl.errors import ReplyError
from tests.support.scanned_nodes import resp
from tests.support.scripted_node import ScriptedNode


class ChangedNode(ScriptedNode):
    """The node at `of`, whose reply to this verb is what `change` makes of it while `on` is true."""

    def __init__(self, of, verb, change):
        super().__init__()
        self.script = itertools.repeat(itertools.repeat(self._answer))
        self.on = True
        self._of = of
        self._verb = verb
        self._change = change

    def _answer(self, conn):
        words = self.requests[-1]
        try:
            with Client(self._of) as client:
                reply = client.call(*words)
        except ReplyError as refusal:
            conn.sendall(f"-{refusal.message}\r\n".encode())
            return
        if self.on and words[0].upper() == self._verb:
            reply = self._change(reply)
        conn.sendall(resp(reply))
