"""Installs TAB completion for the user's shell: the script and the line that loads it.

Installing again only updates the script. Writes to the home folder only.
"""

from __future__ import annotations

import os

from disquectl.completion.scripts import FILE_NAMES, SHELLS, script
from disquectl.config.home import config_folder, data_folder, no_home, required
from disquectl.errors import DataError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ADVICE = "disquectl completion SHELL prints a script"
PROBLEM = "cannot set up completion"
MARK = "# TAB completion of disquectl"


def install(environ: Mapping[str, str]) -> str:
    """Install for the shell that $SHELL names. Return what was done, and what is left to do, as text."""
    shell = os.path.basename(environ.get("SHELL", ""))
    if shell not in SHELLS:
        raise UsageError(
            f"{f'no completion for {shell}' if shell else 'SHELL is not set'} (choose {', '.join(SHELLS)})",
            ADVICE,
        )
    start = lines = ""
    if shell == "fish":
        path = os.path.join(_required(config_folder(environ)), "fish", "completions", FILE_NAMES[shell])
    elif shell == "bash":
        # The package bash-completion looks there, too.
        path = os.path.join(_required(data_folder(environ)), "bash-completion", "completions", "disquectl")
        start, lines = os.path.join(required(environ, PROBLEM, ADVICE), ".bashrc"), f". {_quoted(path)}"
    else:
        folder = os.path.join(_required(data_folder(environ)), "zsh", "site-functions")
        path = os.path.join(folder, FILE_NAMES[shell])
        start = os.path.join(environ.get("ZDOTDIR") or required(environ, PROBLEM, ADVICE), ".zshrc")
        lines = f"fpath=({_quoted(folder)} $fpath)\nautoload -Uz compinit && compinit"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(script(shell))
        changed = bool(start) and _add_lines(start, lines)
    except OSError as problem:
        raise DataError(f"{PROBLEM}: {problem.filename}: {problem.strerror}") from None
    return f"Wrote {path}{f' and added it to {start}' if changed else ''}. Open a new {shell} to use it."


def _required(folder: str | None) -> str:
    if folder is None:
        raise no_home(PROBLEM, ADVICE)
    return folder


def _add_lines(path: str, lines: str) -> bool:
    """Add the lines, unless they are there already; return whether they were added."""
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    if MARK in text:
        return False
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{'' if text.endswith(chr(10)) or not text else chr(10)}\n{MARK}\n{lines}\n")
    return True


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "'\\''") + "'"
