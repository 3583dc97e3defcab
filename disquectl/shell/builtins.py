"""Declarations of the shell's own commands, for parsing, completion, hints and help.

Data only; `actions` runs them.
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
            arguments=(Argument("state", ON_OFF, "Without it, the setting is toggled.", required=False),)
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
    "Connect to another node.",
    example="connect 127.0.0.1:7712",
    details="Without a node, reconnects to the same ones.",
    grammar=Grammar(
        arguments=(
            Argument("node", NODE, "HOST:PORT, comma-separated if several, or a URL.", required=False),
        )
    ),
)
AUTH = Command(
    "auth",
    "Log in with a password, now and at each new connection.",
    example="auth",
    details="The line is not written to the history file.",
    grammar=Grammar(
        arguments=(
            Argument(
                "password", TEXT, "Without it, the shell asks for it and does not show it.", required=False
            ),
        )
    ),
)
OUTPUT = Command(
    "\\o",
    "Set the output format, or show it.",
    example="\\o json",
    grammar=Grammar(
        arguments=(
            Argument("format", one_of(*FORMATS, noun="format"), "The new output format.", required=False),
        )
    ),
)
VERTICAL = _switch("\\x", "Show each record as a block, one field a line.")
ECHO = _switch("\\echo", "Show the raw protocol above each result.")
TIMING = _switch("\\timing", "Show how long each command took.")
PAGER = _switch("\\pager", "Show results taller than the screen in the pager.")
WATCH = Command(
    "\\watch",
    "Repeat a command until Ctrl-C.",
    example="\\watch 1 qstat mail",
    grammar=Grammar(
        arguments=(
            Argument(
                "seconds", SECONDS_FLOAT, "Time between two runs, in seconds.", required=False, default="2"
            ),
            Argument("command", COMMAND_LINE, "Default: the last command.", many=True, required=False),
        )
    ),
)
SOURCE = Command(
    "\\source",
    "Run the lines of a file; stop at the first error.",
    example="\\source setup.disque",
    grammar=Grammar(arguments=(Argument("file", FILE, "The file."),)),
)
EDIT = Command("\\edit", "Edit the last line in your editor, as the next one.", example="\\edit")
SYSTEM_COMMAND = Command(
    "\\!",
    "Run a system command.",
    example="\\! date",
    grammar=Grammar(
        arguments=(Argument("command", SYSTEM, "The rest of the line, passed to sh.", many=True),)
    ),
)
SET = Command(
    "\\set",
    "Show the settings of the shell, or change one.",
    example="\\set prompt '{node} {state}> '",
    grammar=Grammar(
        arguments=(
            Argument("name", SETTING, "The setting.", required=False),
            Argument("value", TEXT, "The new value.", required=False),
        )
    ),
)
QUIT = Command("quit", "Leave the shell; so does Ctrl-D.", example="quit")

BUILTINS = (
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
ALIASES = {"exit": "quit", "\\q": "quit", "\\?": "help"}


def find_builtin(name: str) -> Command | None:
    """Return the shell's own command of this name, case-insensitive, or None."""
    name = name.lower()
    name = ALIASES.get(name, name)
    return next((command for command in BUILTINS if command.name == name), None)
