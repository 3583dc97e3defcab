"""The picture of the shell: someone types into a real one, and Rich draws the emulated screen as SVG."""

from __future__ import annotations

import re
import tempfile
from io import StringIO
from itertools import groupby

from rich.console import Console
from rich.style import Style
from rich.text import Text

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.docs.picture import document
from tests.support.emulated_terminal import Person

COLUMNS, ROWS = 96, 22


def svg() -> str:
    """A session with a result, the menu, a hint and the bar, as an SVG document."""
    with SandboxThread(nodes=3) as sandbox, tempfile.TemporaryDirectory() as home:
        with Client(sandbox.addresses[0]) as client:
            for queue in ("mail", "mail-retries", "thumbnails", "webmail"):
                client.addjob(queue, f"for {queue}")
        with Person("-n", sandbox.addresses[0], "shell", home=home, columns=COLUMNS, rows=ROWS) as someone:
            someone.until("· ready")
            someone.run("ADDJOB mail 'hello world' 0 RETRY 30", "\nD-")
            someone.run("qpeek mail 2", "hello world\n")
            someone.type("GETJOB NOHANG FROM mai")
            someone.until("webmail")
            return draw(someone, "shell")


def draw(someone: Person, name: str, rows: int | None = None) -> str:
    """The screen as it is, with so many lines; None: those with text."""
    console = Console(
        record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    for command in range(rows or len(someone.text.splitlines())):
        cells = [someone.screen.buffer[command][column] for column in range(COLUMNS)]
        line = Text()
        for (front, back, bold, reverse), run in groupby(
            cells, lambda cell: (cell.fg, cell.bg, cell.bold, cell.reverse)
        ):
            text = "".join(cell.data for cell in run).replace(" ", "\N{NO-BREAK SPACE}")
            style = Style(color=_color(front), bgcolor=_color(back), bold=bold, reverse=reverse)
            line.append(text, style)
        console.print(line)
    return document(console, name)


def _color(name: str) -> str | None:
    """The emulator's colour in Rich's words."""
    if name == "default":
        return None
    if name == "brown":
        return "yellow"
    return f"#{name}" if re.fullmatch(r"[0-9a-f]{6}", name) else name.replace("bright", "bright_")
