"""The keys at the prompt: whatever is pressed, the line that runs is the line that is seen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.key_binding.defaults import load_key_bindings
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import KEY_ALIASES, Keys
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.shortcuts import PromptSession

from disquectl import Client
from disquectl.shell.keys import bindings
from tests.support.emulated_terminal import CTRL_C, ENTER, TAB, Person, configured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CTRL_SPACE, CTRL_O, CTRL_X, ESCAPE = "\x00", "\x0f", "\x18", "\x1b"
LINE = "QLEN one two"
# What is typed next is for them: a second key, the text to search, or as often as the prompt says (arg: 0).
TAKE_MORE = {
    *[("c-q",), ("c-r",), ("c-s",), ("c-]",), ("c-x",), ("escape",)],
    *[("c-]", Keys.Any.value), ("escape", "c-]", Keys.Any.value), ("escape", "0"), ("escape", "-")],
}


def default_sequences() -> list[tuple[str, ...]]:
    """All that prompt-toolkit binds, as sequences of keys; a key that may be any is an x."""
    found = {tuple(getattr(key, "value", key) for key in one.keys) for one in load_key_bindings().bindings}
    return sorted(keys for keys in found if "<any>" not in keys[:1] and not keys[0].startswith("<"))


def _key_press(name: str) -> KeyPress:
    name = "x" if name == Keys.Any.value else KEY_ALIASES.get(name, name)
    return KeyPress(name if len(name) == 1 else Keys(name))


class Prompt:
    """A prompt without a terminal; a context manager."""

    def __init__(self, mode: EditingMode) -> None:
        self.session: PromptSession[str] = PromptSession(
            key_bindings=bindings(lambda text: text + " edited"),
            editing_mode=mode,
            history=InMemoryHistory(["PAUSE older in", "DELJOB old"]),
            completer=WordCompleter(["two", "twice"]),
            enable_suspend=False,
            interrupt_exception=EOFError,
        )

    async def press(self, keys: Sequence[str]) -> tuple[str, str | None]:
        """Press these keys behind LINE: the line that stood there last, and what was run, if it was."""
        app = self.session.app
        app.quoted_insert = False
        if app.layout.is_searching:
            app.layout.search_links.clear()
            app.layout.focus(self.session.default_buffer)
        running = asyncio.ensure_future(self.session.prompt_async(default=LINE))
        while not app.is_running:
            await asyncio.sleep(0)
        for key in keys:
            seen = self.session.default_buffer.text
            app.key_processor.feed(_key_press(key))
            app.key_processor.process_keys()
            if app.is_done:
                break
        else:
            seen = self.session.default_buffer.text
            app.exit(exception=EOFError)
        try:
            return seen, await running
        except EOFError:
            return seen, None


def press(mode: EditingMode, *cases: Sequence[str]) -> list[tuple[str, str | None]]:
    """What comes of each of these cases."""

    async def in_turn() -> list[tuple[str, str | None]]:
        prompt = Prompt(mode)
        return [await prompt.press(keys) for keys in cases]

    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        return asyncio.run(in_turn())


@pytest.mark.parametrize("mode", EditingMode)
def test_no_key_runs_a_line_that_was_not_seen(mode: EditingMode) -> None:
    cases = list(default_sequences())
    if mode == EditingMode.VI:
        cases += [("escape", *keys) for keys in cases]
    for keys, (seen, run) in zip(cases, press(mode, *cases), strict=True):
        assert run in (None, seen), keys


def test_no_key_swallows_what_is_typed_behind_it() -> None:
    cases = [(*keys, "Z") for keys in default_sequences() if keys not in TAKE_MORE and keys[0] != "c-c"]
    for keys, (seen, run) in zip(cases, press(EditingMode.EMACS, *cases), strict=True):
        assert run is not None or "Z" in seen, keys


def test_macros_are_not_recorded_and_played() -> None:
    recorded = ("c-x", "(", "x", "c-x", ")", "c-x", "e")
    assert press(EditingMode.EMACS, recorded) == [(LINE + "x", None)]
    recorded = ("escape", "q", "a", "0", "x", "q", "a", "@", "a")
    assert press(EditingMode.VI, recorded) == [(LINE[1:], None)]


@pytest.fixture
def person(node: str, tmp_path: Path) -> Iterator[Person]:
    with Person("-n", node, "shell", home=str(tmp_path)) as someone:
        someone.until("· ready")
        yield someone


def test_ctrl_space_opens_the_menu_and_types_on(person: Person) -> None:
    person.type("PAUSE q " + CTRL_SPACE)
    person.until(lambda text: " in " in text and " state" in text)
    person.type("none" + ENTER)
    person.until("PAUSE q none\nnone\n")


def test_a_line_of_the_editor_comes_back_to_the_prompt(node: str, tmp_path: Path) -> None:
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nsed -i s/one/edited/ "$1"\nenv | grep ^DISQUE > "$1".env\ncat "$1".env\n')
    script.chmod(0o755)
    home = str(tmp_path)
    with Person("-n", node, "shell", home=home, VISUAL=str(script), DISQUE_PASSWORD="hidden") as someone:
        someone.until(f"{node}>")
        someone.type("QLEN one" + CTRL_X + "\x05")
        someone.until(f"DISQUE_NODES={node}")
        someone.until("QLEN edited")
        assert "\n0\n" not in someone.text
        assert "hidden" not in someone.text
        someone.type(ENTER)
        someone.until("\n0\n")


def test_alt_enter_takes_the_entry_that_is_seen(person: Person, node: str) -> None:
    person.type("PAUSE q o")
    person.until(" out ")
    person.type(TAB)
    person.until("PAUSE q out")
    person.type(ESCAPE + ENTER + "x")
    person.until("PAUSE q outx")
    with Client(node) as client:
        assert client.pause("q", "state") == "none"


def test_ctrl_o_runs_nothing(person: Person) -> None:
    person.type("QLEN q" + CTRL_O + "x")
    person.until("QLEN qx")
    person.type(CTRL_C)


def test_characters_that_cannot_be_seen_are_escaped(person: Person) -> None:
    person.type("QLEN a\u202eb\x11\x1b")
    person.until("QLEN a\\xe2\\x80\\xaeb\\x1b")
    # The cursor stands behind it.
    person.type("c")
    person.until("b\\x1bc")


def test_vi_keys_do_not_play_macros(node: str, tmp_path: Path) -> None:
    home = configured(tmp_path, 'bindings = "vi"')
    with Person("-n", node, "shell", home=home) as someone:
        someone.until(f"{node}>")
        someone.type("QLEN q" + CTRL_SPACE + "x")
        someone.until("QLEN qx")
