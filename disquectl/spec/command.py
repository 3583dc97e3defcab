"""What a command is, and what it does: one declaration, read by every part of the program.

The command line, the parser, the shell, completion, the guards and the generated documents all read it, so
this module must not know any of them, nor a socket, nor settings.

    Command   its names, its help, and:
      grammar   what may be typed
      risk      what it can do to the cluster; read by the guards
      does      Request: send words, show the reply. Program: anything more. None: it only has subcommands
"""

from __future__ import annotations

from disquectl.spec.parameters import REPEATING, as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final, Literal

    from disquectl.spec.parameters import Argument, NativeForm, Option, Raw, Record, Values, Words
    from disquectl.spec.shape import Shape

    # The sections of the help; subcommands are in no section of their own.
    Group = Literal["Cluster", "Jobs", "Queues", "Server", "Tools", ""]
    # What a request does to the cluster. "read" and "idempotent" may be sent again after a lost connection.
    Effect = Literal["read", "idempotent", "write"]
    # How --cluster combines the replies of all nodes: added up; listed side by side; each element of a scan
    # once; the jobs of a queue in order; or, for commands that name jobs, each job where it takes effect.
    Merge = Literal["none", "add", "list", "scan", "peek", "by_id"]

CLUSTER: Final = "Cluster"  # what the operator of a cluster needs
JOBS: Final = "Jobs"
QUEUES: Final = "Queues"
SERVER: Final = "Server"
TOOLS: Final = "Tools"
# In the order of the help: the operator's, Disque's own commands, the rest.
GROUPS: Final = (CLUSTER, JOBS, QUEUES, SERVER, TOOLS)

READ: Final = "read"
IDEMPOTENT: Final = "idempotent"
WRITE: Final = "write"

# Errors that several commands can get, for their help.
UNKNOWN_JOB = ("BADID: the word is not a job ID.",)


class Grammar:
    """What may be typed.

    verb           Disque's words for the command (CONFIG GET has two); () if only disquectl has it
    arguments      parameters known by position, in order
    options        parameters known by flag
    native         its form in Disque's documentation; None if that is arguments followed by options
    rest_is_data   whether options must come before the first argument; all words after it are data
    check          raises UsageError for values that are wrong together, before anything is sent; it may
                   replace values
    """

    __slots__ = ("arguments", "check", "native", "options", "rest_is_data", "verb")

    def __init__(
        self,
        *,
        verb: tuple[bytes, ...] = (),
        arguments: tuple[Argument, ...] = (),
        options: tuple[Option, ...] = (),
        native: NativeForm | None = None,
        rest_is_data: bool = False,
        check: Callable[[Values], None] | None = None,
    ) -> None:
        self.verb = verb
        self.arguments = arguments
        self.options = options
        self.native = native
        self.rest_is_data = rest_is_data
        self.check = check

    def with_options(self, options: tuple[Option, ...]) -> Grammar:
        """This grammar with more options."""
        return Grammar(
            verb=self.verb,
            arguments=self.arguments,
            options=(*self.options, *options),
            native=self.native,
            rest_is_data=self.rest_is_data,
            check=self.check,
        )

    def option_words(self, values: Values) -> Words:
        """The given options in Disque's words, in the order of the declaration."""
        words: Words = []
        for option in self.options:
            value = values.get(option.name)
            if option.word is None or value is None or value is False:
                continue
            for one in value if option.many else (value,):
                words += [option.word] if option.is_flag else [option.word, as_bytes(one)]
        return words

    def name_in(self, words: Words) -> bytes:
        """The queue or job that a request of this command is about: the first word after the verb."""
        return b"".join(words[len(self.verb) : len(self.verb) + 1])


class Risk:
    """What a command can do to the cluster.

    effect                see Effect
    danger                completes "Asks for confirmation, because it ..."; "" does not ask
    single_node           goes to exactly one node and never fails over
    ambiguous_with_redis  Redis has a command of this name: check first that the server is a Disque
    reads_when            the words -> whether they only read, although `effect` says more; None: never
    harmless_when         the words -> whether to skip the question, although there is a danger; None: never
    cluster_note          completes "In a cluster it ...": an effect there that may surprise; "" says nothing
    informs_others        the values -> whether the node that gets the request informs all others itself
    """

    __slots__ = (
        "ambiguous_with_redis",
        "cluster_note",
        "danger",
        "effect",
        "harmless_when",
        "informs_others",
        "reads_when",
        "single_node",
    )

    def __init__(
        self,
        effect: Effect = READ,
        *,
        danger: str = "",
        single_node: bool = False,
        ambiguous_with_redis: bool = False,
        reads_when: Callable[[Words], bool] | None = None,
        harmless_when: Callable[[Words], bool] | None = None,
        cluster_note: str = "",
        informs_others: Callable[[Values], bool] | None = None,
    ) -> None:
        self.effect: Effect = effect
        self.danger = danger
        self.single_node = single_node
        self.ambiguous_with_redis = ambiguous_with_redis
        self.reads_when = reads_when
        self.harmless_when = harmless_when
        self.cluster_note = cluster_note
        self.informs_others = informs_others or _nobody

    def only_reads(self, words: Words) -> bool:
        """Whether these words change nothing in the cluster."""
        return self.effect == READ or (self.reads_when is not None and self.reads_when(words))

    def danger_of(self, words: Words) -> str:
        """Why to ask for confirmation before sending these words; "" if that is not needed."""
        harmless = self.only_reads(words) or (self.harmless_when is not None and self.harmless_when(words))
        return "" if harmless else self.danger

    def may_repeat(self, words: Words) -> bool:
        """Whether these words may be sent again after a lost connection."""
        return self.effect == IDEMPOTENT or self.only_reads(words)


class Request:
    """A command that sends one request, or one for each name, and shows the replies.

    records            the words sent and their reply -> records; none if the reply says there is nothing
    shape              the values -> how the records look
    build              the command and the values -> the requests to send; one_request if not given
    not_found_message  the error, with exit code 4, if there are no records; "" makes that a success
    wait_ms            the values -> how long the request may block at the server, in ms, or None for
                       without limit; if not given it does not block
    remark             the records -> what to say about them on a terminal; "" for nothing
    closes_connection  the server answers by closing the connection
    has_no_reply       the words -> whether the server sends no reply; if not given it always replies
    """

    __slots__ = (
        "build",
        "closes_connection",
        "has_no_reply",
        "not_found_message",
        "records",
        "remark",
        "shape",
        "wait_ms",
    )

    def __init__(
        self,
        *,
        records: Callable[[Words, Any], Iterable[Record]],
        shape: Callable[[Values], Shape],
        build: Callable[[Command, Values], list[Words]] | None = None,
        not_found_message: str = "",
        wait_ms: Callable[[Values], int | None] | None = None,
        remark: Callable[[list[Record]], str] | None = None,
        closes_connection: bool = False,
        has_no_reply: Callable[[Words], bool] | None = None,
    ) -> None:
        self.records = records
        self.shape = shape
        self.build = build or one_request
        self.not_found_message = not_found_message
        self.wait_ms = wait_ms
        self.remark = remark
        self.closes_connection = closes_connection
        self.has_no_reply = has_no_reply


class Program:
    """A command that is more than a request and its reply.

    run           executes the command. Its third argument is the execution.session.Session, which this
                  room must not know; therefore Any
    shape         the values -> how the records look; None if it writes text
    is_streaming  what was typed -> whether it writes its output continuously; if not given it does not
    connects      False if it never connects, so that connection settings do not apply
    connecting    what connection options mean if it does not connect: "ignore" them; "refuse" them, where
                  a user could expect an effect; or "values": they are among the values that `run` gets
    pages         whether long output goes through the pager; None: if it writes records
    asks_all_nodes  the values -> whether `run` asks all nodes itself, with or without --cluster
    """

    __slots__ = ("asks_all_nodes", "connecting", "connects", "is_streaming", "pages", "run", "shape")

    def __init__(
        self,
        run: Callable[[Command, Values, Any], None],
        *,
        shape: Callable[[Values], Shape] | None = None,
        is_streaming: Callable[[Raw], bool] | None = None,
        connects: bool = True,
        connecting: Literal["ignore", "refuse", "values"] = "ignore",
        pages: bool | None = None,
        asks_all_nodes: Callable[[Values], bool] | None = None,
    ) -> None:
        self.asks_all_nodes = asks_all_nodes or _nobody
        self.connecting = connecting
        self.run = run
        self.shape = shape
        self.is_streaming = is_streaming
        self.connects = connects
        self.pages = pages


class Command:
    """One command, or one subcommand.

    name         the word to type; for a subcommand its last word (`get` of `config get`)
    summary      one sentence for lists of commands
    group        its section in the help; "" for a subcommand
    example      a complete command line
    details      what --help adds to the summary: units, defaults, exit codes
    errors       the server's errors that it can get, as "CODE: meaning"
    subcommands  the commands below this one
    short_ids    whether it takes the beginnings of job IDs
    of_one_node  whether its answer is that of one node only, and a terminal is told so
    merge        how --cluster combines the replies of all nodes; "none" without --cluster
    repeats      whether it has --every and --times: it only reads, and does not have such options itself
    grammar      what may be typed; without it, only options of all commands
    risk         what it can do to the cluster; without it, nothing
    does         a Request, a Program, or None if it only has subcommands
    """

    __slots__ = (
        "details",
        "does",
        "errors",
        "example",
        "grammar",
        "group",
        "merge",
        "name",
        "of_one_node",
        "repeats",
        "risk",
        "short_ids",
        "subcommands",
        "summary",
    )

    def __init__(
        self,
        name: str,
        summary: str,
        *,
        group: Group = "",
        example: str = "",
        details: str = "",
        errors: tuple[str, ...] = (),
        subcommands: tuple[Command, ...] = (),
        merge: Merge = "none",
        of_one_node: bool = False,
        short_ids: bool = False,
        repeats: bool = True,
        grammar: Grammar | None = None,
        risk: Risk | None = None,
        does: Request | Program | None = None,
    ) -> None:
        self.name = name
        self.summary = summary
        self.group: Group = group
        self.example = example
        self.details = details
        self.errors = errors
        self.subcommands = subcommands
        self.merge: Merge = merge
        self.of_one_node = of_one_node
        self.short_ids = short_ids
        self.grammar = grammar or _NO_WORDS
        self.risk = risk or _HARMLESS
        self.does = does
        self.repeats = (
            repeats
            and does is not None
            and self.connects
            and self.risk.effect == READ
            and not any(option.name in ("every", "times") for option in self.grammar.options)
        )
        if self.repeats:
            self.grammar = self.grammar.with_options(REPEATING)

    @property
    def is_callable(self) -> bool:
        """Whether it does something itself, besides having subcommands."""
        return self.does is not None

    @property
    def connects(self) -> bool:
        """Whether it may connect, so that connection settings apply to it."""
        return self.does.connects if isinstance(self.does, Program) else True

    @property
    def shape(self) -> Callable[[Values], Shape] | None:
        """The function from values to the shape of its records; None if it writes no records."""
        return None if self.does is None else self.does.shape

    @property
    def closes_connection(self) -> bool:
        """Whether the server answers by closing the connection."""
        return isinstance(self.does, Request) and self.does.closes_connection

    def is_streaming(self, raw: Raw) -> bool:
        """Whether what was typed writes its output continuously."""
        return (
            isinstance(self.does, Program)
            and self.does.is_streaming is not None
            and self.does.is_streaming(raw)
        )

    @property
    def full_name(self) -> str:
        """The name, for a subcommand after that of its command: `addjob`, `config get`."""
        verb = self.grammar.verb
        return " ".join(word.decode().lower() for word in verb) if len(verb) > 1 else self.name

    @property
    def usage(self) -> str:
        """The usage line without the program's name: `addjob [OPTIONS] QUEUE [BODY]`."""
        words = [self.name, "[OPTIONS]"]
        if self.subcommands:
            words.append("[COMMAND]" if self.is_callable else "COMMAND")
        return " ".join(words + [argument.usage for argument in self.grammar.arguments])


def _nobody(_values: Values) -> bool:
    return False


_NO_WORDS = Grammar()
_HARMLESS = Risk()


def one_request(command: Command, values: Values) -> list[Words]:
    """The request of most commands: verb, arguments, options."""
    words = list(command.grammar.verb)
    for argument in command.grammar.arguments:
        value = values.get(argument.name)
        if argument.many:
            words += [as_bytes(one) for one in value or ()]
        elif value is not None:
            words.append(as_bytes(value))
    return [words + command.grammar.option_words(values)]


def request_for_each(command: Command, values: Values) -> list[Words]:
    """One request for each value of the first argument."""
    return [[*command.grammar.verb, value] for value in values[command.grammar.arguments[0].name]]


def unknown_command(verb: bytes) -> Command:
    """The command for a word without a declaration: it counts as a write, and Redis may know the word."""
    return Command("exec", "", grammar=Grammar(verb=(verb,)), risk=Risk(WRITE, ambiguous_with_redis=True))
