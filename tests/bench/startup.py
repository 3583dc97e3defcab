"""How long a call takes, as multiples of `python -c pass`: medians of whole processes.

    python -m tests.bench.startup [HOST:PORT] [ROUNDS]

Without an address it starts a sandbox in another process. The rounds are interleaved, so that what else the
machine does meets them all alike; bytecode is compiled by a first round that does not count.
"""

from __future__ import annotations

import importlib.util
import os
import pty
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from tests.bench.shared import node_or_sandbox

ROUNDS = 25
PYDISQUE = "from pydisque.client import Client; c = Client(['{}']); c.connect(); print(c.qlen('q'))"
SCRIPTS = Path(sysconfig.get_path("scripts"))


def commands(node: str) -> dict[str, tuple[list[str], bool, float | None]]:
    """Name -> the words, whether on a terminal, and the multiple that it should stay below."""
    disquectl = [str(SCRIPTS / "disquectl")]
    if not Path(disquectl[0]).exists():
        disquectl = [sys.executable, "-m", "disquectl"]
    found: dict[str, tuple[list[str], bool, float | None]] = {
        "python -c pass": ([sys.executable, "-c", "pass"], False, None),
        "disquectl qlen q": ([*disquectl, "qlen", "q"], False, 1.6),
        "disquectl qlen q -o json": ([*disquectl, "qlen", "q", "-o", "json"], False, 1.8),
        "disquectl time, on a terminal": ([*disquectl, "time"], True, 6.5),
        "disquectl --help": ([*disquectl, "--help"], False, 9.0),
    }
    if importlib.util.find_spec("pydisque"):
        found["pydisque, one QLEN"] = ([sys.executable, "-c", PYDISQUE.format(node)], False, None)
    if iredis := shutil.which("iredis"):
        host, _, port = node.rpartition(":")
        found["iredis, one PING"] = ([iredis, "-h", host, "-p", port, "ping"], False, None)
    return found


def run_once(words: list[str], terminal: bool, env: dict[str, str]) -> float:
    """Seconds from the start of the process to its end; it must succeed."""
    master, slave = pty.openpty() if terminal else (-1, -1)
    begun = time.perf_counter()
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=slave if terminal else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    code = process.wait()
    seconds = time.perf_counter() - begun
    if terminal:
        os.close(slave)
        os.close(master)
    if code:
        raise SystemExit(f"{' '.join(words)}: exit code {code}")
    return seconds


def measure(node: str, rounds: int) -> None:
    """Print a line for each command."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")}
    env |= {"DISQUE_NODES": node, "TERM": "xterm"}
    chosen = commands(node)
    times: dict[str, list[float]] = {name: [] for name in chosen}
    for number in range(rounds + 1):
        for name, (words, terminal, _) in chosen.items():
            seconds = run_once(words, terminal, env)
            if number:
                times[name].append(seconds)
    unit = statistics.median(times["python -c pass"])
    print(f"{'process':32} {'ms':>7} {'multiple':>9} {'target':>7}")
    for name, (_, _, target) in chosen.items():
        median = statistics.median(times[name])
        print(f"{name:32} {median * 1000:7.1f} {median / unit:9.2f} {target or '':>7}")


def main() -> None:
    """With the node that was named, or a sandbox of its own."""
    numbers = [word for word in sys.argv[1:] if word.isdecimal()]
    nodes = [word for word in sys.argv[1:] if not word.isdecimal()]
    rounds = int(numbers[0]) if numbers else ROUNDS
    with node_or_sandbox(nodes) as node:
        measure(node, rounds)


if __name__ == "__main__":
    main()
