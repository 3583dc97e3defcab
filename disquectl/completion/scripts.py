"""The scripts for the shells, as they are printed, installed, and kept in the repository."""

from __future__ import annotations

from disquectl.completion import bash, fish, zsh

SHELLS = ("bash", "zsh", "fish")
FILE_NAMES = {"bash": "disquectl.bash", "zsh": "_disquectl", "fish": "disquectl.fish"}


def script(shell: str) -> str:
    """The script for one of SHELLS."""
    if shell == "bash":
        return bash.SCRIPT
    return zsh.script() if shell == "zsh" else fish.script()
