"""The result of parsing a line: its words with their roles, and what may come next.

`grammar` makes these values; completion, hints, colours and checks read them. Data only.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.shell.words import Line, Word
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Argument, Option

# The role of a word.
COMMAND, SUBCOMMAND, OPTION, KEYWORD, VALUE, ARGUMENT, UNKNOWN = (
    "command",
    "subcommand",
    "option",  # in disquectl's notation, with --
    "keyword",  # in Disque's notation: an option word, or FROM
    "value",
    "argument",
    "unknown",
)

# The notation of a line. EITHER: it is valid in both, with the same meaning.
DISQUECTL, NATIVE, EITHER, MIXED = "disquectl", "disque", "either", "mixed"


class Part:
    """A word with its role; `problem` is why it cannot be right, or empty."""

    __slots__ = ("parameter", "problem", "role", "word")

    def __init__(
        self, word: Word, role: str, parameter: Argument | Option | None = None, problem: str = ""
    ) -> None:
        self.word = word
        self.role = role
        self.parameter = parameter
        self.problem = problem


class Next:
    """What the next word may be; several kinds may be possible at once.

    commands     the name of a command
    subcommands  one of these
    flags        disquectl's options that may still come
    keywords     Disque's option words that may still come
    marker       the word that Disque wants before the arguments after the options (FROM), or empty
    parameters   the arguments or the option whose value may follow
    """

    __slots__ = ("commands", "flags", "keywords", "marker", "parameters", "subcommands")

    def __init__(
        self,
        *,
        commands: bool = False,
        subcommands: tuple[Command, ...] = (),
        flags: tuple[Option, ...] = (),
        keywords: tuple[Option, ...] = (),
        marker: str = "",
        parameters: tuple[Argument | Option, ...] = (),
    ) -> None:
        self.commands = commands
        self.subcommands = subcommands
        self.flags = flags
        self.keywords = keywords
        self.marker = marker
        self.parameters = parameters


class Reading:
    """A parsed line.

    `command` is None if it is unknown or not typed yet; `is_builtin`: it is one of the shell's own.
    `inner` is the parsed line inside a line (\\watch, repeat), or None.
    """

    __slots__ = ("command", "inner", "is_builtin", "line", "next", "notation", "parts")

    def __init__(
        self,
        line: Line,
        parts: list[Part],
        command: Command | None,
        after: Next,
        *,
        notation: str = EITHER,
        is_builtin: bool = False,
        inner: Reading | None = None,
    ) -> None:
        self.line = line
        self.parts = parts
        self.command = command
        self.next = after
        self.notation = notation
        self.is_builtin = is_builtin
        self.inner = inner

    @property
    def innermost(self) -> Reading:
        """The line inside all others, or this one."""
        return self.inner.innermost if self.inner is not None else self

    @property
    def own_parts(self) -> list[Part]:
        """The parts before those of the line inside it."""
        return self.parts[: len(self.parts) - len(self.inner.parts)] if self.inner is not None else self.parts

    @property
    def in_capitals(self) -> bool:
        """Whether the command was typed in capitals, as in Disque's documentation."""
        return any(part.role == COMMAND and part.word.text.isupper() for part in self.parts)

    @property
    def problems(self) -> Iterator[Part]:
        """The words that have a problem."""
        return (part for part in self.parts if part.problem)
