"""The state of one shell: what it is connected to and how it shows things. No toolkit, no terminal."""

from __future__ import annotations

import os

from disquectl.errors import UsageError
from disquectl.execution.child_environment import child_environment
from disquectl.execution.echo import open_tracer
from disquectl.execution.session import Session
from disquectl.shell.names import Names
from disquectl.shell.options import prompt_problem
from disquectl.shell.pager import pager_command
from disquectl.shell.recent_ids import RecentIds
from disquectl.shell.tracer import ShellTracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.client.address import Node
    from disquectl.config.settings import Settings
    from disquectl.execution.streams import Streams
    from disquectl.shell.interpret import ShellInvocation
    from disquectl.shell.options import ShellOptions
    from disquectl.shell.parts import Reading

    Act = Callable[["Shell", ShellInvocation, Reading], None]


class Home(Session):
    """The session that keeps the connection; the wiretap is always on it."""

    def __init__(self, settings: Settings, streams: Streams, wiretap: ShellTracer) -> None:
        super().__init__(settings, streams)
        self._tracer = wiretap.tracer


class Shell:
    """`settings` hold from line to line; `session` keeps the connection; `act` does the shell's own commands.

    `interactive`: a person types. `has_screen`: the terminal can be drawn on. `depth`: files within files.
    `leaving`: quit was said. `default` is what the next prompt begins with.
    """

    def __init__(
        self, settings: Settings, streams: Streams, options: ShellOptions, act: Act, *, interactive: bool
    ) -> None:
        self.settings = settings
        self.streams = streams
        self.options = options
        self.act = act
        self.interactive = interactive
        self.wiretap = ShellTracer()
        self.session = Home(settings, streams, self.wiretap)
        self.names = Names()
        self.seen = RecentIds()
        self.vertical = False
        self.timing = options.timing
        self.pager_on = options.pager_on
        self.pager = pager_command(options.pager, dict(os.environ))
        self.pass_credentials = False
        self.prompt = settings.prompt or options.prompt
        problem = prompt_problem(self.prompt)
        if problem:
            raise UsageError(f"the prompt of profile {settings.profile}: {problem}")
        self.last_line = ""
        self.default = ""
        self.exit_code = 0
        # The node that was connected last; for other threads, too, which must not touch the connection.
        self.node: Node | None = None
        self.depth = 0
        self.has_screen = os.environ.get("TERM", "") not in ("", "dumb", "unknown")
        self.leaving = False
        self.connection_changed: Callable[[], None] = lambda: None

    def connect(self, settings: Settings) -> None:
        """Replace the connection; raises what connecting raises, and then stays with the new address."""
        self.session.__exit__()
        self.settings = settings
        self.session = Home(settings, self.streams, self.wiretap)
        self.session.password  # noqa: B018 - asked for before others look for the new connection
        # What was known is of the old connection.
        self.node, self.names = None, Names()
        self.connection_changed()
        echo = open_tracer(settings, self.streams) if settings.echo or settings.echo_to is not None else None
        self.wiretap.listen(echo, settings.show_secrets)
        try:
            self.session.client.connect(replace=True)
            self.node = self.session.client.node
        finally:
            self.wiretap.listen(None, False)

    def note_node(self) -> None:
        """Note the node in use; where another one was shown before, a person is told."""
        node = self.session.client.node
        if node == self.node and node is not None:
            return
        if node is not None:
            if self.interactive and node != (self.node or self.settings.nodes[0]):
                self.session.note(f"now on {node}")
            self.node = node
        self.connection_changed()

    def environment(self) -> dict[str, str]:
        """The environment of what the shell starts now."""
        client = self.session.client
        if self.pass_credentials:
            self.session.password  # noqa: B018 - fetched, where that is how it comes
        return child_environment(
            os.environ, self.settings, connected=client.node, pass_credentials=self.pass_credentials
        )

    def close(self) -> None:
        """Leave the connection."""
        self.session.__exit__()
