"""Clients and transports that are closed when their test ends."""

import pytest

from disquectl import Client
from disquectl.client.connection_factory import ConnectionFactory
from disquectl.client.transport import Transport


@pytest.fixture
def make_client():
    """Make a client as `Client` does."""
    yield from _made(Client)


@pytest.fixture
def make_transport():
    """Make a transport, for streams and what only the program uses."""
    yield from _made(lambda nodes, **options: Transport(nodes, ConnectionFactory(**options)))


def _made(kind):
    made = []

    def make(*args, **options):
        made.append(kind(*args, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
