"""What a line of the shell turns out to be: its words with what each of them is, and what may come next.

The values that the grammar gives, and completion, hints, colours and checks read. Data only.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.shell.words import Line, Word
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Argument, Option

# What a word is.
COMMAND, SUBCOMMAND, OPTION, KEYWORD, VALUE, ARGUMENT, UNKNOWN = (
    "command",
    "subcommand",
    "option",  # disquectl's, with --
    "keyword",  # Disque's own word for an option, and FROM
    "value",
    "argument",
    "unknown",
)

# Whose words a line is in. EITHER: it is right both ways, and means the same.
OURS, DISQUES, EITHER, MIXED = "disquectl", "disque", "either", "mixed"


class Part:
    """A word and what it is; `problem` is why it cannot be right, or empty."""

    __slots__ = ("parameter", "problem", "role", "word")

    def __init__(
        self, word: Word, role: str, parameter: Argument | Option | None = None, problem: str = ""
    ) -> None:
        self.word = word
        self.role = role
        self.parameter = parameter
        self.problem = problem


class Next:
    """What the next word may be; all of it at once, where several things may stand there.

    commands     the name of a command
    subcommands  the rows of these
    flags        disquectl's options that may still come
    keywords     Disque's option words that may still come
    marker       the word that Disque wants before what stands behind the options (FROM), or empty
    parameters   the arguments or the option whose value may stand there
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
    """A line that was read.

    `row` is None where its command is unknown or not there yet; `own` says that it is one of the shell's.
    `inner` is the line inside a line (\\watch), already read, or None.
    """

    __slots__ = ("command", "inner", "line", "next", "notation", "own", "parts")

    def __init__(
        self,
        line: Line,
        parts: list[Part],
        command: Command | None,
        after: Next,
        *,
        notation: str = EITHER,
        own: bool = False,
        inner: Reading | None = None,
    ) -> None:
        self.line = line
        self.parts = parts
        self.command = command
        self.next = after
        self.notation = notation
        self.own = own
        self.inner = inner

    @property
    def shouted(self) -> bool:
        """Whether the command was typed in capitals, as Disque's documentation writes it."""
        return any(part.role == COMMAND and part.word.text.isupper() for part in self.parts)

    @property
    def problems(self) -> Iterator[Part]:
        """The words that cannot be right."""
        return (part for part in self.parts if part.problem)
