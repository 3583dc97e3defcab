"""The live screen on a terminal: a thin layer of prompt-toolkit around the view, the keys and the samples."""

from __future__ import annotations

import locale
import os
import signal
import sys
import time
from contextlib import contextmanager
from copy import copy

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.styles import Style

from disquectl.errors import EXIT_INTERRUPTED
from disquectl.execution.session import Session
from disquectl.shell.terminal import QuietOutput, terminal_size
from disquectl.top.actions import Effect
from disquectl.top.choice import Choice, Opened
from disquectl.top.commands import Commands
from disquectl.top.examiner import Examiner
from disquectl.top.keys import KEYS
from disquectl.top.lines import Surroundings
from disquectl.top.press import cancel, press, rub_out, submit, type_text
from disquectl.top.sampling import TopSampler, Watcher
from disquectl.top.view import draw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent

    from disquectl.spec.parameters import Values
    from disquectl.top.keys import Action

# Nobody waits longer than this for a node that does not answer, when the screen is quit.
QUIT_SECONDS = 0.3
_DARK = {
    "title": "bold",
    "key": "bold",
    "dim": "#949494",
    "spark": "#5fafaf",
    "error": "ansired bold",
    "warning": "ansiyellow",
    "cursor": "reverse",
}
_LIGHT = {**_DARK, "dim": "#626262", "spark": "#005f5f", "warning": "#af5f00"}
# A red word stays one in a row that is shown in reverse.
_PLAIN = {"title": "bold", "key": "bold", "error": "bold", "cursor": "reverse"}
_STYLES = {"dark": _DARK, "light": _LIGHT, "none": _PLAIN}


def run_live(values: Values, session: Session, seconds: float) -> None:
    """Show the screen until it is quit. A signal that ends the process finds the terminal restored."""
    session.client  # noqa: B018 - warn, and ask for the password, before the screen is taken
    settings = copy(session.settings)
    settings.quiet = True
    commands = Commands(session)
    try:
        with Session(settings, session.streams) as silent, TopSampler(silent, values, seconds) as sampler:
            examiner = Examiner(silent, values, seconds)
            watcher = Watcher(sampler, seconds, lambda: examiner.result)
            watcher.start()
            examiner.examine(lambda: watcher.snapshot, lambda: sampler.scanned)
            try:
                session.exit_code = _Live(session, watcher, seconds, commands).run()
            finally:
                examiner.stop()
                watcher.stop()
                watcher.join(QUIT_SECONDS)
    finally:
        commands.close()


class _Live:
    """The application; it ends for each command that is run, and goes on with the same choice."""

    def __init__(self, session: Session, watcher: Watcher, seconds: float, commands: Commands) -> None:
        self._session = session
        self._watcher = watcher
        self._seconds = seconds
        self._commands = commands
        self._choice = Choice()
        self._opened = Opened()
        self._killed_by = 0
        self._bug: Exception | None = None  # raised once the terminal is restored
        encoding = (sys.stdout.encoding or locale.getpreferredencoding(False)).lower().replace("-", "")
        self._blocks = encoding == "utf8"
        self._app = self._application()
        watcher.changed = self._app.invalidate

    def run(self) -> int:
        """Show the screen, and run commands between; return the exit code."""
        while True:
            with self._signals():
                effect = self._app.run(
                    pre_run=self._end_if_killed, handle_sigint=False, set_exception_handler=False
                )
            if self._killed_by:
                # As if there had been no handler, now that the terminal is as it was.
                signal.signal(self._killed_by, signal.SIG_DFL)
                os.kill(os.getpid(), self._killed_by)
            if self._bug is not None:
                raise self._bug
            if effect is None or effect.what == "quit":
                return 0
            if effect.what == "interrupt":
                return EXIT_INTERRUPTED
            self._commands.run(effect.lines, effect.ids)
            self._choice.marked.clear()
            self._watcher.open(self._opened)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def end(number: int, _frame: object) -> None:
            self._killed_by = number
            if self._app.loop is not None:
                self._app.loop.call_soon_threadsafe(self._exit, None)

        before = {}
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, end)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end_if_killed(self) -> None:
        """End at once if the signal came before there was a loop to tell."""
        if self._killed_by:
            self._exit(None)

    def _exit(self, effect: Effect | None) -> None:
        if self._app.is_running and not self._app.is_done:
            self._app.exit(result=effect)

    def _application(self) -> Application[Effect | None]:
        colored = self._session.settings.color != "never"
        window = Window(FormattedTextControl(self._text, show_cursor=False), wrap_lines=False)
        app: Application[Effect | None] = Application(
            layout=Layout(window),
            key_bindings=self._bindings(),
            style=Style.from_dict(_STYLES[self._session.theme] if colored else _PLAIN),
            color_depth=None if colored else ColorDepth.DEPTH_1_BIT,
            include_default_pygments_style=False,
            full_screen=True,
            refresh_interval=1.0,
            output=QuietOutput(sys.stdout, terminal_size, term=os.environ.get("TERM"), enable_cpr=False),
        )
        # Esc is also a key: the wait for a sequence after it is short.
        app.ttimeoutlen = 0.05
        app.timeoutlen = 0.1
        return app

    def _text(self) -> StyleAndTextTuples:
        try:
            return self._drawn()
        except Exception as bug:
            self._end_by(bug)
            return []

    def _names(self) -> list[bytes]:
        """The rows that there are now; keys may come faster than they are drawn."""
        return self._choice.names(self._watcher.snapshot)

    def _end_by(self, bug: Exception) -> None:
        if self._bug is None:
            self._bug = bug
            if self._app.loop is not None:
                self._app.loop.call_soon_threadsafe(self._exit, None)

    def _drawn(self) -> StyleAndTextTuples:
        size = self._app.output.get_size()
        snapshot = self._watcher.snapshot
        choice = self._choice
        if self._watcher.bug is not None:
            raise self._watcher.bug
        if self._watcher.problem and not choice.message:
            choice.message, choice.is_trouble = self._watcher.problem, True
        around = Surroundings(
            size.columns,
            size.rows,
            time.strftime("%H:%M:%S"),
            self._session.settings.profile or "",
            self._seconds,
            self._blocks,
            time.time(),
        )
        lines = draw(snapshot, choice, around)
        if choice.screen == "queues":
            self._watcher.look_at(tuple(self._names()[choice.top : choice.top + choice.height]))
        found: StyleAndTextTuples = []
        for number, line in enumerate(lines):
            if number:
                found.append(("", "\n"))
            found += [(" ".join(f"class:{word}" for word in style.split()), text) for style, text in line]
        return found

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        is_asking = Condition(lambda: bool(self._choice.asking))
        for key in KEYS:
            for name in key.keys:
                always = key.action in ("interrupt", "suspend")
                bindings.add(name, filter=Condition(lambda: True) if always else ~is_asking)(
                    self._on_key(key.action)
                )
        typing = (
            (Keys.Any, lambda event: type_text(event.data, self._names(), self._choice)),
            (Keys.BracketedPaste, lambda event: type_text(event.data, self._names(), self._choice)),
            (Keys.Backspace, lambda event: rub_out(self._choice)),
            (Keys.Escape, lambda event: cancel(self._choice)),
            (Keys.Enter, lambda event: submit(self._names(), self._choice)),
        )
        for name, act in typing:
            bindings.add(name, filter=is_asking)(self._on_typing(act))
        return bindings

    def _on_key(self, action: Action) -> Callable[[KeyPressEvent], None]:
        return self._on_typing(lambda event: press(action, self._names(), self._choice))

    def _on_typing(self, act: Callable[[KeyPressEvent], Effect | None]) -> Callable[[KeyPressEvent], None]:
        def handle(event: KeyPressEvent) -> None:
            try:
                self._carry_out(act(event))
            except Exception as bug:
                self._end_by(bug)

        return handle

    def _carry_out(self, effect: Effect | None) -> None:
        opened = self._choice.opened
        if opened != self._opened:
            self._opened = opened
            self._watcher.open(opened)
        if effect is None:
            return
        if effect.what == "suspend":
            self._app.suspend_to_background()
        elif effect.what == "redraw":
            self._app.renderer.clear()
        else:
            self._exit(effect)
