"""What a command works with: settings, streams, the connection, and the guards before a request is sent.

It opens nothing until a request needs it. It must not know any single command.
"""

from __future__ import annotations

import os
import sys
import time

from disquectl.client.connection_factory import ConnectionFactory, tls_of
from disquectl.client.transport import Transport
from disquectl.errors import DisquectlError, UsageError
from disquectl.execution.streams import write_whole
from disquectl.render.escape import for_message, for_terminal
from disquectl.render.output import check_columns, writer
from disquectl.spec.command import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from disquectl.client.address import Node
    from disquectl.client.tls import Tls
    from disquectl.client.tracing import Tracer
    from disquectl.config.settings import Settings
    from disquectl.errors import OutcomeUnknown, ReplyError
    from disquectl.execution.streams import Streams
    from disquectl.protocol.shapes import Record
    from disquectl.render.decoded import View
    from disquectl.render.stream import Writer
    from disquectl.render.theme import Theme
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Words
    from disquectl.spec.shape import Shape

    class Holder(Protocol):
        """Keeps jobs that were taken until their reader has ended, and acknowledges them then."""

        def hold(self, ids: Sequence[str], session: Session, node: Node | None = None) -> None:
            """Called before the jobs are written, with the session that took them and the node that had them.

            `node` is by default the one that the session is connected to.
            """

        def written(self) -> None:
            """Called when they are written and flushed."""


class Declined(DisquectlError):
    """The person at the terminal said no."""

    exit_code = 130


class Session:
    """What one command line works with; a context manager that closes the connection.

    settings      the resolved settings
    streams       stdin, stdout and stderr
    client        the connection to a node, opened by the first request
    exit_code     of a command that ends without an error, 0 unless the command sets it
    command_name  of the command that runs, for advice in errors
    body_view     if set, the form in which whole bodies are shown
    round_time    if set, the time that JSON records get: see execution.repeat
    side          "source" or "destination" where a command speaks with two clusters; the echo says it
    holder        if set, it acknowledges the jobs that a command takes, instead of the command
    """

    def __init__(self, settings: Settings, streams: Streams) -> None:
        self.settings = settings
        self.streams = streams
        self.exit_code = 0
        self.command_name = ""
        self.side = ""
        self.holder: Holder | None = None
        self.body_view: View | None = None
        self.round_time = ""
        self._client: Transport | None = None
        self._tracer: Tracer | None = None
        self._tls: Tls | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    @property
    def client(self) -> Transport:
        """The client, made when it is first needed; it connects with its first request."""
        if self._client is None:
            self._client = self.patient_client()
        return self._client

    def client_for(self, node: Node, timeout_seconds: float) -> Transport:
        """Another client with the same password, to one node, that gives up soon."""
        return self._make([node], timeout_seconds, timeout_seconds)

    def impatient_client(self, timeout_seconds: float) -> Transport:
        """Another client with the same seeds and password, that gives up after this time."""
        return self._make(self.settings.nodes, timeout_seconds, timeout_seconds)

    def patient_client(self) -> Transport:
        """Another client with the same seeds, password and timeouts, which its user may change."""
        settings = self.settings
        for warning in settings.warnings:
            self.warn(warning)
        return self._make(
            settings.nodes, settings.connect_timeout_ms / 1000, settings.response_timeout_ms / 1000
        )

    def _make(self, nodes: list[Node], connect_timeout: float, response_timeout: float) -> Transport:
        connection_factory = ConnectionFactory(
            password=self.password,
            connect_timeout=connect_timeout,
            response_timeout=response_timeout,
            tracer=self.tracer,
            tls=self.tls,
            notice=self.warn,
        )
        return Transport(nodes, connection_factory)

    @property
    def tls(self) -> Tls | None:
        """How TLS is spoken, where it is asked for."""
        if self._tls is None and self.settings.tls is not None:
            if self.settings.tls["insecure"]:
                self.warn("--insecure: the certificate of the node is not verified")
            self._tls = tls_of(self.settings.tls)
        return self._tls

    @property
    def password(self) -> str | bytes | None:
        """The password: asked for or fetched once, where that is how it comes."""
        if self.settings.ask_password:
            if not self.streams.stdin_is_terminal:
                raise UsageError("--ask-password needs a terminal", "use DISQUE_PASSWORD or --password-file")
            from getpass import getpass

            try:
                self.settings.password = getpass("Password: ", stream=sys.stderr)
            except EOFError:
                raise UsageError("no password was given") from None
            self.settings.ask_password = False
        elif self.settings.password is None and self.settings.password_source is not None:
            self.settings.password, warning = self.settings.password_source.read(os.environ)
            if warning:
                self.warn(warning)
        return self.settings.password

    @property
    def tracer(self) -> Tracer | None:
        """What shows the protocol traffic, where it is to be shown."""
        if self._tracer is None and (self.settings.echo or self.settings.echo_to is not None):
            from disquectl.execution.echo import open_tracer

            self._tracer = open_tracer(self.settings, self.streams, lambda: self.side)
        return self._tracer

    def explained(self, problem: ReplyError | OutcomeUnknown, words: Words) -> DisquectlError:
        """The error to end with for a refusal of these words, with what to do about it."""
        from disquectl.execution import advice

        return advice.explained(
            problem,
            words,
            command_name=self.command_name,
            show_secrets=self.settings.show_secrets,
            count_nodes=lambda: advice.nodes_that_answer(self.client, self.client_for),
        )

    def worded(self, text: str) -> str:
        """The text as it is said to people; the interactive shell names commands as they are typed there."""
        return text

    def warn(self, text: str) -> None:
        """A warning on stderr, unless --quiet."""
        if not self.settings.quiet:
            self.streams.say(f"disquectl: warning: {for_message(self.worded(text))}")

    def note(self, text: str) -> None:
        """Something to know on stderr, unless --quiet."""
        if not self.settings.quiet:
            self.streams.say(for_message(self.worded(text)))

    def aside(self, text: str) -> None:
        """A note that a person may overlook: dim on a terminal."""
        if self.settings.quiet:
            return
        style = ""
        if self.streams.stderr_is_terminal and self.settings.color != "never":
            from disquectl.render.ansi import DIM

            style = DIM
        self.streams.say(for_message(self.worded(text)), style)

    @property
    def on_terminal(self) -> bool:
        """Whether a person sees both the result and the notes."""
        return self.streams.stdout_is_terminal and self.streams.stderr_is_terminal

    @property
    def asks_all_nodes(self) -> bool:
        """Whether --cluster is the default: by the profile, or by the environment on a terminal."""
        settings = self.settings
        if settings.no_cluster:
            return False
        here = settings.cluster == "on a terminal" and self.streams.stdout_is_terminal
        return here or settings.cluster == "always"

    def notes_one_node(self, command: Command) -> bool:
        """Whether to say that the answer of this command is that of one node: see Command.of_one_node."""
        return command.of_one_node and self.on_terminal and not self.settings.quiet

    def problem(self, text: str) -> None:
        """One thing of several that went wrong."""
        self.streams.say(f"disquectl: {for_message(self.worded(text))}")

    @property
    def format(self) -> str:
        """The format in force: the one asked for, else table on a terminal and plain elsewhere."""
        fallback = "table" if self.streams.stdout_is_terminal else "plain"
        output = self.settings.output
        if output == "raw" and self.streams.stdout_is_terminal and not self.settings.output_from_option:
            return fallback
        return output or fallback

    @property
    def colored(self) -> bool:
        """Whether stdout gets colours."""
        if self.settings.color == "auto":
            return self.streams.stdout_is_terminal
        return self.settings.color == "always"

    @property
    def theme(self) -> Theme:
        """The theme of tables: that of the shell in the config file, else dark."""
        config = self.settings.config
        theme = config.shell.get("theme") if config is not None else None
        return theme if theme in ("light", "none") else "dark"

    def check_output(self, shape: Shape) -> None:
        """Refuse columns that the command does not have, before anything is sent."""
        if self.settings.columns is not None:
            check_columns(self.settings.columns, shape)

    def writer(self, shape: Shape) -> Writer:
        """What writes the records of this shape to stdout."""
        settings = self.settings
        out = writer(
            self.format,
            shape,
            out=self.streams.stdout,
            columns=settings.columns,
            header=settings.header,
            width=self.streams.width,
            color=self.colored,
            theme=self.theme,
            null=settings.null_output,
            now_ms=int(time.time() * 1000),
            pretty=self.streams.stdout_is_terminal,
            stamp=self.round_time,
        )
        if self.body_view is None or shape.body is None:
            return out
        from disquectl.render.decoded import BodyWriter

        return BodyWriter(out, self.body_view)

    def say_empty(self, shape: Shape) -> None:
        """Say on stderr that a list is empty, where a table would show nothing."""
        if shape.many and self.format == "table":
            self.note(shape.empty)

    def line_writer(self, shape: Shape) -> Writer:
        """A writer that writes each record as it comes: plain where a table would wait for the last."""
        if self.format != "table":
            return self.writer(shape)
        return writer("plain", shape, out=self.streams.stdout, columns=self.settings.columns)

    def guard(self, command: Command, words: Words) -> None:
        """Stop what must not be sent: by --read-only, by more than one seed, by a person who says no.

        What can be known without a connection is found without one.
        """
        if command.risk.effect == READ and not command.risk.ambiguous_with_redis:
            return
        what = " ".join(for_terminal(word) for word in command.grammar.verb)
        danger = "" if self.answered else command.risk.danger_of(words)
        if not command.risk.only_reads(words):
            if self.settings.read_only:
                raise UsageError(f"{what} can change the cluster, and this is read-only")
            if command.risk.single_node and len(self.settings.nodes) > 1:
                raise UsageError(f"{what} changes one server: name it with one --node")
            if danger:
                self.check_can_ask(what, danger)
        if command.risk.ambiguous_with_redis:
            self.client.verify()
        if danger:
            self.ask_of_node(f"{what} {danger}")

    @property
    def answered(self) -> bool:
        """Whether the options have said yes already; for a protected profile it takes more than --yes."""
        settings = self.settings
        if settings.yes_really is not None and settings.yes_really == settings.profile:
            return True
        return settings.yes and not settings.protected

    @property
    def can_ask(self) -> bool:
        """Whether there is a terminal to ask on."""
        return self.streams.stdin_is_terminal and self.streams.stderr_is_terminal

    def check_can_ask(self, what: str, danger: str) -> None:
        """Raise UsageError, with the option to pass, if there is no terminal to ask for confirmation on."""
        if not self.can_ask:
            option = f"--yes-really {self.settings.profile}" if self.settings.protected else "--yes"
            raise UsageError(
                f"{what} needs confirmation, because it {danger}. No terminal to ask on: pass {option}"
            )

    def ask_of_cluster(self, what: str) -> None:
        """The same for what is done on all nodes."""
        self._ask_where(what, "in the cluster of", self.client.verify_any())

    def ask_of_node(self, what: str) -> None:
        """Tell what would be done, and ask whether to do it on the node that is connected."""
        self._ask_where(what, "on", self.client.verify())

    def _ask_where(self, what: str, where: str, greeting: Record) -> None:
        self.ask(f"{what}.\nDo it {where} {self.client.node} (node {greeting['node']})?")

    def ask(self, question: str) -> None:
        """Ask on stderr; anything but yes, or but the name of a protected profile, ends the command."""
        name = self.settings.profile if self.settings.protected else None
        hint = f"Type {name} to go on:" if name else "[y/N]"
        write_whole(self.streams.stderr, f"{question} {for_terminal(hint)} ".encode(), "question")
        answer = self.streams.stdin.readline().strip()
        if answer != os.fsencode(name) if name else answer.lower() not in (b"y", b"yes"):
            raise Declined("nothing was done")
