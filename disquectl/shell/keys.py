"""Key bindings: those that the shell adds, and those of prompt-toolkit that it removes.

Rule: the line that runs is the line that is seen. So no key runs a line that it has changed or fetched
(macros, the editor, comment, operate-and-get-next), and none starts a selection that the next typed text
would replace.
"""

from __future__ import annotations

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import (
    completion_is_selected,
    emacs_mode,
    has_completions,
    has_focus,
    has_selection,
    vi_insert_mode,
    vi_navigation_mode,
)
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.keys import Keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.key_binding import KeyPressEvent

# With Shift they only move the cursor, as without it; no selection.
SHIFTED = {
    Keys.ShiftLeft: Keys.Left,
    Keys.ShiftRight: Keys.Right,
    Keys.ShiftUp: Keys.Up,
    Keys.ShiftDown: Keys.Down,
    Keys.ShiftHome: Keys.Home,
    Keys.ShiftEnd: Keys.End,
    Keys.ControlShiftLeft: Keys.ControlLeft,
    Keys.ControlShiftRight: Keys.ControlRight,
    Keys.ControlShiftHome: Keys.ControlHome,
    Keys.ControlShiftEnd: Keys.ControlEnd,
}
# Keyboard macros, operate-and-get-next, and insert-comment of emacs; macros of vi.
UNUSED_IN_EMACS = (("c-x", "("), ("c-x", ")"), ("c-x", "e"), ("c-o",), ("escape", "#"))
UNUSED_IN_VI = (("q", Keys.Any), ("q",), ("@", Keys.Any))


def bindings(edit: Callable[[str], str]) -> KeyBindings:
    """Return the bindings. `edit` opens text in the user's editor and returns the result."""
    keys = KeyBindings()
    _bind_menu(keys)

    def _nothing(event: KeyPressEvent) -> None:
        """Do nothing."""

    for unused in UNUSED_IN_EMACS:
        keys.add(*unused, filter=emacs_mode)(_nothing)
    for unused in UNUSED_IN_VI:
        keys.add(*unused, filter=vi_navigation_mode)(_nothing)

    def _move(event: KeyPressEvent) -> None:
        plain = SHIFTED[Keys(event.key_sequence[0].key)]
        event.key_processor.feed(KeyPress(plain), first=True)

    for shifted in SHIFTED:
        keys.add(shifted, filter=emacs_mode)(_move)

    @keys.add("c-x", "c-e", filter=emacs_mode & has_focus(DEFAULT_BUFFER))
    @keys.add("v", filter=vi_navigation_mode & ~has_selection & has_focus(DEFAULT_BUFFER))
    def _(event: KeyPressEvent) -> None:
        """Put the edited line at the prompt, without running it."""
        buffer = event.current_buffer

        async def in_editor() -> None:
            text = await run_in_terminal(lambda: edit(buffer.text), in_executor=True)
            buffer.document = Document(text, len(text))

        event.app.create_background_task(in_editor())

    return keys


def _bind_menu(keys: KeyBindings) -> None:
    """Ctrl-Space opens the menu; Enter in it accepts the entry without running the line; Escape closes it.

    In vi mode Escape leaves insert mode, too. No sequence there begins with it: that would delay it.
    """

    @keys.add("c-@", filter=has_focus(DEFAULT_BUFFER))
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.start_completion(select_first=False)

    @keys.add("enter", filter=completion_is_selected)
    @keys.add("escape", "enter", filter=completion_is_selected & emacs_mode)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    # Not eager if an entry is selected: Alt-Enter begins with Escape.
    @keys.add("escape", eager=True, filter=has_completions & ~completion_is_selected & emacs_mode)
    @keys.add("escape", filter=completion_is_selected & emacs_mode)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.cancel_completion()

    @keys.add("escape", filter=vi_insert_mode & has_completions)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        buffer.complete_state = None
        buffer.cursor_position += buffer.document.get_cursor_left_position()
        event.app.vi_state.input_mode = InputMode.NAVIGATION
