"""A small shop's background work: queues that move, to look at. Behind `disquectl sandbox --demo`.

Works on the engine directly, a step at a time; knows no clock and no socket. What it does follows from its
random numbers alone, and every queue is kept short.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from disquectl.sandbox.acknowledgement import acknowledge
from disquectl.sandbox.arguments import Refused
from disquectl.sandbox.commands.adding import addjob
from disquectl.sandbox.delivery import enqueue, fetch
from disquectl.sandbox.federation import serve_waiting
from disquectl.sandbox.job import Job
from disquectl.sandbox.node import Node
from disquectl.sandbox.session import Session

_HISTORY_S = 60
_LONGEST_QUEUE = b"500"
_ATTEMPTS = 3
_DEAD_TTL_S = 180 * 86400
_NAMES = ("ada", "bela", "chloe", "dmitri", "emeka", "fumiko", "gita", "hana")
_REASONS = ("card declined", "gateway timeout", "unknown currency")


@dataclass(frozen=True, slots=True)
class _Line:
    """A kind of work: how often a job is made, how long one takes, how often it fails or is just left."""

    queue: str
    body: Callable[[Random, int], dict[str, object]]
    options: tuple[str, ...]
    made_per_s: float
    workers: int
    seconds: float
    failing: float = 0.0
    forgotten: float = 0.0


def _mail(random: Random, number: int) -> dict[str, object]:
    return {"to": f"{random.choice(_NAMES)}@example.com", "template": "order-confirmed", "order": number}


def _thumbnail(random: Random, number: int) -> dict[str, object]:
    return {"image": f"products/{number}.jpg", "sizes": [64, 256, random.choice((512, 1024))]}


def _invoice(random: Random, number: int) -> dict[str, object]:
    return {"invoice": number, "amount": round(random.uniform(5, 900), 2), "currency": "EUR"}


def _reminder(random: Random, number: int) -> dict[str, object]:
    return {"to": f"{random.choice(_NAMES)}@example.com", "cart": number, "kind": "abandoned-cart"}


def _webhook(random: Random, number: int) -> dict[str, object]:
    return {
        "url": f"https://shop-{random.randrange(9)}.example.com/hook",
        "event": "order.paid",
        "order": number,
    }


_LINES = (
    _Line("mail", _mail, (), 6, 3, 0.45),
    _Line("thumbnails", _thumbnail, ("RETRY", "60"), 2.5, 4, 1.5),
    _Line("billing", _invoice, ("RETRY", "30"), 1.5, 2, 0.9, failing=0.35),
    _Line("reminders", _reminder, ("DELAY", "20"), 0.5, 1, 0.5),
    _Line("webhooks", _webhook, ("RETRY", "5"), 1.5, 2, 0.6, forgotten=0.25),
)


@dataclass(frozen=True, slots=True)
class _Work:
    """A job in the hands of a worker."""

    line: _Line
    node: Node
    job: Job
    done_ms: int


class Demo:
    """Producers and workers on the nodes of one engine."""

    def __init__(self, nodes: list[Node], now_ms: int) -> None:
        """Fills the queues with what the last minute would have left there."""
        self._nodes = nodes
        self._random = Random(7711)
        self._number = 1000
        self._works: list[_Work] = []
        # ADDJOB asks for a client; this one is on no node's list.
        self._session = Session(0, b"demo:0", -1, now_ms, {})
        self._last_ms = now_ms - _HISTORY_S * 1000
        for at_ms in range(self._last_ms, now_ms, 100):
            self.step(at_ms)

    def step(self, now_ms: int) -> None:
        """Do what was to be done since the last step."""
        elapsed_s = max(now_ms - self._last_ms, 0) / 1000
        self._last_ms = max(now_ms, self._last_ms)
        alive = [node for node in self._nodes if not (node.is_down or node.asleep_until_ms)]
        if not alive:
            return
        self._finish(now_ms)
        for line in _LINES:
            if self._random.random() < line.made_per_s * elapsed_s:
                self._produce(line, self._random.choice(alive), now_ms)
            self._take(line, alive, now_ms)
        for node in alive:
            serve_waiting(node, now_ms)

    def _produce(self, line: _Line, node: Node, now_ms: int) -> None:
        self._number += 1
        self._add(node, line.queue, line.body(self._random, self._number), line.options, now_ms)

    def _add(
        self, node: Node, queue: str, body: dict[str, object], options: tuple[str, ...], now_ms: int
    ) -> None:
        words = [
            b"ADDJOB",
            queue.encode(),
            json.dumps(body).encode(),
            b"0",
            b"ASYNC",
            b"MAXLEN",
            _LONGEST_QUEUE,
        ]
        try:
            addjob(node, self._session, words + [option.encode() for option in options], now_ms)
        except Refused:
            # Full, paused or short of memory: a real producer would try later, this one makes others.
            return

    def _take(self, line: _Line, alive: list[Node], now_ms: int) -> None:
        busy = sum(work.line is line for work in self._works)
        for node in alive:
            queue = node.queues.get(line.queue.encode())
            while busy < line.workers and queue and not queue.paused_out:
                job = fetch(node, queue, now_ms)
                done_ms = now_ms + int(line.seconds * self._random.uniform(500, 1500))
                self._works.append(_Work(line, node, job, done_ms))
                busy += 1

    def _finish(self, now_ms: int) -> None:
        done = [work for work in self._works if work.done_ms <= now_ms]
        self._works = [work for work in self._works if work.done_ms > now_ms]
        for work in done:
            luck = self._random.random()
            if work.node.jobs.get(work.job.id) is not work.job or luck < work.line.forgotten:
                # Deleted meanwhile; or the worker died, and the job comes back after its retry time.
                continue
            if luck >= work.line.failing:
                acknowledge(work.node, work.job.id, now_ms)
            elif work.job.nacks + 1 < _ATTEMPTS:
                enqueue(work.node, work.job, now_ms, is_nack=True)
            else:
                self._bury(work, now_ms)

    def _bury(self, work: _Work, now_ms: int) -> None:
        """Out of attempts: into the dead queue, in the form that the worker of disquectl writes."""
        job = work.job
        letter: dict[str, object] = {
            "v": 1,
            "queue": work.line.queue,
            "id": job.id.decode(),
            "body": (job.body or b"").decode(),
            "attempts": job.nacks + 1,
            "created": _iso(job.created_ns // 1_000_000),
            "failed": _iso(now_ms),
            "exit": 1,
            "signal": None,
            "stderr": self._random.choice(_REASONS),
            "retry": job.retry_s,
            "ttl": max(job.expires_s - now_ms // 1000, 0),
            "replicate": job.replicate,
        }
        self._add(work.node, f"dead:{work.line.queue}", letter, ("TTL", str(_DEAD_TTL_S)), now_ms)
        acknowledge(work.node, job.id, now_ms)


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
