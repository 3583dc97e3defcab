"""A soak test of the worker: workers and nodes are ended again and again, and every job is accounted for.

    python -m tests.soak --minutes 5 --servers /path/to/disque-server
    python -m tests.soak --minutes 2                # on the sandbox, whose nodes are left alone

First workers are ended with TERM only, then also with KILL, while nodes are stopped, killed and restarted,
one at a time (with AOF; jobs have two replicas). At the end all nodes are up. It prints three numbers, and
ends with 0 if all of them are 0, else with 1:

    lost             jobs that were added, and are neither done nor in the dead queue
    done twice       jobs of the first part that were done more than once
    delivered late   jobs that were delivered after all nodes had been up for two retry times
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from disquectl import Client
from disquectl.errors import DisquectlError
from tests.support.nodes import free_port, knows_three

if TYPE_CHECKING:
    from collections.abc import Callable

RETRY_SECONDS = 4
# In the first part: a node that is slow to answer must not make Disque itself deliver a job a second time.
LONG_RETRY_SECONDS = 20
NODE_TIMEOUT_MS = 2000
WORKERS = 4
MOST_ATTEMPTS = 8
START_SECONDS = 60
# Does its job, fails it once, or always fails it; and writes down that it was done.
HANDLER = """
read body
case $body in
    once) test "$DISQUE_ATTEMPT" != 1 || exit 1;;
    never) exit 1;;
esac
sleep 0.05
echo "$DISQUE_JOB_ID" >> "$0"
"""
BODIES = ["good"] * 17 + ["once", "once", "never"]


class Sandbox:
    """Nodes that are left alone."""

    def __enter__(self) -> Sandbox:
        from disquectl.sandbox.thread import SandboxThread

        self._sandbox = SandboxThread(nodes=3).__enter__()
        self.addresses = self._sandbox.addresses
        return self

    def __exit__(self, *what: object) -> None:
        self._sandbox.__exit__(*what)

    def disturb(self, chance: random.Random) -> str:
        """Nothing: its nodes keep nothing over a restart."""
        return ""


class Servers:
    """Three processes of a Disque server, joined, with AOF."""

    def __init__(self, server: str, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._ports = [free_port() for _ in range(3)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.addresses = [f"127.0.0.1:{port}" for port in self._ports]

    def __enter__(self) -> Servers:
        for port in self._ports:
            (self._folder / str(port)).mkdir()
            self._start(port)
        with self._client(self._ports[0]) as first:
            for port in self._ports[1:]:
                first.call("CLUSTER", "MEET", "127.0.0.1", port)
        self._wait_until_all_are_up()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def disturb(self, chance: random.Random) -> str:
        """Stop, kill or end one node, and wait until all are up again; what was done."""
        port = chance.choice(self._ports)
        process = self._processes[port]
        seconds = chance.uniform(0.5, 2 * RETRY_SECONDS)
        what = chance.choice(["stopped", "killed", "ended"])
        if what == "stopped":
            process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            process.send_signal(signal.SIGCONT)
        else:
            process.send_signal(signal.SIGKILL if what == "killed" else signal.SIGTERM)
            process.wait()
            time.sleep(seconds)
            self._start(port)
        self._wait_until_all_are_up()
        return f"node {port} was {what} for {seconds:.1f} s"

    def _start(self, port: int) -> None:
        folder = self._folder / str(port)
        options = ["--port", port, "--bind", "127.0.0.1", "--appendonly", "yes", "--logfile", folder / "log"]
        options += ["--cluster-node-timeout", NODE_TIMEOUT_MS]
        self._processes[port] = subprocess.Popen(
            [self._server, *map(str, options)], cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True
        )
        wait_until(lambda: self._answers(port), f"node {port} answers")

    def _answers(self, port: int) -> bool:
        if self._processes[port].poll() is not None:
            raise SystemExit(f"soak: node {port} has crashed: see {self._folder / str(port) / 'log'}")
        with contextlib.suppress(DisquectlError), self._client(port) as client:
            return client.ping() == b"PONG"
        return False

    def _client(self, port: int) -> Client:
        return Client(f"127.0.0.1:{port}", response_timeout=5)

    def _wait_until_all_are_up(self) -> None:
        wait_until(lambda: all(map(self._answers, self._ports)), "all nodes answer")
        wait_until(lambda: all(map(knows_three, self.addresses)), "all nodes see each other")


class Producer(threading.Thread):
    """Adds jobs until it is told to stop; the IDs of those that were accepted are in `ids`."""

    def __init__(self, addresses: list[str], chance: random.Random, retry: int) -> None:
        super().__init__(daemon=True)
        self.retry = retry
        self.ids: list[str] = []
        self._addresses = addresses
        self._chance = chance
        self._told_to_stop = threading.Event()

    def run(self) -> None:
        """Add about a hundred jobs a second, at changing nodes."""
        while not self._told_to_stop.is_set():
            with (
                contextlib.suppress(DisquectlError),
                Client(self._chance.choice(self._addresses), response_timeout=5) as client,
            ):
                for _ in range(50):
                    body = self._chance.choice(BODIES)
                    self.ids.append(
                        client.addjob("soak", body + "\n", retry=self.retry, replicate=2, timeout_ms=2000)
                    )
                    if self._told_to_stop.wait(0.01):
                        return

    def stop(self) -> None:
        """Add no more."""
        self._told_to_stop.set()
        self.join()


class Workers:
    """Processes of `disquectl work`, which are ended and started again."""

    def __init__(self, addresses: list[str], folder: Path) -> None:
        self._addresses = addresses
        self._folder = folder
        self._done = folder / "done"
        self._done.touch()
        self._processes = [self._started(number) for number in range(WORKERS)]

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        start = number % len(self._addresses)
        seeds = ",".join(self._addresses[start:] + self._addresses[:start])
        words = ["work", "-q", "soak", "-c", "5", "--response-timeout", "3s", "--grace", "8s"]
        words += ["--max-retries", str(MOST_ATTEMPTS), "--backoff", "300ms,1", "--log", "json", "--verbose"]
        with (self._folder / f"worker{number}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "disquectl", *words, "--", "sh", "-c", HANDLER, str(self._done)],
                env=os.environ | {"DISQUE_NODES": seeds},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def disturb(self, chance: random.Random, number: signal.Signals) -> None:
        """End one by this signal, and start another in its place."""
        place = chance.randrange(WORKERS)
        process = self._processes[place]
        process.send_signal(number)
        process.wait(timeout=START_SECONDS)
        self._processes[place] = self._started(place)

    def end(self) -> None:
        """End all of them."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=START_SECONDS)

    def done(self) -> Counter[str]:
        """How often each job was done."""
        return Counter(self._done.read_text().split())

    def started(self) -> int:
        """How many times a command was started, in all."""
        logs = self._folder.glob("worker*.log")
        return sum(log.read_text().count('"event":"started"') for log in logs)


def wait_until(condition: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
    """Wait until it holds. Raises SystemExit where that takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(DisquectlError):
            if condition():
                return
        if time.monotonic() > deadline:
            raise SystemExit(f"soak: {what}: not within {seconds:g} s")
        time.sleep(0.1)


def dead(addresses: list[str]) -> set[str]:
    """The IDs of the jobs that have a letter."""
    words = [sys.executable, "-m", "disquectl", "dead", "-o", "plain", "--columns", "job"]
    done = subprocess.run(
        words,
        env=os.environ | {"DISQUE_NODES": ",".join(addresses)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def unfinished(producer: Producer, workers: Workers, addresses: list[str]) -> set[str]:
    """The jobs that are neither done nor dead."""
    missing = set(producer.ids) - set(workers.done())
    return missing - dead(addresses) if missing else missing


def drained(producer: Producer, workers: Workers, addresses: list[str]) -> None:
    """Wait until all jobs are done or dead, or nothing more happens for a long time."""
    producer.stop()
    quiet_since, last = time.monotonic(), -1
    while time.monotonic() - quiet_since < 5 * producer.retry + 10 * RETRY_SECONDS:
        left = len(unfinished(producer, workers, addresses))
        if not left:
            return
        if left != last:
            quiet_since, last = time.monotonic(), left
        time.sleep(0.5)


def soak(nodes: Sandbox | Servers, workers: Workers, seconds: float, chance: random.Random) -> bool:
    """Both parts; whether all is well."""
    addresses = nodes.addresses
    told, killed, disturbed = 0, 0, 0

    first = Producer(addresses, random.Random(chance.random()), LONG_RETRY_SECONDS)
    first.start()
    end = time.monotonic() + seconds / 3
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.5, 2))
        workers.disturb(chance, signal.SIGTERM)
        told += 1
    drained(first, workers, addresses)
    time.sleep(2 * LONG_RETRY_SECONDS)
    print(f"part 1: {len(first.ids)} jobs, {told} workers ended with TERM", flush=True)
    first_done = workers.done()

    second = Producer(addresses, random.Random(chance.random()), RETRY_SECONDS)
    second.start()
    end = time.monotonic() + seconds * 2 / 3
    while time.monotonic() < end:
        for _ in range(chance.randrange(1, 4)):
            number = chance.choice([signal.SIGTERM, signal.SIGKILL])
            workers.disturb(chance, number)
            killed += number == signal.SIGKILL
            time.sleep(chance.uniform(0.2, 1))
        if what := nodes.disturb(chance):
            disturbed += 1
            print(what, flush=True)
    print(f"part 2: {len(second.ids)} jobs, {killed} workers killed, {disturbed} nodes disturbed", flush=True)

    time.sleep(2 * RETRY_SECONDS)
    drained(second, workers, addresses)
    time.sleep(2 * RETRY_SECONDS)
    started = workers.started()
    time.sleep(3 * RETRY_SECONDS)
    late = workers.started() - started
    lost = unfinished(first, workers, addresses) | unfinished(second, workers, addresses)
    twice = {job_id for job_id in first.ids if first_done[job_id] > 1}
    again = {job_id for job_id in second.ids if workers.done()[job_id] > 1}
    workers.end()
    for job_id in sorted(lost | twice):
        print(f"  {'lost' if job_id in lost else 'done twice'}: {job_id}")
    print(f"dead {len(dead(addresses))}, done twice where nodes or workers were killed {len(again)}")
    print(f"lost {len(lost)}, done twice {len(twice)}, delivered late {late}")
    return bool(first.ids and second.ids) and not (lost or twice or late)


def read_options(name: str, doc: str | None) -> argparse.Namespace:
    """The options of a soak test, with a seed."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.{name}", description=(doc or "").split("\n", 1)[0]
    )
    parser.add_argument("--minutes", type=float, default=5, help="for how long (default 5)")
    parser.add_argument(
        "--servers", metavar="PATH", help="a disque-server to start nodes of; else the sandbox"
    )
    parser.add_argument(
        "--seed", type=int, default=None, help="to do the same again, as far as timing allows"
    )
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.randrange(10**6)
    return options


def new_folder(seed: int) -> Path:
    """A folder for what is logged, which is said together with the seed."""
    folder = Path(tempfile.mkdtemp(prefix="disquectl-soak-"))
    print(f"seed {seed}, logs in {folder}", flush=True)
    return folder


def main() -> int:
    """Run it as asked for."""
    options = read_options("soak", __doc__)
    folder = new_folder(options.seed)
    with (
        Servers(options.servers, folder) if options.servers else Sandbox() as nodes,
        Workers(nodes.addresses, folder) as workers,
    ):
        well = soak(nodes, workers, options.minutes * 60, random.Random(options.seed))
    if well:
        shutil.rmtree(folder)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
