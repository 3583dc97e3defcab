"""Nodes with jobs that a test gives, which are scanned, shown, deleted and queued as Disque does."""

from __future__ import annotations

import contextlib
import itertools
import time

from disquectl.merge.replicas import BODY, CTIME, ID, NAMES, QUEUE, STATE
from tests.support.scripted_node import ScriptedNode

DELETING = (b"FASTACK", b"DELJOB")


def node_id(letter):
    return letter.encode() * 40


def job_id(number=0, maker="a", end="05a1"):
    return b"D-%b-%024d-%b" % (maker.encode() * 8, number, end.encode())


def replica(number=0, *, age_ms=60_000, maker="a", listed="ab", end="05a1", **values):
    """What a node says of a job: queued in `q`, created a minute ago, in the lists of nodes a and b."""
    given = dict.fromkeys(NAMES, 0)
    given |= {b"id": job_id(number, maker, end), b"queue": b"q", b"state": b"queued", b"ttl": 1000}
    given |= {b"ctime": int((time.time() * 1000 - age_ms) * 1_000_000), b"retry": 60, b"body": b"body"}
    given |= {b"nodes-delivered": [node_id(letter) for letter in listed], b"nodes-confirmed": []}
    given |= {b"next-requeue-within": 60_000, b"next-awake-within": 59_500}
    given |= {name.replace("_", "-").encode(): value for name, value in values.items()}
    return [part for name in NAMES for part in (name, given[name])]


def resp(value):
    """A reply of these types."""
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, bytes):
        return b"$%d\r\n%b\r\n" % (len(value), value)
    if value is None:
        return b"$-1\r\n"
    return b"*%d\r\n" % len(value) + b"".join(map(resp, value))


class ScannedNode(ScriptedNode):
    """A node with these replicas.

    ahead_ms   by how much its clock is ahead
    silent_at  verbs that it does not answer
    refuses    verb -> error
    dies_at    (verb, how many of it are answered before the node is gone for good)
    slow_time  seconds between its look at the clock and its reply to TIME
    late       verb -> replicas that come to it just before the first request of this verb
    """

    def __init__(
        self,
        letter,
        *replicas,
        ahead_ms=0.0,
        silent_at=(),
        refuses=None,
        dies_at=None,
        late=None,
        slow_time=0.0,
    ):
        super().__init__(*itertools.repeat(itertools.repeat(self._answer), 40))
        self.letter = letter
        self.jobs = {one[ID]: one for one in replicas}
        self.ahead_ms = ahead_ms
        self.slow_time = slow_time
        self.silent_at = silent_at
        self.refuses = refuses or {}
        self.dies_at = dies_at
        self.late = dict(late or {})
        self.others = []

    def was_asked(self, verb):
        """Whether it got a request with this verb."""
        return any(words[0] == verb for words in self.requests)

    def verbs(self):
        """The requests that change something, in order: (verb, job ID)."""
        reads = (b"HELLO", b"TIME", b"JSCAN", b"SHOW", b"QPEEK", b"QSTAT")
        return [tuple(words) for words in self.requests if words[0] not in reads]

    def _answer(self, conn):
        verb, *words = self.requests[-1]
        for one in self.late.pop(verb, ()):
            self.jobs[one[ID]] = one
        if self.dies_at is not None and self.dies_at[0] == verb:
            if self.dies_at[1] <= 0:
                self.requests.pop()
                self.listener.close()
                raise OSError("gone")
            self.dies_at = (verb, self.dies_at[1] - 1)
        if verb in self.silent_at:
            with contextlib.suppress(OSError):
                while conn.recv(65536):
                    pass
        elif verb in self.refuses:
            conn.sendall(b"-%b\r\n" % self.refuses[verb])
        else:
            conn.sendall(resp(self._reply(verb, words)))

    def _reply(self, verb, words):
        if verb == b"HELLO":
            nodes = [self, *self.others]
            entries = [[node_id(node.letter), *node.address.encode().split(b":"), b"1"] for node in nodes]
            return [1, node_id(self.letter), *entries]
        if verb == b"PING":
            return b"PONG"
        if verb == b"TIME":
            seconds, rest = divmod(time.time() + self.ahead_ms / 1000, 1)
            time.sleep(self.slow_time)
            return [b"%d" % seconds, b"%d" % (rest * 1_000_000)]
        if verb == b"JSCAN":
            queue = words[words.index(b"QUEUE") + 1] if b"QUEUE" in words else None
            found = [one for one in self.jobs.values() if queue in (None, one[QUEUE])]
            return [b"0", [one[ID] for one in found] if b"id" in words else found]
        if verb == b"QPEEK":
            queued = [one for one in self.jobs.values() if (one[QUEUE], one[STATE]) == (words[0], b"queued")]
            queued.sort(key=lambda one: one[CTIME])
            return [[one[QUEUE], one[ID], one[BODY]] for one in queued[: int(words[1])]]
        return self._change(verb, self.jobs.get(words[0]))

    def _change(self, verb, one):
        if verb == b"SHOW":
            return one
        if one is None:
            return 0
        if verb in DELETING:
            del self.jobs[one[ID]]
            return 1
        before, after = {b"ACKJOB": (None, b"acked"), b"ENQUEUE": (b"active", b"queued")}[verb]
        if before not in (None, one[STATE]) or one[STATE] == after:
            return 0
        one[STATE] = after
        return 1


@contextlib.contextmanager
def scanned(*nodes):
    """The nodes as a cluster; its seed is the first."""
    with contextlib.ExitStack() as stack:
        for node in nodes:
            node.others = [other for other in nodes if other is not node]
            stack.enter_context(node)
        yield nodes[0].address
