"""Declarations of the shell's own commands, for parsing, completion, hints and help.

Data only; `actions` runs them.
"""

from __future__ import annotations

from disquectl.spec.command import Command, Grammar
from disquectl.spec.global_options import FORMATS
from disquectl.spec.param_types import FILE, NODE, SECONDS_FLOAT, TEXT, ParamType, number, one_of, plain_text
from disquectl.spec.parameters import Argument

ON_OFF = one_of("on", "off", noun="value")
FORMAT = one_of(*FORMATS, noun="format")
# What \set changes: the type of the value, and what the setting means.
SETTINGS: dict[str, tuple[ParamType, str]] = {
    "prompt": (
        TEXT,
        "The prompt: text with {node}, {profile}, {red}, ... (see help shell); '' is the default.",
    ),
    "output": (FORMAT, "The format of results; without one, table on a terminal and plain elsewhere."),
    "pager": (ON_OFF, "Show results taller than the screen in the pager."),
    "timing": (ON_OFF, "Show how long each command took."),
    "echo": (ON_OFF, "Show the raw protocol above each result."),
    "vertical": (ON_OFF, "Show each record as a block, one field a line."),
    "pass-credentials": (ON_OFF, "Pass the password on to system commands."),
}

COMMAND_NAME = ParamType("command", plain_text)
COMMAND_LINE = ParamType("line", plain_text, "COMMAND")
SYSTEM = ParamType("system", plain_text, "COMMAND")
SETTING = one_of(*SETTINGS, noun="setting", meanings={name: text for name, (_, text) in SETTINGS.items()})
COUNT = number(1)


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
    "Explain the shell, a command, or a topic; `?` is the same.",
    example="help addjob",
    grammar=Grammar(
        arguments=(Argument("topic", COMMAND_NAME, "A command or a topic.", many=True, required=False),)
    ),
)
CONNECT = Command(
    "connect",
    "Connect to another node.",
    example="connect 127.0.0.1:7712",
    details="Without a node, reconnects to the same ones. `connect --profile NAME` uses a profile.",
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
    grammar=Grammar(arguments=(Argument("format", FORMAT, "The new output format.", required=False),)),
)
VERTICAL = _switch("\\x", SETTINGS["vertical"][1])
ECHO = _switch("\\echo", SETTINGS["echo"][1])
TIMING = _switch("\\timing", SETTINGS["timing"][1])
PAGER = _switch("\\pager", SETTINGS["pager"][1])
WATCH = Command(
    "\\watch",
    "Repeat a command until Ctrl-C; `watch` is the same.",
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
REPEAT = Command(
    "repeat",
    "Run a command N times; `3 ping` is the same as `repeat 3 ping`.",
    example="3 ping",
    details="It stops at the first error. Each run is like a separate line: a command that asks asks each "
    "time. With > it would overwrite the file each time, so use >>.",
    grammar=Grammar(
        arguments=(
            Argument("count", COUNT, "How often."),
            Argument("command", COMMAND_LINE, "The command.", many=True),
        )
    ),
)
HISTORY = Command(
    "history",
    "List the lines of the history, the newest last.",
    example="history 20",
    details="Lines with a password are not in it. `history | grep mail` searches it; so does Ctrl-R.",
    grammar=Grammar(arguments=(Argument("count", COUNT, "Only the last N lines.", required=False),)),
)
CLEAR = Command("clear", "Clear the screen; so does Ctrl-L.", example="clear")
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
    "List what can be set, with values and meanings, or change a setting.",
    example="\\set prompt '{node} {state}> '",
    details="The config file has more settings of the shell: see help shell.",
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
    REPEAT,
    HISTORY,
    CLEAR,
    SOURCE,
    EDIT,
    SYSTEM_COMMAND,
    SET,
    QUIT,
)
# Offered in the menu, too.
SPOKEN_ALIASES = {"watch": "\\watch", "exit": "quit"}
# As in redis-cli and psql.
ALIASES = {
    **SPOKEN_ALIASES,
    "?": "help",
    "\\?": "help",
    "\\h": "help",
    "\\q": "quit",
    "\\c": "connect",
    "\\s": "history",
    "\\i": "\\source",
    "\\e": "\\edit",
}


def find_builtin(name: str) -> Command | None:
    """Return the shell's own command of this name, case-insensitive, or None."""
    name = name.lower()
    name = ALIASES.get(name, name)
    return next((command for command in BUILTINS if command.name == name), None)
