"""The prompt for terminals without escape sequences (TERM=dumb): plain lines."""

from __future__ import annotations

from disquectl.shell.bar import plain_prompt, prompt_text
from disquectl.shell.words import split_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.state import Shell


class DumbTerminal:
    """Reads lines for a shell; an open quote continues on the next line."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        if shell.settings.color == "auto":
            shell.settings.color = "never"

    def refresh(self) -> None:
        """Do nothing: there is no screen to redraw."""

    def read_line(self) -> str | None:
        """Return the line; empty after Ctrl-C, None at end of input."""
        typed = ""
        prompt = plain_prompt(prompt_text(self._shell))
        try:
            while True:
                self._shell.streams.put(prompt.encode())
                line = self._shell.streams.stdin.readline()
                if not line:
                    return None
                typed += line.decode("utf-8", "surrogateescape").removesuffix("\n")
                if not split_line(typed).unclosed:
                    return typed
                typed += "\n"
                prompt = "> "
        except KeyboardInterrupt:
            return ""
