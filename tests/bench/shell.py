"""What a key press costs in the shell, how soon its first prompt is there, and its memory.

    python -m tests.bench.shell

With 100,000 queue names and a history of 10,000 lines. Every key press is what prompt-toolkit asks for at
each: completions, colours, hint, bar and suggestion. Prints; asserts nothing.
"""

from __future__ import annotations

import os
import pty
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory

from disquectl.sandbox.thread import SandboxThread
from disquectl.shell.check import check
from disquectl.shell.editing import GrammarCompleter, GrammarLexer, HistorySuggest
from disquectl.shell.grammar import read
from disquectl.shell.hints import about, rest_of_syntax
from disquectl.shell.match import Index
from disquectl.shell.names import Names
from disquectl.shell.recent_ids import RecentIds

QUEUES, LINES = 100_000, 10_000
TYPED = (
    "ADDJOB orders-eu-1234 'hello world' 0 RETRY 30 REPLICATE 2",
    "addjob mail_77 hello --retry 30 --delay 5m",
    "QLEN xqz",
    "QLEN zzzz",
    "GETJOB NOHANG COUNT 10 FROM report",
    "qstat rd77",
    "getjob eu-99 mail_123",
)


class Board:
    """What the completer reads of a shell."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.seen = RecentIds()


def names() -> Names:
    """A cluster with many queues."""
    draw = random.Random(1)
    kinds = ("orders-eu", "orders-us", "mail", "report", "image.resize", "webhook")
    found = Names()
    found.queues = Index(f"{draw.choice(kinds)}{draw.choice('-_:')}{number}" for number in range(QUEUES))
    return found


def key_presses(found: Names) -> tuple[list[float], list[float]]:
    """The milliseconds of the completions of each key press, and of all that goes with one."""
    completer, lexer, suggest = GrammarCompleter(Board(found)), GrammarLexer(), HistorySuggest()  # type: ignore[arg-type]
    history = InMemoryHistory(
        [f"ADDJOB queue-{number} 'body {number}' 0 RETRY {number}" for number in range(LINES)]
    )
    list(history.load_history_strings())
    history._loaded_strings = list(reversed(history._storage))
    buffer = Buffer(history=history)
    completions, everything = [], []
    for line in TYPED * 3:
        for end in range(1, len(line) + 1):
            document = Document(line[:end])
            started = time.perf_counter()
            list(completer.get_completions(document, CompleteEvent(text_inserted=True)))
            completions.append((time.perf_counter() - started) * 1000)
            lexer.lex_document(document)(0)
            reading = check(read(document.text))
            rest_of_syntax(reading)
            about(reading)
            suggest.get_suggestion(buffer, document)
            everything.append((time.perf_counter() - started) * 1000)
    return completions, everything


def first_prompt(node: str, home: str) -> tuple[float, float]:
    """Milliseconds to the first prompt, and megabytes of the process then."""
    started = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", HOME=home)
        os.execv(sys.executable, [sys.executable, "-m", "disquectl", "-n", node, "shell"])
    seen = b""
    while f"{node}>".encode() not in seen:
        seen += os.read(terminal, 65536)
    took = (time.perf_counter() - started) * 1000
    time.sleep(2)
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(terminal)
    return took, kilobytes / 1024


def empty_python() -> float:
    """Milliseconds of `python -c pass`."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return (time.perf_counter() - started) * 1000


def show(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    worst = ordered[int(len(ordered) * 0.99)]
    print(f"{what:42} median {statistics.median(times):6.2f} ms   99% {worst:6.2f} ms")


def main() -> None:
    completions, everything = key_presses(names())
    show(f"completions, {QUEUES} queues", completions)
    show("all that goes with a key press", everything)
    print(f"memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    with SandboxThread() as sandbox, tempfile.TemporaryDirectory() as home:
        node = sandbox.addresses[0]
        first_prompt(node, home)
        pairs = [(empty_python(), first_prompt(node, home)) for _ in range(7)]
    bare = statistics.median(pair[0] for pair in pairs)
    prompt = statistics.median(pair[1][0] for pair in pairs)
    print(f"first prompt {prompt:.0f} ms, {prompt / bare:.1f} times `python -c pass` ({bare:.0f} ms)")
    print(f"memory of the shell {max(pair[1][1] for pair in pairs):.0f} MB")


if __name__ == "__main__":
    main()
