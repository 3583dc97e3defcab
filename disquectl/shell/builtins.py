"""The shell's own commands, as rows like those of Disque: what is read, completed, hinted and explained.

Data only; what they do is in `actions`.
"""

from __future__ import annotations

from disquectl.spec.command import Command, Grammar
from disquectl.spec.global_options import FORMATS
from disquectl.spec.param_types import FILE, NODE, SECONDS_FLOAT, TEXT, ParamType, one_of, plain_text
from disquectl.spec.parameters import Argument

ON_OFF = one_of("on", "off", noun="value")
SETTINGS = ("prompt", "output", "pager", "timing", "echo", "vertical", "pass-credentials")

COMMAND_NAME = ParamType("command", plain_text)
COMMAND_LINE = ParamType("line", plain_text, "COMMAND")
SYSTEM = ParamType("system", plain_text, "COMMAND")
SETTING = one_of(*SETTINGS, noun="setting")


def _switch(name: str, summary: str) -> Command:
    return Command(
        name,
        summary,
        example=f"{name} on",
        grammar=Grammar(
            arguments=(Argument("state", ON_OFF, "Without it: the other way round.", required=False),)
        ),
    )


HELP = Command(
    "help",
    "Explain the shell, a command, or a topic.",
    example="help addjob",
    grammar=Grammar(
        arguments=(Argument("topic", COMMAND_NAME, "A command or a topic.", many=True, required=False),)
    ),
)
CONNECT = Command(
    "connect",
    "Leave this node and connect to another one.",
    example="connect 127.0.0.1:7712",
    details="Without a node it connects anew to the same ones.",
    grammar=Grammar(
        arguments=(Argument("node", NODE, "HOST:PORT, several with commas, or a URL.", required=False),)
    ),
)
AUTH = Command(
    "auth",
    "Log in with a password, now and at each new connection.",
    example="auth",
    details="The line is not written to the history file.",
    grammar=Grammar(
        arguments=(
            Argument("password", TEXT, "Without it you are asked; nobody sees it then.", required=False),
        )
    ),
)
OUTPUT = Command(
    "\\o",
    "Set the output format, or show it.",
    example="\\o json",
    grammar=Grammar(
        arguments=(
            Argument("format", one_of(*FORMATS, noun="format"), "The format from now on.", required=False),
        )
    ),
)
VERTICAL = _switch("\\x", "Show each record as a block of its own, a line a field.")
ECHO = _switch("\\echo", "Show the raw protocol above each result.")
TIMING = _switch("\\timing", "Say after each command how long it took.")
PAGER = _switch("\\pager", "Hand results that are taller than the screen to the pager.")
WATCH = Command(
    "\\watch",
    "Repeat a command until Ctrl-C.",
    example="\\watch 1 qstat mail",
    grammar=Grammar(
        arguments=(
            Argument("seconds", SECONDS_FLOAT, "How long to wait in between.", required=False, default="2"),
            Argument("command", COMMAND_LINE, "The last one where none is given.", many=True, required=False),
        )
    ),
)
SOURCE = Command(
    "\\source",
    "Run the lines of a file, up to the first error.",
    example="\\source setup.disque",
    grammar=Grammar(arguments=(Argument("file", FILE, "The file."),)),
)
EDIT = Command("\\edit", "Write the next line in your editor; it begins with the last one.", example="\\edit")
SYSTEM_COMMAND = Command(
    "\\!",
    "Run a command of the system.",
    example="\\! date",
    grammar=Grammar(arguments=(Argument("command", SYSTEM, "The rest of the line, as it is.", many=True),)),
)
SET = Command(
    "\\set",
    "Show the settings of the shell, or change one.",
    example="\\set prompt '{node} {state}> '",
    grammar=Grammar(
        arguments=(
            Argument("name", SETTING, "The setting.", required=False),
            Argument("value", TEXT, "Its value from now on.", required=False),
        )
    ),
)
QUIT = Command("quit", "Leave the shell; so does Ctrl-D.", example="quit")

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


def find_own(name: str) -> Command | None:
    """The row of one of the shell's own commands, in any case; None where it is none."""
    name = name.lower()
    name = OTHER_NAMES.get(name, name)
    return next((command for command in ROWS if command.name == name), None)
