"""Clients that are closed when their test ends."""

import pytest

from disquectl import Client


@pytest.fixture
def make_client():
    """Make a client as `Client` does."""
    made = []

    def make(*args, **options):
        client = Client(*args, **options)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()
