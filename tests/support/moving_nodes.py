"""Nodes whose jobs are claimed, copied and acknowledged as Disque does, with what a test lets go wrong."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading

from disquectl.merge.replicas import DELIVERED, DELIVERIES, ID, STATE
from tests.support.scanned_nodes import ScannedNode, job_id, node_id
from tests.support.waiting import PATIENCE_SECONDS


class MovingNode(ScannedNode):
    """A node with these replicas.

    before  verb -> function of the node, called before the first request of this verb
    added   the words of each ADDJOB that it has carried out
    renewed set once a WORKING was carried out
    """

    def __init__(self, letter, *replicas, before=None, **how):
        super().__init__(letter, *replicas, **how)
        self.before = dict(before or {})
        self.added = []
        self.is_dead = False
        self.renewed = threading.Event()

    def state(self, number=0):
        """The state of a job here, None if it is not known."""
        one = self.jobs.get(job_id(number))
        return None if one is None else one[STATE].decode()

    def count(self, verb):
        """How many requests of this verb came."""
        return sum(words[0] == verb for words in self.requests)

    def _serve(self):
        """Several connections at a time."""
        threads = []
        with contextlib.suppress(OSError):
            while True:
                conn, _ = self.listener.accept()
                self._open.append(conn)
                threads.append(threading.Thread(target=self._talk, args=(conn,), daemon=True))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def _talk(self, conn):
        with conn, contextlib.suppress(OSError):
            self._play(conn, itertools.repeat(self._answer))

    def _answer(self, conn):
        verb = self.requests[-1][0]
        if verb in self.before:
            self.before.pop(verb)(self)
        if self.dies_at == (verb, 0):
            # A thread that waits in accept() would still get a connection.
            self.is_dead = True
            self.listener.shutdown(socket.SHUT_RDWR)
        if verb == b"WORKING" and self.requests[-1][1] not in self.jobs:
            conn.sendall(b"-NOJOB Job not known in the context of this node.\r\n")
        else:
            super()._answer(conn)

    def _reply(self, verb, words):
        if verb == b"ADDJOB":
            self.added.append(words)
            return job_id(len(self.added), self.letter)
        if verb == b"WORKING":
            one = self.jobs[words[0]]
            one[STATE] = b"active" if one[STATE] == b"queued" else one[STATE]
            self.renewed.set()
            return 60
        return super()._reply(verb, words)

    def _change(self, verb, one):
        if verb == b"DEQUEUE":
            was_queued = one is not None and one[STATE] == b"queued"
            if was_queued:
                one[STATE] = b"active"
            return int(was_queued)
        if verb == b"ENQUEUE" and one is not None and one[STATE] == b"active":
            one[DELIVERIES] += 1
        if verb == b"ACKJOB" and one is not None:
            return self._acknowledge(one)
        return super()._change(verb, one)

    def _acknowledge(self, one):
        """The nodes in the list hear of it; while one of them does not answer, the job stays, as acked."""
        listed = [node for node in self.others if node_id(node.letter) in one[DELIVERED]]
        for node in listed:
            node.jobs.pop(one[ID], None)
        if any(node.is_dead or node.silent_at for node in listed):
            one[STATE] = b"acked"
        else:
            del self.jobs[one[ID]]
        return 1


def returned(number=0, times=1, is_renewed=True):
    """A function for `before`: the job has returned to its queue, after its clock was renewed."""

    def change(node):
        if is_renewed:
            assert node.renewed.wait(PATIENCE_SECONDS)
        one = node.jobs[job_id(number)]
        one[STATE] = b"queued"
        one[DELIVERIES] += times

    return change


def delivered(number=0):
    """The job has returned, and a consumer has it."""

    def change(node):
        returned(number)(node)
        node.jobs[job_id(number)][STATE] = b"active"

    return change


def deleted(number=0):
    """A consumer has acknowledged the job."""

    def change(node):
        del node.jobs[job_id(number)]

    return change


def copies_of(node):
    """The queue and body of each copy that a node was told to add."""
    return [(words[0], words[1]) for words in node.added]
