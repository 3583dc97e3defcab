"""The prompt: a prompt-toolkit session, assembled from the adapters."""

from __future__ import annotations

import os
import shutil
import sys

from prompt_toolkit.data_structures import Size
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.shortcuts.prompt import PromptSession
from prompt_toolkit.styles import Style

from disquectl.errors import DisquectlError
from disquectl.shell.actions import edited
from disquectl.shell.bar import bar, prompt_text
from disquectl.shell.check import check
from disquectl.shell.editing import (
    EscapeProcessor,
    GrammarCompleter,
    GrammarLexer,
    HintProcessor,
    HistorySuggest,
    SharedHistory,
)
from disquectl.shell.grammar import read
from disquectl.shell.hints import about
from disquectl.shell.history import HistoryFile, history_path
from disquectl.shell.keys import bindings
from disquectl.shell.script import report
from disquectl.shell.theme import styles
from disquectl.shell.words import split_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples

    from disquectl.shell.state import Shell

MENU_ROWS = 8

MAX_COLUMNS = 1_000


class QuietOutput(Vt100_Output):
    """Never asks for the cursor position: some terminals do not answer, some answer into the next command."""

    def get_rows_below_cursor_position(self) -> int:
        """Return 1, the row of the cursor; the terminal scrolls for more."""
        return 1


def terminal_size() -> Size:
    """The size of the terminal, with a limit to the columns."""
    columns, rows = shutil.get_terminal_size()
    # Each column costs time at each key; COLUMNS may say anything.
    return Size(rows=rows, columns=min(columns, MAX_COLUMNS))


class LineDiscarded(Exception):
    """Ctrl-C at the prompt. With KeyboardInterrupt, asyncio would report a task never retrieved."""


class Terminal:
    """Reads lines for a shell."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        color = shell.settings.color != "never"
        output = QuietOutput(sys.stdout, terminal_size, term=os.environ.get("TERM"), enable_cpr=False)
        self._session: PromptSession[str] = PromptSession(
            completer=GrammarCompleter(shell),
            lexer=GrammarLexer(),
            auto_suggest=HistorySuggest(),
            history=SharedHistory(HistoryFile(history_path(os.environ), shell.options.history_size)),
            input_processors=[EscapeProcessor(), HintProcessor(shell)],
            key_bindings=bindings(self._edit),
            editing_mode=EditingMode.VI if shell.options.bindings == "vi" else EditingMode.EMACS,
            style=Style.from_dict(styles(shell.options.theme, color, shell.options.prompt_color)),
            color_depth=None if color else ColorDepth.DEPTH_1_BIT,
            include_default_pygments_style=False,
            complete_while_typing=Condition(self._has_text),
            multiline=Condition(self._unclosed),
            prompt_continuation=lambda width, number, wrapped: " " * max(width - 2, 0) + "> ",
            reserve_space_for_menu=MENU_ROWS,
            bottom_toolbar=self._bar,
            refresh_interval=1.0,
            enable_suspend=True,
            output=output,
            interrupt_exception=LineDiscarded,
        )

    def _text(self) -> str:
        return self._session.default_buffer.text

    def _has_text(self) -> bool:
        return bool(self._text().strip())

    def _unclosed(self) -> bool:
        return split_line(self._text()).unclosed

    def _edit(self, text: str) -> str:
        try:
            return edited(self._shell, text)
        except DisquectlError as problem:
            report(self._shell, problem.message, problem.advice)
            return text

    def _bar(self) -> StyleAndTextTuples:
        reading = check(read(self._text()))
        width = self._session.app.output.get_size().columns
        return [*bar(self._shell, about(reading), any(reading.problems), width)]

    def _prompt(self) -> StyleAndTextTuples:
        return [*prompt_text(self._shell)]

    def refresh(self) -> None:
        """Redraw the prompt; may be called from any thread."""
        self._session.app.invalidate()

    def read_line(self) -> str | None:
        """Return the line; empty after Ctrl-C, None at end of input."""
        default, self._shell.default = self._shell.default, ""
        self._shell.streams.stdout.flush()
        try:
            return self._session.prompt(self._prompt, default=default)
        except LineDiscarded:
            return ""
        except EOFError:
            return None
