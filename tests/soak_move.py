"""A soak test of move: it and nodes of both clusters are ended in the middle, and every job is accounted for.

    python -m tests.soak_move --minutes 5 --servers /path/to/disque-server
    python -m tests.soak_move --minutes 2           # on the sandbox, whose nodes are left alone

Each round adds jobs, moves them, and meanwhile ends the command (KILL, TERM), or stops, kills or restarts a
node of either cluster (with AOF). Where nodes are left alone, consumers take jobs of the source, too. Then it
is run again until the source is empty. It prints three numbers, and ends with 0 if all of them are 0, else
with 1:

    lost        jobs that were added, and neither consumed nor copied
    not told    jobs that were copied twice, or copied and consumed, of which no run and no journal says
                anything; after KILL one batch is allowed
    left        jobs that were still in the source after many runs
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from disquectl import Client
from disquectl.bulk.move_jobs import BATCH
from disquectl.errors import DisquectlError
from tests.soak import Sandbox, Servers, new_folder, read_options

if TYPE_CHECKING:
    from collections.abc import Iterator

JOBS = 600
RETRY_SECONDS = 3
MOST_RUNS = 12
QUEUE = "soak"


class Round:
    """The jobs of a round, and what became of them."""

    def __init__(self, source: list[str], destination: list[str], folder: Path, number: int) -> None:
        self.source = source
        self.destination = destination
        self.ids: dict[str, str] = {}  # ID -> body
        self.consumed: set[str] = set()
        self.told: set[str] = set()  # bodies of jobs that some run or journal says something of
        self.kills = 0
        self._prefix = f"{number}-"
        self._journal = folder / f"journal{number}"

    def fill(self, chance: random.Random) -> None:
        """Add the jobs, some of them delayed."""
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(Client(node, response_timeout=5)) for node in self.source]
            for number in range(JOBS):
                delay = chance.choice([0] * 8 + [1, 4, 8])
                body = f"{self._prefix}{number}"
                client = chance.choice(clients)
                self.ids[client.addjob(QUEUE, body, retry=RETRY_SECONDS, replicate=2, delay=delay)] = body

    def start(self, *, rate: str = "400/s", with_journal: bool) -> subprocess.Popen[str]:
        """A run of move."""
        words = ["move", QUEUE, "--to-node", ",".join(self.destination), "--yes", "-o", "jsonl"]
        words += ["--rate", rate, "--response-timeout", "2s"]
        if with_journal:
            words += ["--journal", str(self._journal)]
        return subprocess.Popen(
            [sys.executable, "-m", "disquectl", *words],
            env=os.environ | {"DISQUE_NODES": ",".join(self.source)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, process: subprocess.Popen[str]) -> str:
        """Wait for a run, and take what it says; the last line of its errors."""
        out, err = process.communicate(timeout=300)
        if "Traceback" in err:
            raise SystemExit(f"soak: {err}")
        for line in out.splitlines():
            with contextlib.suppress(ValueError):
                record = json.loads(line)
                if "error" in record:
                    self.told.add(self.ids.get(record["id"], ""))
        return f"exit {process.returncode}: {err.strip().splitlines()[-1] if err.strip() else ''}"

    def left(self) -> int:
        """How many of the jobs are in the source."""
        found = {job_id for job_id, _ in jobs_at(self.source)}
        return len(found & self.ids.keys())

    def check(self) -> tuple[set[str], set[str]]:
        """The bodies of jobs that are lost, and of those that are in two places and were not told of."""
        copied = Counter(body for _, body in jobs_at(self.destination) if body.startswith(self._prefix))
        bodies = set(self.ids.values())
        lost = bodies - set(copied) - self.consumed
        twice = {body for body in bodies if copied[body] > 1} | (set(copied) & self.consumed)
        if self._journal.exists():
            written = [line.split() for line in self._journal.read_text().splitlines()]
            # Copied and journaled, and then consumed.
            journaled = {self.ids.get(words[0], "") for words in written if len(words) == 2}
            self.told |= {body for body in journaled if copied[body] == 1}
        not_told = twice - self.told
        return lost, not_told if len(not_told) > BATCH * self.kills else set()


def jobs_at(nodes: list[str]) -> Iterator[tuple[str, str]]:
    """The jobs of a cluster that are not acknowledged, each once: (ID, body)."""
    seen: set[str] = set()
    for node in nodes:
        with Client(node, response_timeout=10) as client:
            for job in client.jscan_all(queue=QUEUE, reply="all"):
                if job["state"] != "acked" and job["id"] not in seen:
                    seen.add(job["id"])
                    yield job["id"], job["body"].decode()


@contextlib.contextmanager
def consuming(this: Round) -> Iterator[None]:
    """Consumers at each node of the source, slower than a move."""
    stop = threading.Event()

    def consume(node: str) -> None:
        with Client(node) as client:
            while not stop.wait(0.03):
                for job in client.getjob(QUEUE, nohang=True, count=3) or ():
                    this.consumed.add(job["body"].decode())
                    client.ackjob(job["id"])

    threads = [threading.Thread(target=consume, args=(node,), daemon=True) for node in this.source]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def disturbed(
    this: Round,
    sides: tuple[Sandbox | Servers, Sandbox | Servers],
    chance: random.Random,
    *,
    with_journal: bool,
) -> str:
    """A run that is disturbed; what was done, and how it ended."""
    kinds = ["killed", "killed", "ended"]
    if isinstance(sides[0], Servers):
        kinds += ["source", "destination"] * 2
    kind = chance.choice(kinds)
    with contextlib.ExitStack() as stack:
        if kind in ("killed", "ended"):
            stack.enter_context(consuming(this))
        process = this.start(with_journal=with_journal)
        time.sleep(chance.uniform(0.2, 2))
        if kind == "killed":
            process.send_signal(signal.SIGKILL)
            this.kills += 1
        elif kind == "ended":
            process.send_signal(signal.SIGTERM)
        else:
            kind = f"{kind}: {sides[kind == 'destination'].disturb(chance)}"
        return f"{kind}, {this.end(process)}"


def until_empty(this: Round, *, with_journal: bool) -> int:
    """Run it again until the source is empty; how many jobs are left."""
    for _ in range(MOST_RUNS):
        if not (left := this.left()):
            return 0
        # What was claimed, or restored from a file, returns after its retry time.
        time.sleep(RETRY_SECONDS)
        this.end(this.start(rate="100000/s", with_journal=with_journal))
    return left


def main() -> int:
    """Run it as asked for."""
    options = read_options("soak_move", __doc__)
    chance = random.Random(options.seed)
    folder = new_folder(options.seed)
    lost, not_told, left = 0, 0, 0
    end = time.monotonic() + options.minutes * 60
    with contextlib.ExitStack() as stack:
        sides = []
        for name in ("source", "destination"):
            (folder / name).mkdir()
            nodes = Servers(options.servers, folder / name) if options.servers else Sandbox()
            sides.append(stack.enter_context(nodes))
        for number in itertools.count():
            if time.monotonic() > end:
                break
            this = Round(sides[0].addresses, sides[1].addresses, folder, number)
            with_journal = chance.random() < 0.7
            try:
                this.fill(chance)
                what = disturbed(this, (sides[0], sides[1]), chance, with_journal=with_journal)
                still = until_empty(this, with_journal=with_journal)
                found, untold = this.check()
            except DisquectlError as problem:
                raise SystemExit(f"soak: {problem}") from problem
            print(f"round {number}{', journal' if with_journal else ''}: {what}", flush=True)
            for body in sorted(found | untold):
                print(f"  {'lost' if body in found else 'not told'}: {body}", flush=True)
            lost, not_told, left = lost + len(found), not_told + len(untold), left + still
    print(f"lost {lost}, not told {not_told}, left {left}")
    well = not (lost or not_told or left)
    if well:
        shutil.rmtree(folder)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
