"""The state of one shell: its connection and its settings. Knows neither prompt-toolkit nor the terminal."""

from __future__ import annotations

import os

from disquectl.errors import UsageError
from disquectl.execution.child_environment import child_environment
from disquectl.execution.echo import open_tracer
from disquectl.execution.pager import pager_command
from disquectl.execution.session import Session
from disquectl.shell.advice import message_here
from disquectl.shell.names import Names
from disquectl.shell.options import PROMPT, PROMPT_WITH_PROFILE, prompt_problem
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

    RunBuiltin = Callable[["Shell", ShellInvocation, Reading], None]


class ShellSession(Session):
    """The session that owns the connection; the tracer observes all of its traffic."""

    def __init__(self, settings: Settings, streams: Streams, tracer: ShellTracer) -> None:
        super().__init__(settings, streams)
        self._tracer = tracer.observer

    def worded(self, text: str) -> str:
        """Return the text with commands as they are typed in the shell."""
        return message_here(text)


class Shell:
    """One shell, from start to `quit`.

    settings      apply to every line; options in a line change a copy
    session       owns the connection
    run_builtin   runs the shell's own commands
    interactive   stdin and stdout are a terminal
    has_screen    the terminal supports escape sequences
    depth         how many files are being sourced within each other
    own_prompt    the template of the prompt that was set in this shell, or empty
    leaving       quit was entered
    default       the text that the next prompt starts with
    """

    def __init__(
        self,
        settings: Settings,
        streams: Streams,
        options: ShellOptions,
        run_builtin: RunBuiltin,
        *,
        interactive: bool,
    ) -> None:
        self.settings = settings
        self.streams = streams
        self.options = options
        self.run_builtin = run_builtin
        self.interactive = interactive
        self.tracer = ShellTracer()
        self.session = ShellSession(settings, streams, self.tracer)
        self.names = Names()
        self.recent_ids = RecentIds()
        self.vertical = False
        self.timing = options.timing
        self.pager_on = options.pager_on
        self.pager = pager_command(options.pager, dict(os.environ))
        self.pass_credentials = False
        self.own_prompt = ""
        _check_prompt(settings)
        self.last_line = ""
        self.default = ""
        self.exit_code = 0
        # The last node that was connected. Other threads read it; they must not touch the connection.
        self.node: Node | None = None
        self.depth = 0
        self.has_screen = os.environ.get("TERM", "") not in ("", "dumb", "unknown")
        self.leaving = False
        self.connection_changed: Callable[[], None] = lambda: None

    @property
    def prompt(self) -> str:
        """The template of the prompt; the default names the profile, if there is one."""
        default = PROMPT_WITH_PROFILE if self.settings.profile else PROMPT
        return self.own_prompt or self.settings.prompt or self.options.prompt or default

    def connect(self, settings: Settings) -> None:
        """Replace the connection. Raises DisquectlError if that fails; the new address is kept."""
        _check_prompt(settings)
        self.session.__exit__()
        self.settings = settings
        self.session = ShellSession(settings, self.streams, self.tracer)
        self.session.password  # noqa: B018 - ask for it before the refresher connects
        # The old names belong to the old connection.
        self.node, self.names = None, Names()
        self.connection_changed()
        echo = open_tracer(settings, self.streams) if settings.echo or settings.echo_to is not None else None
        self.tracer.listen(echo, settings.show_secrets)
        try:
            self.session.client.connect(replace=True)
            self.node = self.session.client.node
        finally:
            self.tracer.listen(None, False)

    def note_node(self) -> None:
        """Record the node in use; report it if it is not the one shown before."""
        node = self.session.client.node
        if node == self.node and node is not None:
            return
        if node is not None:
            if self.interactive and node != (self.node or self.settings.nodes[0]):
                self.session.note(f"now on {node}")
            self.node = node
        self.connection_changed()

    def environment(self) -> dict[str, str]:
        """Return the environment for a process that the shell starts."""
        client = self.session.client
        if self.pass_credentials:
            self.session.password  # noqa: B018 - runs the password command, if there is one
        return child_environment(
            os.environ, self.settings, connected=client.node, pass_credentials=self.pass_credentials
        )

    def close(self) -> None:
        """Close the connection."""
        self.session.__exit__()


def _check_prompt(settings: Settings) -> None:
    problem = prompt_problem(settings.prompt or "")
    if problem:
        raise UsageError(f"the prompt of profile {settings.profile}: {problem}")
