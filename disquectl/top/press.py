"""What a key does: it changes the choice, or asks for an effect outside, such as a command to run. Pure."""

from __future__ import annotations

from disquectl.top.actions import Effect, act, move, pause, to_copy
from disquectl.top.choice import TEXTS
from disquectl.top.keys import KEYS
from disquectl.top.quoting import as_typed_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.top.choice import Choice
    from disquectl.top.keys import Action
    from disquectl.top.rows import Screen

_OUTSIDE: dict[Action, Effect] = {
    "quit": Effect("quit"),
    "interrupt": Effect("interrupt"),
    "suspend": Effect("suspend"),
    "refresh": Effect("redraw"),
}
# Keys that open a screen, and close it again.
_SCREENS: dict[Action, Screen] = {"help": "help", "nodes": "nodes", "dead": "dead", "problems": "problems"}
# What Enter opens.
_ENTERED: dict[Screen, Screen] = {"queues": "jobs", "jobs": "job", "dead": "letter", "problems": "problem"}
_ACTS = tuple(key.action for key in KEYS if key.acts)
_GOES = ("up", "down", "page up", "page down", "first", "last")


def press(action: Action, names: Sequence[bytes], choice: Choice) -> Effect | None:
    """Carry out a key. `names`: the rows of the screen, in their order."""
    choice.message, choice.is_trouble = "", False
    choice.settle(names)
    if action in _OUTSIDE:
        return _OUTSIDE[action]
    if action in _ACTS:
        return act(action, names, choice)
    if action in _GOES:
        _go(action, names, choice)
    elif action == "command":
        choice.asking, choice.text = "command", ""
    elif action == "back":
        choice.go_back()
    elif action == "show name":
        choice.message = to_copy(names, choice)
    elif action in _SCREENS:
        _toggle(_SCREENS[action], choice)
    elif action == "enter":
        _enter(choice)
    elif choice.screen not in TEXTS:
        _on_list(action, names, choice)
    return None


def _go(action: Action, names: Sequence[bytes], choice: Choice) -> None:
    page = max(choice.height - 1, 1)
    far = max(len(names), 1_000_000) if choice.screen in TEXTS else len(names)
    by = {"up": -1, "down": 1, "page up": -page, "page down": page, "first": -far, "last": far}
    if choice.screen in TEXTS:
        choice.top = max(choice.top + by[action], 0)
    else:
        choice.move(names, by[action])


def _toggle(screen: Screen, choice: Choice) -> None:
    if choice.screen == screen:
        choice.marked.clear()
        choice.filter = ""
        choice.go_back()
    else:
        choice.go(screen)


def _enter(choice: Choice) -> None:
    if choice.screen == "problem":
        found = choice.problem_of(choice.problem)
        if found is not None:
            choice.asking, choice.text = "command", as_typed_here(found["command"])
    elif choice.screen in _ENTERED and choice.cursor is not None:
        choice.go(_ENTERED[choice.screen])


def _on_list(action: Action, names: Sequence[bytes], choice: Choice) -> None:
    if action == "filter":
        choice.asking, choice.text = "filter", choice.filter
    elif action == "sort":
        if not choice.next_sort():
            choice.message = "this list has one order, those in trouble first; r reverses it"
    elif action == "reverse":
        choice.is_reversed = not choice.is_reversed
    elif action == "mark":
        if choice.screen in ("nodes", "problems"):
            choice.message = "no key acts on marked rows here"
        else:
            choice.mark(names)


def type_text(text: str, names: Sequence[bytes], choice: Choice) -> Effect | None:
    """Take what is typed into the line at the bottom; yes, and how to pause, are said by one letter."""
    if choice.asking == "confirm":
        choice.asking = ""
        return Effect("run", (choice.to_confirm,)) if text.lower() == "y" else None
    if choice.asking == "pause":
        choice.asking = ""
        return pause(text, names, choice)
    choice.text += "".join(char for char in text if char.isprintable())
    if choice.asking == "filter":
        choice.filter = choice.text
    return None


def rub_out(choice: Choice) -> None:
    """Remove the last character of the line at the bottom."""
    choice.text = choice.text[:-1]
    if choice.asking == "filter":
        choice.filter = choice.text


def cancel(choice: Choice) -> None:
    """Leave the line at the bottom without its effect."""
    if choice.asking == "filter":
        choice.filter = ""
    choice.asking, choice.text = "", ""


def submit(names: Sequence[bytes], choice: Choice) -> Effect | None:
    """Enter in the line at the bottom."""
    asking, text = choice.asking, choice.text.strip()
    choice.asking, choice.text = "", ""
    if asking == "command" and text:
        return Effect("run", (text,))
    if asking == "move":
        return move(text, names, choice)
    return None


def action_of(key: str) -> Action | None:
    """The action of a key, by its name."""
    return next((one.action for one in KEYS if key in one.keys), None)
