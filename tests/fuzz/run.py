"""Run commands against a node whose replies are wrong: `python -m tests.fuzz.run --seconds 600 --seed 7`.

Whatever comes, a command ends by itself, with one of its exit codes but that of a bug; and where a reply to a
request that changes things is not understood, with code 8. A failure prints the line, the replies and the
seed, with which `--only SEED` runs it again.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import signal
import sys
import time
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

from disquectl.cli import main
from disquectl.execution.streams import Streams
from disquectl.protocol.shapes import READS
from disquectl.spec.global_options import FORMATS

from .lines import lines
from .node import FuzzNode

if TYPE_CHECKING:
    from collections.abc import Iterator

CODES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
_UNEXPECTED = re.compile(rb"unexpected reply to ([A-Z ]+):")
# No command may take so long; it bounds the run, and is no measure of speed.
HUNG_SECONDS = 30


class Hung(BaseException):
    """A command did not end."""


class Problem(Exception):
    """A run that ended as none may; the text has all that is needed to run it again."""


class Fuzz:
    """`one(seed)` runs the command that the seed stands for. A context manager."""

    def __init__(self) -> None:
        self._node = FuzzNode()
        self._lines = lines()
        self.codes: dict[int, int] = {}

    def __enter__(self) -> Fuzz:
        return self

    def __exit__(self, *_: object) -> None:
        self._node.close()

    def one(self, seed: str) -> int:
        """Run one command; its exit code. Raises Problem."""
        random = Random(seed)
        words, stdin = random.choice(self._lines)
        options = ["-n", f"127.0.0.1:{self._node.port}", "-o", random.choice(FORMATS), "--yes"]
        options += ["--response-timeout", "100ms", *random.choice(([], [], [], ["--echo"]))]
        self._node.begin(seed)
        err = io.BytesIO()
        streams = Streams(io.BytesIO(stdin), io.BytesIO(), err)
        try:
            with _bounded():
                code = _run([*options, *words], streams)
        except (Hung, Exception) as problem:
            raise self._problem(seed, words, options, err, repr(problem)) from problem
        if code not in CODES:
            raise self._problem(seed, words, options, err, f"exit code {code}")
        told = _UNEXPECTED.search(err.getvalue())
        if code == 5 and told and told[1].decode() not in READS:
            raise self._problem(seed, words, options, err, "exit code 5, and it may have been carried out")
        self.codes[code] = self.codes.get(code, 0) + 1
        return code

    def with_replies(self, line: str, odd: dict[bytes, object], stdin: bytes = b"") -> tuple[int, str, str]:
        """Run a command against a node with these replies; its exit code, stdout and stderr."""
        self._node.begin(line, odd)
        out, err = io.BytesIO(), io.BytesIO()
        options = ["-n", f"127.0.0.1:{self._node.port}", "--yes"]
        with _bounded():
            code = _run([*options, *line.split()], Streams(io.BytesIO(stdin), out, err))
        return code, out.getvalue().decode("utf-8", "replace"), err.getvalue().decode("utf-8", "replace")

    def asked(self) -> list[list[bytes]]:
        """The requests of the latest run."""
        return [words for words, _ in self._node.sent]

    def _problem(
        self, seed: str, words: list[str], options: list[str], err: io.BytesIO, what: str
    ) -> Problem:
        sent = "\n".join(f"  {asked!r}\n    {answer[:1500]!r}" for asked, answer in self._node.sent)
        said = err.getvalue().decode("utf-8", "replace")[-3000:]
        return Problem(f"{what}\nseed {seed}\n{options} {words}\n{sent}\n{said}")


def _run(argv: list[str], streams: Streams) -> int:
    process_streams, main.process_streams = main.process_streams, lambda: streams
    try:
        return main.run_command_line(argv)
    finally:
        main.process_streams = process_streams


@contextmanager
def _bounded() -> Iterator[None]:
    def hang(*_: object) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, hang)
    signal.alarm(HUNG_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", default=str(time.time_ns()))
    parser.add_argument("--only", help="run one seed that failed")
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith(("DISQUE_", "DISQUECTL_"))]:
        del os.environ[name]
    os.environ["DISQUECTL_DEBUG"] = "1"
    end = time.monotonic() + given.seconds
    number = failures = 0
    with Fuzz() as fuzz:
        while time.monotonic() < end:
            try:
                fuzz.one(given.only or f"{given.seed}/{number}")
            except Problem as problem:
                failures += 1
                print(f"{problem}\n{'-' * 60}", flush=True)
            number += 1
            if given.only:
                break
    print(f"{number} runs, {failures} failures; exit codes {dict(sorted(fuzz.codes.items()))}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(_main())
