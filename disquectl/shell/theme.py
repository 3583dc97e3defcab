"""The colours of the shell: style classes for a dark and for a light background."""

from __future__ import annotations

from disquectl.shell.options import COLORS

DARK = {
    "command": "#5fd7ff bold",
    "subcommand": "#5fd7ff",
    "option": "#d7af5f",
    "keyword": "#d7af5f bold",
    "value": "#d7d7d7",
    "value.queue": "#87d787",
    "value.id": "#af87ff",
    "value.body": "#ffffd7",
    "value.count": "#ff875f",
    "value.seconds": "#ff875f",
    "value.wait": "#ff875f",
    "handoff": "#ff87d7 bold",
    "unknown": "#d7d7d7",
    "wrong": "#ff5f5f bold underline",
    "hint": "#808080",
    "auto-suggestion": "#606060 italic",
    "prompt": "bold",
    **{f"prompt.{color}": f"ansi{color} bold" for color in COLORS},
    "prompt.protected": "ansired bold",
    "completion-menu": "bg:#303030 #d7d7d7",
    "completion-menu.completion.current": "noreverse bg:#5fd7ff #000000",
    "completion-menu.meta.completion": "bg:#262626 #949494",
    "completion-menu.meta.completion.current": "bg:#3a3a3a #d7d7d7",
    "bottom-toolbar": "noreverse bg:#303030 #bcbcbc",
    "bar.wrong": "bg:#303030 #ff5f5f",
    "bar.bad": "bg:#303030 #ff5f5f bold",
    "bar.about": "bg:#303030 #afafaf",
}
LIGHT = {
    **DARK,
    "command": "#005f87 bold",
    "subcommand": "#005f87",
    "option": "#875f00",
    "keyword": "#875f00 bold",
    "value": "#303030",
    "value.queue": "#005f00",
    "value.id": "#5f00af",
    "value.body": "#303030",
    "value.count": "#af3a00",
    "value.seconds": "#af3a00",
    "value.wait": "#af3a00",
    "handoff": "#87005f bold",
    "unknown": "#303030",
    "wrong": "#d70000 bold underline",
    "hint": "#8a8a8a",
    "auto-suggestion": "#a8a8a8 italic",
    "completion-menu": "bg:#e4e4e4 #303030",
    "completion-menu.completion.current": "noreverse bg:#005f87 #ffffff",
    "completion-menu.meta.completion": "bg:#eeeeee #6c6c6c",
    "completion-menu.meta.completion.current": "bg:#d0d0d0 #303030",
    "bottom-toolbar": "noreverse bg:#e4e4e4 #444444",
    "bar.wrong": "bg:#e4e4e4 #d70000",
    "bar.bad": "bg:#e4e4e4 #d70000 bold",
    "bar.about": "bg:#e4e4e4 #585858",
}
# Without colours: only what must be noticed.
PLAIN = {"wrong": "underline", "bottom-toolbar": "noreverse", "prompt": "bold", "bar.bad": "bold"}


def styles(theme: str, color: bool, prompt_color: str) -> dict[str, str]:
    """Return the style of each class."""
    chosen = PLAIN if theme == "none" or not color else LIGHT if theme == "light" else DARK
    if color and prompt_color != "default":
        return {**chosen, "prompt": f"ansi{prompt_color} bold"}
    return chosen
