"""Adapters between prompt-toolkit and the shell: completion, colours, hints, history, suggestions.

Each passes text to a pure function and returns its result; nothing is decided here.
"""

from __future__ import annotations

from bisect import bisect_right

from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import History
from prompt_toolkit.layout.processors import Processor, Transformation
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.utils import get_cwidth

from disquectl.render.escape import for_terminal
from disquectl.shell.bar import plain_prompt, prompt_text
from disquectl.shell.check import check
from disquectl.shell.complete import entries
from disquectl.shell.grammar import read
from disquectl.shell.hints import rest_of_syntax
from disquectl.shell.history import is_too_long
from disquectl.shell.paint import painted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.layout.processors import TransformationInput

    from disquectl.shell.history import HistoryFile
    from disquectl.shell.state import Shell


class GrammarCompleter(Completer):
    """Completes from the grammar and the live names of the shell."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yield the entries for the text before the cursor."""
        before = document.text_before_cursor
        start, found = entries(before, self._shell.names, self._shell.recent_ids)
        for entry in found:
            yield Completion(entry.text, start - len(before), entry.shown, entry.meaning)


class GrammarLexer(Lexer):
    """Colours each word by its role."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Return a function from line number to fragments."""
        lines: list[StyleAndTextTuples] = [[]]
        for style, text in painted(check(read(document.text))):
            first, *more = text.split("\n")
            lines[-1].append((style, first))
            lines.extend([(style, rest)] for rest in more)
        return lambda number: lines[number] if number < len(lines) else []


class EscapeProcessor(Processor):
    """Shows control and invisible characters escaped, so that the line that runs is the line that is seen."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Return the line, with the mapping of positions where escapes are longer than their characters."""
        shown: StyleAndTextTuples = []
        places = [0]
        for style, text, *_ in transformation_input.fragments:
            pieces = [char if " " <= char <= "~" else for_terminal(char) for char in text]
            shown.append((style, "".join(pieces)))
            for piece in pieces:
                places.append(places[-1] + len(piece))
        if places[-1] == len(places) - 1:
            return Transformation(transformation_input.fragments)
        last = len(places) - 1
        return Transformation(
            shown,
            source_to_display=lambda place: places[min(place, last)] + max(place - last, 0),
            display_to_source=lambda place: bisect_right(places, place) - 1 + max(place - places[last], 0),
        )


class HintProcessor(Processor):
    """Appends the rest of the syntax to the last line, cut to the width."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Return the line with its hint."""
        given = transformation_input
        document = given.document
        fragments = given.fragments
        if given.lineno != document.line_count - 1 or not document.is_cursor_at_the_end or get_app().is_done:
            return Transformation(fragments)
        reading = read(document.text)
        hint = "" if reading.line.problem is not None else rest_of_syntax(reading)
        if not hint or not document.text.strip():
            return Transformation(fragments)
        shown = "".join(fragment[1] for fragment in fragments)
        gap = "" if shown.endswith(" ") else " "
        prompt = prompt_text(self._shell)
        room = given.width - get_cwidth(plain_prompt(prompt) + shown + gap) - 1
        if room < 4:
            return Transformation(fragments)
        if len(hint) > room:
            hint = hint[: room - 1] + "\N{HORIZONTAL ELLIPSIS}"
        return Transformation([*fragments, ("class:hint", gap + hint)])


class SharedHistory(History):
    """The history file; recalls all lines of this shell, including those not written to the file."""

    def __init__(self, file: HistoryFile) -> None:
        super().__init__()
        self._file = file

    def load_history_strings(self) -> Iterable[str]:
        """Yield the lines, newest first."""
        return reversed(self._file.load())

    def append_string(self, string: str) -> None:
        """Keep the line, unless it is too long to recall quickly."""
        if not is_too_long(string):
            super().append_string(string)

    def store_string(self, string: str) -> None:
        """Write the line to the file, unless it contains a secret."""
        self._file.add(string)


class HistorySuggest(AutoSuggest):
    """Suggests the newest history line that begins with the text."""

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """Return the rest of that line, or None."""
        text = document.text
        if not text.strip() or "\n" in text:
            return None
        for line in reversed(buffer.history.get_strings()):
            if line.startswith(text) and len(line) > len(text) and "\n" not in line:
                return Suggestion(line[len(text) :])
        return None
