"""The fixtures of tests/client: clients that are closed when their test ends."""

from tests.client.conftest import make_client

__all__ = ["make_client"]
