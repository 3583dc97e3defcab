"""The picture of top: a real run beside a sandbox with moving queues, one of them without a consumer."""

from __future__ import annotations

import sys
import tempfile

from disquectl import Client
from tests.docs.shell_picture import draw
from tests.support.emulated_terminal import Person

COLUMNS, ROWS = 104, 16


def svg() -> str:
    """The screen after half a minute, as an SVG document."""
    top = (sys.executable, "-m", "disquectl", "top", "--every", "500ms")
    sandbox = ("sandbox", "--port", "0", "--nodes", "3", "--demo", "--", *top)
    with (
        tempfile.TemporaryDirectory() as home,
        Person(*sandbox, home=home, columns=COLUMNS, rows=ROWS) as person,
    ):
        person.until("3 of 3 nodes up")
        person.type("N")
        node = next(word for word in person.until("127.0.0.1:").split() if word.startswith("127.0.0.1:"))
        person.type("\x1b")
        with Client(node) as client:
            for number in range(240):
                client.addjob("invoices", f"invoice {number}")
            client.pause("webhooks", "out", "bcast")
        person.until("paused out")
        person.until("no consumer")
        for _ in range(150):  # until the lines of sparklines have some length
            person.look()
        return draw(person, "top", ROWS)
