"""What all tests share: a clean environment, nodes to talk to, and `disquectl` as a process.

The nodes are the sandbox's, or those that DISQUECTL_TEST_NODES names: one for the tests of a lone node, three
for those of a cluster, or four, the lone one first. A node that is not on loopback, or that holds jobs, is
refused: tests delete what they find.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from disquectl import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disquectl.sandbox.thread import SandboxThread

# The helpers of the tests assert, too: also where Python leaves out assertions (PYTHONOPTIMIZE).
for _path in Path(__file__).parent.glob("*/__init__.py"):
    pytest.register_assert_rewrite(f"tests.{_path.parent.name}")

TEST_NODES = [node for node in os.environ.get("DISQUECTL_TEST_NODES", "").split(",") if node]
LOOPBACK = ("127.", "localhost", "[::1]", "::1")


class Result:
    """What a run of disquectl left: text of both streams, and the exit code."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code = done.returncode
        self.raw = done.stdout
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    @property
    def records(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.raw)

    def __repr__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def pytest_configure(config: pytest.Config) -> None:
    # A shell that starts the tests in the background makes them ignore signals that some of them send.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    config.addinivalue_line("markers", "sandbox_only: needs what only the sandbox can do, says why")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A short name for a large value: pytest puts names of tests into the environment, which has a limit."""
    if isinstance(val, (bytes, str)) and len(val) > 200:
        return f"{argname}-{len(val)}"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, on a real Disque, what only the sandbox can do, and what its number of nodes cannot."""
    if not TEST_NODES:
        return
    for item in items:
        if marker := item.get_closest_marker("sandbox_only"):
            item.add_marker(pytest.mark.skip(reason=f"sandbox only: {marker.args[0]}"))
        fixtures = getattr(item, "fixturenames", ())
        if "node" in fixtures and len(TEST_NODES) not in (1, 4):
            item.add_marker(pytest.mark.skip(reason="needs a lone node"))
        if "cluster" in fixtures and len(TEST_NODES) not in (3, 4):
            item.add_marker(pytest.mark.skip(reason="needs three nodes"))


def _refuse_what_is_not_ours(nodes: list[str]) -> None:
    for node in nodes:
        if not node.startswith(LOOPBACK):
            pytest.exit(f"DISQUECTL_TEST_NODES: {node} is not on loopback", returncode=2)
        with Client(node) as client:
            if next(iter(client.jscan_all()), None) is not None:
                pytest.exit(f"DISQUECTL_TEST_NODES: {node} holds jobs: empty it first", returncode=2)


@pytest.fixture(scope="session", autouse=True)
def _checked_nodes(_same_environment: None) -> None:
    _refuse_what_is_not_ours(TEST_NODES)


# What would lead to somebody's cluster, or change what Python and the programs print and how wide.
FOREIGN_VARIABLES = (
    "DISQUE_",
    "DISQUECTL_",
    "PYTHON",
    "LC_",
    "LANG",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
)
# PYTHONDEVMODE stays: CI sets it for one run, so that the programs started by the tests are in dev mode too.
KEPT_VARIABLES = ("DISQUECTL_TEST_NODES", "PYTHONDEVMODE", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


@pytest.fixture(scope="session", autouse=True)
def _same_environment() -> Iterator[None]:
    """The same environment for every person and every machine. This is the only place that sees to it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(FOREIGN_VARIABLES) and name not in KEPT_VARIABLES:
                patch.delenv(name)
        patch.setenv("LANG", "C.UTF-8")
        patch.setenv("TERM", "xterm")
        patch.setenv("TZ", "UTC")
        patch.setenv("PYTHONWARNINGS", "error")
        yield


def _emptied(nodes: list[str]) -> None:
    for node in nodes:
        with Client(node) as client:
            client.debug("FLUSHALL")


@pytest.fixture
def node() -> Iterator[str]:
    """The address of a lone node that holds nothing."""
    if TEST_NODES:
        _emptied(TEST_NODES[:1])
        yield TEST_NODES[0]
        _emptied(TEST_NODES[:1])
        return
    from disquectl.sandbox.thread import SandboxThread

    with SandboxThread() as sandbox:
        yield sandbox.addresses[0]


@pytest.fixture
def cluster() -> Iterator[list[str]]:
    """The addresses of three nodes that know each other and hold nothing."""
    if TEST_NODES:
        _emptied(TEST_NODES[-3:])
        yield TEST_NODES[-3:]
        _emptied(TEST_NODES[-3:])
        return
    from disquectl.sandbox.thread import SandboxThread

    with SandboxThread(nodes=3) as sandbox:
        yield sandbox.addresses


@pytest.fixture
def client(node: str) -> Iterator[Client]:
    """A client of the lone node."""
    with Client(node) as client:
        yield client


@pytest.fixture
def clients(cluster: list[str]) -> Iterator[list[Client]]:
    """A client of each of the three nodes."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Client(node)) for node in cluster]


@pytest.fixture
def mortal() -> Iterator[SandboxThread]:
    """Three nodes of the sandbox: `addresses`, and `stop_node(n)` as if its process had died."""
    from disquectl.sandbox.thread import SandboxThread

    with SandboxThread(nodes=3) as sandbox:
        yield sandbox


def run_disquectl(
    *args: str | bytes, node: str | None = None, stdin: bytes = b"", timeout: float = 60, **env: str
) -> Result:
    """One run of `python -m disquectl`, off a terminal; `node` goes into DISQUE_NODES."""
    environ = dict(os.environ) | env
    if node is not None:
        environ["DISQUE_NODES"] = node
    done = subprocess.run(
        [sys.executable, "-m", "disquectl", *args],
        input=stdin,
        capture_output=True,
        timeout=timeout,
        env=environ,
        check=False,
    )
    return Result(done)


@pytest.fixture
def disquectl(node: str) -> Callable[..., Result]:
    """Run disquectl against the lone node."""

    def run(*args: str | bytes, **options: object) -> Result:
        return run_disquectl(*args, node=node, **options)  # type: ignore[arg-type]

    return run
