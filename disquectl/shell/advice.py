"""Turns the advice in errors for the command line into what can be typed at the prompt. Pure."""

from __future__ import annotations

import re

from disquectl.commands import ALIASES, NAMES

CONNECT = "`connect HOST:PORT` connects to another node"
ENTER_PASSWORD = "type `auth` to enter the password"
# What is said on the command line, and what is said here.
SAID_HERE = {
    "Name one by --node or DISQUE_NODES.": f"{CONNECT}.",
    "Name a Disque by --node, DISQUE_NODES or --url": CONNECT,
    "choose another node with --node": CONNECT,
    "Give the password by DISQUE_PASSWORD, --password-file or --ask-password.": f"{ENTER_PASSWORD}.",
    "set DISQUE_PASSWORD, or pass --password-file or --ask-password": ENTER_PASSWORD,
    "look at DISQUE_PASSWORD, --password-file or the URL.": "type `auth` to enter another.",
    "use DISQUE_PASSWORD or --password-file": "use --password-file",
    "A URL goes to --url or DISQUE_URL.": "`connect` takes a URL, too: disque://:PASSWORD@HOST:PORT.",
}
PROGRAM = re.compile(rf"(?<![\w/.-])disquectl (?=({'|'.join((*NAMES, *ALIASES, 'COMMAND'))})\b)")
# In a message, which may quote names of users, only where it is marked as a command.
MARKED_PROGRAM = re.compile(rf"`{PROGRAM.pattern}")
ONE_SERVER = re.compile(r"^([A-Z -]+) changes one server: name it with one --node$")


def message_here(text: str) -> str:
    """Return an error's message, or a note."""
    one_server = ONE_SERVER.match(text)
    if one_server:
        command = one_server[1]
        return (
            f"{command} changes one server: `{command.lower()} --node HOST:PORT` names it, "
            "or `connect HOST:PORT` first"
        )
    return MARKED_PROGRAM.sub("`", text)


def advice_here(text: str) -> str:
    """Return an error's advice."""
    for there, here in SAID_HERE.items():
        text = text.replace(there, here)
    return PROGRAM.sub("", text)
