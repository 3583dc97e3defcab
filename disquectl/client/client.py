"""`Client`: what `from disquectl import Client` gives."""

from __future__ import annotations

from disquectl.client.core import Core


class Client(Core):
    """A connection to a Disque cluster, with a method for each command."""
