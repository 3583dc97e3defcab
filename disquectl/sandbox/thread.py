"""A sandbox in a background thread, for tests and for trying things out from Python."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from disquectl.sandbox.listening import listen
from disquectl.sandbox.server import SandboxServer


class SandboxThread:
    """A context manager: the nodes listen inside the block, on `addresses`.

        with SandboxThread(nodes=3) as sandbox:
            client = Client(sandbox.addresses)

    `port` 0 takes free ports, otherwise it is the first node's. Raises ValueError for a number of nodes below
    1, and OSError when a port is taken.
    """

    def __init__(
        self, nodes: int = 1, host: str = "127.0.0.1", port: int = 0, password: str | None = None
    ) -> None:
        if type(nodes) is not int or nodes < 1:
            raise ValueError(f"nodes must be a whole number from 1, not {nodes!r}")
        self._nodes = nodes
        self._host = host
        self._port = port
        self._password = password
        self.addresses: list[str] = []

    def __enter__(self) -> Self:
        self._sockets = listen(self._host, self._port, self._nodes)
        self._started: Future[tuple[SandboxServer, asyncio.AbstractEventLoop]] = Future()
        self._thread = threading.Thread(target=self._run, name="disquectl-sandbox", daemon=True)
        self._thread.start()
        self._server, self._loop = self._started.result()
        self.addresses = list(self._server.addresses)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {','.join(self.addresses) or 'not started'}>"

    def stop_node(self, index: int) -> None:
        """Close the node's listener and connections, as if its process had died."""
        self._call(lambda: self._server.stop_node(index))

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock forward; delays, retries and TTLs that end meanwhile are applied."""
        self._call(lambda: self._server.advance(seconds))

    def _call(self, action: Callable[[], None]) -> None:
        done: Future[None] = Future()

        def run() -> None:
            try:
                action()
            except BaseException as problem:
                done.set_exception(problem)
            else:
                done.set_result(None)

        self._loop.call_soon_threadsafe(run)
        done.result()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        try:
            server = SandboxServer(self._sockets, self._password, log=lambda _line: None)
            await server.start()
        except BaseException as problem:
            self._started.set_exception(problem)
            return
        self._started.set_result((server, asyncio.get_running_loop()))
        await self._stopping.wait()
        await server.close()
