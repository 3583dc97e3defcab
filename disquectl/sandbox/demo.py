"""The workload of `disquectl sandbox --demo`: producers and workers of a small shop.

Works on the engine directly, step by step; knows no clock and no socket. Its actions depend only on a seeded
random number generator, and every queue is kept short.
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
class _Workload:
    """One kind of job: rate, duration, and the fractions that fail or are never answered."""

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


_WORKLOADS = (
    _Workload("mail", _mail, (), 6, 3, 0.45),
    _Workload("thumbnails", _thumbnail, ("RETRY", "60"), 2.5, 4, 1.5),
    _Workload("billing", _invoice, ("RETRY", "30"), 1.5, 2, 0.9, failing=0.35),
    _Workload("reminders", _reminder, ("DELAY", "20"), 0.5, 1, 0.5),
    _Workload("webhooks", _webhook, ("RETRY", "5"), 1.5, 2, 0.6, forgotten=0.25),
)


@dataclass(frozen=True, slots=True)
class _Work:
    """A job that a worker is processing."""

    load: _Workload
    node: Node
    job: Job
    done_ms: int


class Demo:
    """Producers and workers on the nodes of one engine."""

    def __init__(self, nodes: list[Node], now_ms: int) -> None:
        """Run the last minute, so that the queues are not empty at the start."""
        self._nodes = nodes
        self._random = Random(7711)
        self._number = 1000
        self._works: list[_Work] = []
        # ADDJOB needs a session; this one is registered on no node.
        self._session = Session(0, b"demo:0", -1, now_ms, {})
        self._last_ms = now_ms - _HISTORY_S * 1000
        for at_ms in range(self._last_ms, now_ms, 100):
            self.step(at_ms)

    def step(self, now_ms: int) -> None:
        """Do the work of the time since the last step."""
        elapsed_s = max(now_ms - self._last_ms, 0) / 1000
        self._last_ms = max(now_ms, self._last_ms)
        alive = [node for node in self._nodes if not (node.is_down or node.asleep_until_ms)]
        if not alive:
            return
        self._finish(now_ms)
        for load in _WORKLOADS:
            if self._random.random() < load.made_per_s * elapsed_s:
                self._produce(load, self._random.choice(alive), now_ms)
            self._take(load, alive, now_ms)
        for node in alive:
            serve_waiting(node, now_ms)

    def _produce(self, load: _Workload, node: Node, now_ms: int) -> None:
        self._number += 1
        self._add(node, load.queue, load.body(self._random, self._number), load.options, now_ms)

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
            # Full, paused or out of memory: the job is skipped.
            return

    def _take(self, load: _Workload, alive: list[Node], now_ms: int) -> None:
        busy = sum(work.load is load for work in self._works)
        for node in alive:
            queue = node.queues.get(load.queue.encode())
            while busy < load.workers and queue and not queue.paused_out:
                job = fetch(node, queue, now_ms)
                done_ms = now_ms + int(load.seconds * self._random.uniform(500, 1500))
                self._works.append(_Work(load, node, job, done_ms))
                busy += 1

    def _finish(self, now_ms: int) -> None:
        done = [work for work in self._works if work.done_ms <= now_ms]
        self._works = [work for work in self._works if work.done_ms > now_ms]
        for work in done:
            luck = self._random.random()
            if work.node.jobs.get(work.job.id) is not work.job or luck < work.load.forgotten:
                # Deleted meanwhile, or the worker died: the job is queued again after its retry time.
                continue
            if luck >= work.load.failing:
                acknowledge(work.node, work.job.id, now_ms)
            elif work.job.nacks + 1 < _ATTEMPTS:
                enqueue(work.node, work.job, now_ms, is_nack=True)
            else:
                self._dead_letter(work, now_ms)

    def _dead_letter(self, work: _Work, now_ms: int) -> None:
        """Move the job to the dead queue, in the format of disquectl's worker."""
        job = work.job
        dead_letter: dict[str, object] = {
            "v": 1,
            "queue": work.load.queue,
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
        self._add(work.node, f"dead:{work.load.queue}", dead_letter, ("TTL", str(_DEAD_TTL_S)), now_ms)
        acknowledge(work.node, job.id, now_ms)


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
