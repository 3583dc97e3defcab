"""Arguments and options of commands, and the conversion of typed words to values.

Data with plain functions. It must not know a command, a parser, or where the words come from.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.param_types import DURATION, FLAG, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from disquectl.spec.param_types import ParamType

    # What was typed, by parameter name: a flag, a word, or the words of a parameter that repeats.
    Raw = dict[str, bool | str | tuple[str, ...]]
    # A request as it goes over the wire.
    Words = list[bytes]
    # Values by parameter name, converted; a parameter that was not given is absent.
    Values = dict[str, Any]
    # One result by field name; spec.shape lists the types of its values.
    Record = dict[str, Any]


class Argument:
    """A parameter that is identified by its position.

    name      the key in Raw and Values
    type      converts the word; completion reads from it what the word stands for
    help      one or two sentences for --help
    many      whether it takes all remaining words; at most one argument of a command may
    required  whether it is an error to leave it out
    default   the text to convert if it is not given; None: it is then absent from the values
    """

    __slots__ = ("default", "help", "many", "name", "required", "type")

    def __init__(
        self,
        name: str,
        type: ParamType,
        help: str,
        *,
        many: bool = False,
        required: bool = True,
        default: str | None = None,
    ) -> None:
        self.name = name
        self.type = type
        self.help = help
        self.many = many
        self.required = required
        self.default = default

    @property
    def label(self) -> str:
        """How an error names it."""
        return self.name.upper().replace("_", "-")

    @property
    def usage(self) -> str:
        """How a usage line shows it: `QUEUE`, `[COUNT]`, `ID...`."""
        word = self.label + ("..." if self.many else "")
        return word if self.required else f"[{word}]"


class Option:
    """A parameter that is identified by its flag.

    flag   `--retry`
    name   the key in Raw and Values, made from the flag: `retry`
    type   converts the value; FLAG means that it takes none
    help   one sentence in the imperative
    word   Disque's word for it (b"RETRY"); None if only disquectl has the option
    many   whether it may be repeated
    short  a one-letter form (`-n`), or None
    unset  what the help shows as its default; "" shows none
    """

    __slots__ = ("flag", "help", "many", "name", "short", "type", "unset", "word")

    def __init__(
        self,
        flag: str,
        type: ParamType,
        help: str,
        *,
        word: bytes | None = None,
        many: bool = False,
        short: str | None = None,
        unset: str = "",
    ) -> None:
        self.flag = flag
        self.name = flag.lstrip("-").replace("-", "_")
        self.type = type
        self.help = help
        self.word = word
        self.many = many
        self.short = short
        self.unset = unset

    @property
    def label(self) -> str:
        """How an error names it."""
        return self.flag

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return self.type is FLAG

    @property
    def usage(self) -> str:
        """How the help shows it: `-n, --node HOST:PORT`, `--tls`."""
        flag = f"{self.short}, {self.flag}" if self.short else self.flag
        return flag if self.is_flag else f"{flag} {self.type.metavar}"

    @property
    def explained(self) -> str:
        """The help, with the default."""
        return f"{self.help} [default: {self.unset}]" if self.unset else self.help


class NativeForm:
    """The form of a command in Disque's documentation, if that is not arguments followed by options.

    arguments  the arguments in their order
    marker     the word after which only arguments follow (FROM); b"" if there is none
    """

    __slots__ = ("arguments", "marker")

    def __init__(self, arguments: tuple[Argument, ...], marker: bytes = b"") -> None:
        self.arguments = arguments
        self.marker = marker


SEEDS_ONLY = Option("--seeds-only", FLAG, "Ask only the nodes given; do not discover others.")
CLUSTER_OPTIONS = (
    Option("--cluster", FLAG, "Ask every node of the cluster and combine the replies."),
    SEEDS_ONLY,
)

# Every command that only reads has them; execution/repeat.py runs it again.
EVERY = Option("--every", DURATION, "Repeat at this interval, such as 2s.")
TIMES = Option("--times", number(1, 2**31), "With --every: end after N runs.")
REPEATING = (EVERY, TIMES)


def convert(parameters: Iterable[Argument | Option], raw: Raw) -> Values:
    """The typed words as values, with the defaults of arguments.

    Raises UsageError, with the parameter's name, for a wrong word.
    """
    values: Values = {}
    for parameter in parameters:
        text = raw.get(parameter.name, parameter.default if isinstance(parameter, Argument) else None)
        if text is None:
            continue
        try:
            if isinstance(text, tuple):
                values[parameter.name] = tuple(parameter.type.convert(one) for one in text)
            else:
                values[parameter.name] = text if text is True else parameter.type.convert(str(text))
        except UsageError as problem:
            raise UsageError(f"{parameter.label}: {problem.message}", problem.advice) from None
    return values


def require_positive(values: Values, *names: str) -> None:
    """Raise UsageError for one of these options that is given and is not more than 0."""
    for name in names:
        if values.get(name, 1) <= 0:
            raise UsageError(f"--{name} must be more than 0")


def as_bytes(value: bytes | str | int | float) -> bytes:
    """A converted value as it goes over the wire."""
    return value if isinstance(value, bytes) else str(value).encode()
