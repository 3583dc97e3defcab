"""A proxy between a worker and its node that records what the worker sends, and can lose a connection."""

from __future__ import annotations

from tests.support.forwarding_proxy import ForwardingProxy


class RecordingProxy(ForwardingProxy):
    """`sent` has what came from the worker, as it came.

    A connection is closed instead of passing on what has `lose` in it, or after passing on what has
    `lose_after` in it; each once.
    """

    def __init__(self, node, *, lose=None, lose_after=None):
        super().__init__(node)
        self._lose, self._lose_after = lose, lose_after
        self.sent = []

    def of(self, job_id):
        """The verbs of what was sent about this job, in order."""
        texts = b"".join(self.sent).decode("latin-1").split("\r\n*")
        return [text.split("\r\n")[2] for text in texts if job_id in text]

    def _pass_on(self, data, worker, to):
        if to is not worker:
            self.sent.append(data)
        if self._lose is not None and self._lose in data:
            self._lose = None
            return False
        to.sendall(data)
        if self._lose_after is not None and self._lose_after in data:
            self._lose_after = None
            return False
        return True
