"""The table [shell] of the config file: validated options of the shell. Pure.

[shell]
bindings = "vi"                  # or "emacs"
theme = "light"                  # or "dark", "none"
prompt = "{node}> "              # also {host} {port} {cluster} {state} {output} {profile},
                                     # and colours: {red} ... {default}
prompt-color = "red"
history-size = 10000             # lines; 0 keeps no file
pager = "less -R"                # or true, false
timing = false
start = ["\\\\x on"]               # lines to run at the start
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from disquectl.config.file import Config

    T = TypeVar("T")

PROMPT = "{node}> "
PROMPT_WITH_PROFILE = "{profile} {node}> "
BINDINGS = ("emacs", "vi")
THEMES = ("dark", "light", "none")
COLORS = ("default", "red", "green", "yellow", "blue", "magenta", "cyan")
PROMPT_FIELDS = ("node", "host", "port", "cluster", "state", "output", "profile", *COLORS)
KEYS = ("bindings", "theme", "prompt", "prompt-color", "history-size", "pager", "timing", "start")


class ShellOptions:
    """The options of the shell: from the config file, else the defaults.

    `prompt` is empty if the file has none: the default depends on the profile.
    """

    __slots__ = (
        "bindings",
        "history_size",
        "pager",
        "pager_on",
        "prompt",
        "prompt_color",
        "start",
        "theme",
        "timing",
    )

    def __init__(self, config: Config | None = None) -> None:
        """Raises UsageError that names file, line and key."""
        table: dict[str, Any] = config.shell if config else {}
        for key in table:
            if key not in KEYS:
                self._wrong(config, key, f"unknown key (choose {', '.join(KEYS)})")
        self.bindings = self._one_of(config, "bindings", BINDINGS)
        self.theme = self._one_of(config, "theme", THEMES)
        self.prompt_color = self._one_of(config, "prompt-color", COLORS)
        self.prompt: str = self._typed(config, "prompt", str, "text", "")
        problem = prompt_problem(self.prompt)
        if problem:
            self._wrong(config, "prompt", problem)
        self.history_size: int = self._typed(config, "history-size", int, "a whole number", 10_000)
        if self.history_size < 0:
            self._wrong(config, "history-size", "must be 0 or more")
        self.timing: bool = self._typed(config, "timing", bool, "true or false", False)
        pager = table.get("pager", True)
        if not isinstance(pager, (bool, str)):
            self._wrong(config, "pager", "must be a command, true or false")
        self.pager_on = pager is not False
        self.pager = pager if isinstance(pager, str) else None
        self.start: list[str] = self._typed(config, "start", list, "a list of lines", [])
        if not all(isinstance(line, str) for line in self.start):
            self._wrong(config, "start", "must be a list of lines")

    @staticmethod
    def _wrong(config: Config | None, key: str, problem: str) -> None:
        if config is not None:
            raise config.wrong(("shell", key), problem)

    def _typed(  # the type is that of the default
        self, config: Config | None, key: str, kind: type[T], called: str, default: T
    ) -> T:
        value = config.shell.get(key, default) if config else default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self._wrong(config, key, f"must be {called}")
        return value

    def _one_of(self, config: Config | None, key: str, choices: tuple[str, ...]) -> str:
        value: str = config.shell.get(key, choices[0]) if config else choices[0]
        if value not in choices:
            self._wrong(config, key, f"must be one of {', '.join(choices)}")
        return value


def prompt_problem(template: str) -> str:
    """Return what is wrong with a prompt template, or empty."""
    try:
        template.format(**dict.fromkeys(PROMPT_FIELDS, ""))
    except (ValueError, LookupError, AttributeError):
        return f"invalid template; the fields are {', '.join('{' + field + '}' for field in PROMPT_FIELDS)}"
    return ""
