"""Arguments and options: what a command takes, and the words that were typed as values.

Data with plain functions. It must not know a command, a parser, or where the words come from.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.param_types import FLAG

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
    """A parameter that is known by its position.

    name      the key in Raw and Values
    type      converts the word, and tells completion what it stands for
    help      one or two sentences for --help
    many      takes all words that are left for it; only one argument of a command can
    required  whether a command line without it is wrong
    default   the text to convert when it is not given; None leaves it absent
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
    """A parameter that is known by its flag.

    flag   `--retry`; the key in Raw and Values is made from it (`retry`)
    type   converts the value; FLAG takes no value
    help   one sentence in the imperative
    word   Disque's own word for it (b"RETRY"); None for an option that only disquectl has
    many   may be repeated
    short  a one-letter form (`-n`), or None
    unset  what applies when it is not given, for the help; "" says nothing
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
    def explained(self) -> str:
        """The help, with the default."""
        return f"{self.help} [default: {self.unset}]" if self.unset else self.help


class NativeForm:
    """How Disque's own documentation writes a command, where that is not arguments followed by options.

    arguments  in their order
    marker     the word after which only arguments follow (FROM); b"" where there is none
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


def convert(parameters: Iterable[Argument | Option], raw: Raw) -> Values:
    """The typed words as values, with the defaults of arguments. UsageError names a wrong parameter."""
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


def as_bytes(value: bytes | str | int | float) -> bytes:
    """A converted value as it goes over the wire."""
    return value if isinstance(value, bytes) else str(value).encode()
