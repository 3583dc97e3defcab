"""What a row says of a command: its words, its reply, what it does to the cluster, and how to explain it.

Rows are data with plain functions in them. They are read by the command line, by the quick way in, by the
shell, by completion and by the generated documents, so nothing here may know any of these, nor a socket.
"""

from __future__ import annotations

from disquectl.commands.kinds import FLAG
from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from disquectl.commands.kinds import Kind
    from disquectl.commands.session import Session
    from disquectl.render.shape import Shape

    # What was typed: a flag, a word, or the words of what repeats.
    Raw = dict[str, bool | str | tuple[str, ...]]
    Words = list[bytes]
    Record = dict[str, Any]
    Values = dict[str, Any]

JOBS, QUEUES, SERVER, TOOLS = "Jobs", "Queues", "Server", "Tools"

# What a request does to the cluster. READ and REPEAT may be sent again after a lost connection; WRITE never.
READ, REPEAT, WRITE = "read", "repeat", "write"

# How the answers of all nodes become one with --cluster: added up; side by side; each element once as the
# scans come along; the jobs of a queue in their order; each job at the nodes that its replicas call for.
ADDED, LISTED, SCANNED, PEEKED, BY_ID = "added", "listed", "scanned", "peeked", "by id"

# Groups of errors that a command can give, for its help.
UNKNOWN_JOB = ("BADID: the job ID is not one.",)


class Argument:
    """A word that stands by its place."""

    __slots__ = ("default", "help", "kind", "many", "name", "required")

    def __init__(
        self,
        name: str,
        kind: Kind,
        help: str,
        *,
        many: bool = False,
        required: bool = True,
        default: str | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
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
        """As it stands in a usage line: `QUEUE`, `[COUNT]`, `ID...`."""
        word = self.label + ("..." if self.many else "")
        return word if self.required else f"[{word}]"


class Option:
    """A word that begins with `--`; `word` is Disque's own name for it, None when it is disquectl's."""

    __slots__ = ("flag", "help", "kind", "many", "name", "short", "unset", "word")

    def __init__(
        self,
        flag: str,
        kind: Kind,
        help: str,
        *,
        word: bytes | None = None,
        many: bool = False,
        short: str | None = None,
        unset: str = "",
    ) -> None:
        self.flag = flag
        self.name = flag.lstrip("-").replace("-", "_")
        self.kind = kind
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
        """Whether it stands alone, without a value."""
        return self.kind is FLAG

    @property
    def explained(self) -> str:
        """The help, with what holds when the option is not given."""
        return f"{self.help} [default: {self.unset}]" if self.unset else self.help


class Native:
    """How Disque's documentation writes the words of a command, where it is not arguments, then options.

    `arguments` in their order; `marker` is the word behind which nothing but arguments stands (FROM).
    """

    __slots__ = ("arguments", "marker")

    def __init__(self, arguments: tuple[Argument, ...], marker: bytes = b"") -> None:
        self.arguments = arguments
        self.marker = marker


SEEDS_ONLY = Option("--seeds-only", FLAG, "Ask just the nodes given, and none that they name.")
CLUSTER_OPTIONS = (
    Option("--cluster", FLAG, "Ask every node of the cluster at once, and make one answer of theirs."),
    SEEDS_ONLY,
)


class Row:
    """One command.

    `verb` is what goes over the wire first; a subcommand has two words (`CONFIG GET`). `absent` is what to
    say where the reply holds nothing and that means exit code 4. `rest_is_data`: options stand before
    the first word. `everywhere`: how --cluster makes one answer of many, empty where it cannot.
    `redis_too`: a Redis would take it for its own, so make sure first that it is none.
    `closes`: the server answers by closing the connection. `silent`: it has no answer at all. `surprise`:
    what it does in a cluster and one would not expect. `lasting`: its output comes bit by bit, without end.
    """

    __slots__ = (
        "absent",
        "arguments",
        "check",
        "closes",
        "connects",
        "danger",
        "details",
        "effect",
        "errors",
        "everywhere",
        "example",
        "group",
        "harmless_when",
        "lasting",
        "name",
        "native",
        "one_node",
        "options",
        "reads_when",
        "records",
        "redis_too",
        "requests",
        "rest_is_data",
        "run",
        "shape",
        "silent",
        "subcommands",
        "summary",
        "surprise",
        "verb",
        "wait_ms",
    )

    def __init__(
        self,
        name: str,
        summary: str,
        *,
        example: str = "",
        verb: tuple[bytes, ...] = (),
        group: str = "",
        arguments: tuple[Argument, ...] = (),
        options: tuple[Option, ...] = (),
        subcommands: tuple[Row, ...] = (),
        details: str = "",
        errors: tuple[str, ...] = (),
        absent: str = "",
        effect: str = READ,
        everywhere: str = "",
        reads_when: Callable[[Words], bool] | None = None,
        harmless_when: Callable[[Words], bool] | None = None,
        danger: str = "",
        surprise: str = "",
        lasting: Callable[[Raw], bool] | None = None,
        native: Native | None = None,
        one_node: bool = False,
        redis_too: bool = False,
        closes: bool = False,
        silent: Callable[[Words], bool] | None = None,
        rest_is_data: bool = False,
        connects: bool = True,
        shape: Callable[[Values], Shape] | None = None,
        check: Callable[[Values], None] | None = None,
        requests: Callable[[Row, Values], list[Words]] | None = None,
        wait_ms: Callable[[Values], int | None] | None = None,
        records: Callable[[Words, Any], Iterable[Record]] | None = None,
        run: Callable[[Row, Values, Session], None] | None = None,
    ) -> None:
        self.name = name
        self.summary = summary
        self.example = example
        self.verb = verb
        self.group = group
        self.arguments = arguments
        self.options = options + CLUSTER_OPTIONS if everywhere else options
        self.everywhere = everywhere
        self.subcommands = subcommands
        self.details = details
        self.errors = errors
        self.absent = absent
        self.effect = effect
        self.reads_when = reads_when
        self.harmless_when = harmless_when
        self.danger = danger
        self.surprise = surprise
        self.lasting = lasting
        self.native = native
        self.one_node = one_node
        self.redis_too = redis_too
        self.closes = closes
        self.silent = silent
        self.rest_is_data = rest_is_data
        self.connects = connects
        self.shape = shape
        self.check = check
        self.requests = requests or one_request
        self.wait_ms = wait_ms
        self.records = records
        self.run = run

    @property
    def callable(self) -> bool:
        """Whether the row does something itself, beside having subcommands."""
        return bool(self.records or self.run)

    @property
    def full_name(self) -> str:
        """The name, with that of the command it belongs to: `addjob`, `config get`."""
        return " ".join(word.decode().lower() for word in self.verb) if len(self.verb) > 1 else self.name

    @property
    def usage(self) -> str:
        """The usage line without the program's name: `addjob [OPTIONS] QUEUE [BODY]`."""
        words = [self.name, "[OPTIONS]"]
        if self.subcommands:
            words.append("[COMMAND]" if self.callable else "COMMAND")
        return " ".join(words + [argument.usage for argument in self.arguments])

    def only_reads(self, words: Words) -> bool:
        """Whether these words of this command change nothing in the cluster."""
        return self.effect == READ or (self.reads_when is not None and self.reads_when(words))

    def dangers(self, words: Words) -> str:
        """Why one should think twice about these words; empty where there is no need."""
        harmless = self.only_reads(words) or (self.harmless_when is not None and self.harmless_when(words))
        return "" if harmless else self.danger

    def may_repeat(self, words: Words) -> bool:
        """Whether they may be sent a second time when no answer came."""
        return self.effect == REPEAT or self.only_reads(words)


def option_words(row: Row, values: Values) -> Words:
    """The options that were given, in Disque's own words, in the order of the row."""
    words: Words = []
    for option in row.options:
        value = values.get(option.name)
        if option.word is None or value is None or value is False:
            continue
        for one in value if option.many else (value,):
            words += [option.word] if option.is_flag else [option.word, as_bytes(one)]
    return words


def one_request(row: Row, values: Values) -> list[Words]:
    """Verb, arguments, options: what most commands are."""
    words = list(row.verb)
    for argument in row.arguments:
        value = values.get(argument.name)
        if argument.many:
            words += [as_bytes(one) for one in value or ()]
        elif value is not None:
            words.append(as_bytes(value))
    return [words + option_words(row, values)]


def request_for_each(row: Row, values: Values) -> list[Words]:
    """A request for each value of the first argument."""
    return [[*row.verb, value] for value in values[row.arguments[0].name]]


def convert(parameters: Iterable[Argument | Option], raw: Raw) -> Values:
    """What was typed as values, with the defaults of arguments; UsageError names a word that is wrong."""
    values: Values = {}
    for parameter in parameters:
        text = raw.get(parameter.name, parameter.default if isinstance(parameter, Argument) else None)
        if text is None:
            continue
        try:
            if isinstance(text, tuple):
                values[parameter.name] = tuple(parameter.kind.convert(one) for one in text)
            else:
                values[parameter.name] = text if text is True else parameter.kind.convert(str(text))
        except UsageError as problem:
            raise UsageError(f"{parameter.label}: {problem.message}", problem.advice) from None
    return values


def as_bytes(value: bytes | str | int | float) -> bytes:
    """A converted value as it goes over the wire."""
    return value if isinstance(value, bytes) else str(value).encode()
