"""A TLS proxy before a node, as stunnel or a service mesh is one, with certificates made for the test."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
import threading

import trustme


class Authority:
    """Certificates in files: `ca` is whom to trust, and each method makes one more and gives its path."""

    def __init__(self, folder):
        self._folder = folder
        self._ca = trustme.CA()
        self.ca = str(folder / "ca.pem")
        self._ca.cert_pem.write_to_path(self.ca)

    def issue(self, *hosts, **how):
        """A certificate with its key, in one file."""
        path = str(self._folder / f"{'-'.join(hosts)}.pem".replace("*", "any"))
        self._ca.issue_cert(*hosts, **how).private_key_and_cert_chain_pem.write_to_path(path)
        return path

    def issue_expired(self, host):
        """One that was valid last year."""
        now = datetime.datetime.now(datetime.UTC)
        year = datetime.timedelta(days=365)
        return self.issue(host, not_before=now - 2 * year, not_after=now - year)


class TlsProxy:
    """Speaks TLS on a port of its own and passes on to a node; a context manager.

    `address` is where it listens, `names` are the host names that clients asked for (SNI). `client_ca`: only
    clients with a certificate from there are served. `hang_up` cuts the connections there are.
    """

    def __init__(self, target, certificate, client_ca=None):
        self._host, _, port = target.rpartition(":")
        self._port = int(port)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self.names = []
        self._context.sni_callback = lambda _, name, __: self.names.append(name)
        if client_ca:
            self._context.load_verify_locations(client_ca)
            self._context.verify_mode = ssl.CERT_REQUIRED
        self._writers = set()
        self._listening = threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def hang_up(self):
        """Cut what is connected."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result()

    async def _cut(self):
        for writer in list(self._writers):
            # Some releases of Python 3.11 raise it for a connection that is just ending by itself.
            with contextlib.suppress(AttributeError):
                writer.transport.abort()

    async def _serve(self):
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda *_: None)  # refused handshakes are what some tests want
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        self.address = f"localhost:{self.port}"
        self._listening.set()
        await self._stop.wait()
        server.close()
        await self._cut()

    async def _carry(self, reader, writer):
        node_reader, node_writer = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, node_writer}
        await asyncio.gather(_pass_on(reader, node_writer), _pass_on(node_reader, writer))
        self._writers -= {writer, node_writer}


async def _pass_on(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
