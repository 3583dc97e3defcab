"""The completion scripts of bash, zsh and fish, for printing, installing and packaging."""

from __future__ import annotations

from disquectl.completion import bash, fish, zsh

SHELLS = ("bash", "zsh", "fish")
FILE_NAMES = {"bash": "disquectl.bash", "zsh": "_disquectl", "fish": "disquectl.fish"}


def script(shell: str) -> str:
    """Return the script for one of SHELLS."""
    if shell == "bash":
        return bash.SCRIPT
    return zsh.script() if shell == "zsh" else fish.script()
