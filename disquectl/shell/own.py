"""The shell's own commands, as rows like those of Disque: what is read, completed, hinted and explained.

Data only; what they do is in `actions`.
"""

from __future__ import annotations

from disquectl.commands.kinds import FILE, NODE, SECONDS_FLOAT, TEXT, Kind, one_of, plain_text
from disquectl.commands.options import FORMATS
from disquectl.commands.row import Argument, Row

ON_OFF = one_of("on", "off")
SETTINGS = ("prompt", "output", "pager", "timing", "echo", "vertical", "pass-credentials")

COMMAND_NAME = Kind("command", plain_text)
COMMAND_LINE = Kind("line", plain_text, "COMMAND")
SYSTEM = Kind("system", plain_text, "COMMAND")
SETTING = one_of(*SETTINGS)


def _switch(name: str, summary: str) -> Row:
    return Row(
        name,
        summary,
        arguments=(Argument("state", ON_OFF, "Without it: the other way round.", required=False),),
        example=f"{name} on",
    )


HELP = Row(
    "help",
    "Explain the shell, a command, or a topic.",
    arguments=(Argument("topic", COMMAND_NAME, "A command or a topic.", many=True, required=False),),
    example="help addjob",
)
CONNECT = Row(
    "connect",
    "Leave this node and connect to another one.",
    arguments=(Argument("node", NODE, "HOST:PORT, several with commas, or a URL.", required=False),),
    details="Without a node it connects anew to the same ones.",
    example="connect 127.0.0.1:7712",
)
AUTH = Row(
    "auth",
    "Log in with a password, now and at each new connection.",
    arguments=(Argument("password", TEXT, "Without it you are asked; nobody sees it then.", required=False),),
    details="The line is not written to the history file.",
    example="auth",
)
OUTPUT = Row(
    "\\o",
    "Set the output format, or show it.",
    arguments=(Argument("format", one_of(*FORMATS), "The format from now on.", required=False),),
    example="\\o json",
)
VERTICAL = _switch("\\x", "Show each record as a block of its own, a line a field.")
ECHO = _switch("\\echo", "Show the raw protocol above each result.")
TIMING = _switch("\\timing", "Say after each command how long it took.")
PAGER = _switch("\\pager", "Hand results that are taller than the screen to the pager.")
WATCH = Row(
    "\\watch",
    "Repeat a command until Ctrl-C.",
    arguments=(
        Argument("seconds", SECONDS_FLOAT, "How long to wait in between.", required=False, default="2"),
        Argument("command", COMMAND_LINE, "The last one where none is given.", many=True, required=False),
    ),
    example="\\watch 1 qstat mail",
)
SOURCE = Row(
    "\\source",
    "Run the lines of a file, up to the first error.",
    arguments=(Argument("file", FILE, "The file."),),
    example="\\source setup.disque",
)
EDIT = Row("\\edit", "Write the next line in your editor; it begins with the last one.", example="\\edit")
SYSTEM_COMMAND = Row(
    "\\!",
    "Run a command of the system.",
    arguments=(Argument("command", SYSTEM, "The rest of the line, as it is.", many=True),),
    example="\\! date",
)
SET = Row(
    "\\set",
    "Show the settings of the shell, or change one.",
    arguments=(
        Argument("name", SETTING, "The setting.", required=False),
        Argument("value", TEXT, "Its value from now on.", required=False),
    ),
    example="\\set prompt '{node} {state}> '",
)
QUIT = Row("quit", "Leave the shell; so does Ctrl-D.", example="quit")

ROWS = (
    HELP,
    CONNECT,
    AUTH,
    OUTPUT,
    VERTICAL,
    ECHO,
    TIMING,
    PAGER,
    WATCH,
    SOURCE,
    EDIT,
    SYSTEM_COMMAND,
    SET,
    QUIT,
)
OTHER_NAMES = {"exit": "quit", "\\q": "quit", "\\?": "help"}


def find_own(name: str) -> Row | None:
    """The row of one of the shell's own commands, in any case; None where it is none."""
    name = name.lower()
    name = OTHER_NAMES.get(name, name)
    return next((row for row in ROWS if row.name == name), None)
