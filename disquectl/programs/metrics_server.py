"""Answers the scrapes of Prometheus: /metrics and /-/healthy, by the library prometheus-client.

Started by `metrics --listen`. Scrapes that overlap share one look at the cluster. The figures that need all
jobs come from scans in the background, at most one a minute and slow enough for the nodes.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from concurrent.futures import Future
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from disquectl.errors import DataError, DisquectlError, UsageError
from disquectl.execution.signals import Stop
from disquectl.fanout.ask import open_cluster
from disquectl.fanout.existing_queues import settle_queues
from disquectl.fanout.probe import Probe
from disquectl.programs.metrics import SHARE, look, scan_jobs
from disquectl.render.escape import for_message
from disquectl.spec.listen_address import exposure, metrics_url
from disquectl.spec.queue_patterns import QueueWords

try:
    from prometheus_client import CollectorRegistry, make_wsgi_app
    from prometheus_client.core import Metric
except ImportError:
    raise UsageError(
        "--listen needs the library prometheus-client", "pip install 'disquectl[metrics]'"
    ) from None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from disquectl.client.transport import Transport
    from disquectl.execution.session import Session
    from disquectl.health.metrics import Family, JobFigures
    from disquectl.spec.parameters import Values

_SCAN_EVERY_SECONDS = 60.0
# The first scrape waits this long for the first scan.
_FIRST_SCAN_SECONDS = 5.0
# Prometheus gives up after 10 s; a node that hangs must not take all of them.
_PATIENCE_SECONDS = 3.0
_HEALTHY = "/-/healthy"


def serve(values: Values, session: Session) -> None:
    """Answer scrapes until a signal comes. Raises DataError if the address cannot be used."""
    host, port = values["listen"]
    patience = min(_PATIENCE_SECONDS, session.settings.response_timeout_ms / 1000)
    with session.impatient_client(patience) as client:
        scans = JobScans(client, values)
        shared = SharedLook(lambda: _look(client, values, scans))
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Collector(shared))
        with _listening(host, port) as server, Stop() as stop:
            server.set_app(application(make_wsgi_app(registry)))
            if warning := exposure(host):
                session.warn(warning)
            session.note(f"listening on {metrics_url(host, server.server_port)}")
            threading.Thread(target=scans.run, args=(session.warn,), daemon=True).start()
            threading.Thread(target=server.serve_forever, daemon=True).start()
            poll = select.poll()
            poll.register(stop.fd, select.POLLIN)
            while not stop.asked:
                poll.poll()
            server.shutdown()


def _look(client: Transport, values: Values, scans: JobScans) -> list[Family]:
    with open_cluster(client, values) as cluster:
        return look(Probe(cluster), values.get("queues", ()), scans.latest())


class JobScans:
    """Scans all jobs again and again, and keeps the figures of the last complete scan."""

    def __init__(self, client: Transport, values: Values) -> None:
        self._client = client
        self._values = values
        self._figures: JobFigures | None = None
        self._ended_once = threading.Event()
        self._begun = time.monotonic()

    def latest(self) -> JobFigures | None:
        """The figures of the last scan; None before the first has ended."""
        self._ended_once.wait(max(self._begun + _FIRST_SCAN_SECONDS - time.monotonic(), 0))
        return self._figures

    def run(self, warn: Callable[[str], object]) -> None:
        """Scan without end, at most once a minute."""
        while True:
            begun = time.monotonic()
            try:
                self._figures = self._scan()
            except DisquectlError as problem:
                warn(f"the jobs could not be scanned: {for_message(problem.message)}")
            self._ended_once.set()
            time.sleep(max(begun + _SCAN_EVERY_SECONDS - time.monotonic(), 1.0))

    def _scan(self) -> JobFigures:
        with open_cluster(self._client, self._values) as cluster:
            probe = Probe(cluster)
            # The clocks come first: they tell how old a job is.
            for _ in probe.scan.run(scan_queues=False, scan_jobs=False):
                pass
            wanted = QueueWords(self._values.get("queues", ()))
            settle_queues(cluster, wanted, probe.refusals)
            return scan_jobs(probe, wanted, SHARE)


class SharedLook:
    """One look for all who ask while it is taken. `waiting`: the threads that share the one under way."""

    def __init__(self, take: Callable[[], list[Family]]) -> None:
        self.waiting: list[int] = []
        self._take = take
        self._lock = threading.Lock()
        self._look: Future[list[Family]] | None = None

    def __call__(self) -> list[Family]:
        """What a look finds that is under way, or that is taken now. Raises what the look raises."""
        with self._lock:
            look, is_mine = self._look, self._look is None
            if look is None:
                look = self._look = Future()
                self.waiting = []
            else:
                self.waiting.append(threading.get_ident())
        if is_mine:
            try:
                look.set_result(self._take())
            except BaseException as problem:
                look.set_exception(problem)
            finally:
                with self._lock:
                    self._look = None
        return look.result()


class Collector:
    """The metrics for prometheus-client."""

    def __init__(self, shared: Callable[[], Iterable[Family]]) -> None:
        self._shared = shared

    def collect(self) -> Iterator[Metric]:
        """Called by the library for each scrape."""
        for family in self._shared():
            metric = Metric(family.name.removesuffix("_total"), family.help, family.type)
            for labels, value in family.samples:
                metric.add_sample(family.name, labels, value)
            if family.samples:
                yield metric


def application(metrics: Callable[..., Any]) -> Callable[..., Any]:
    """The WSGI application: /metrics, /-/healthy, and 404 for anything else."""

    def answer(request: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = request.get("PATH_INFO", "")
        if path == "/metrics":
            answered: Iterable[bytes] = metrics(request, start_response)
            return answered
        is_healthy = path == _HEALTHY
        start_response("200 OK" if is_healthy else "404 Not Found", [("Content-Type", "text/plain")])
        return [b"ok\n" if is_healthy else b"/metrics has the metrics\n"]

    return answer


class _Handler(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # The base class looks up the name of the host, which may take long.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


def _listening(host: str, port: int) -> _Server:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server_type = type("_Server", (_Server,), {"address_family": family})
    try:
        server: _Server = server_type((host, port), _Handler)
    except OSError as problem:
        raise DataError(f"cannot listen on {host}:{port}: {problem.strerror or problem}") from None
    return server
