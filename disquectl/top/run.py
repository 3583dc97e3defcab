"""Starts `top`: the live screen on a terminal, snapshots elsewhere."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.execution.repeat import has_screen
from disquectl.top.batch import run_batch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Shape

DEFAULT_INTERVAL_MS = 2_000


def start(values: Values, shape: Shape, session: Session) -> None:
    """Run it until the user quits, or for this many snapshots."""
    seconds = values.get("every", DEFAULT_INTERVAL_MS) / 1000
    is_live = has_screen(session.streams) and session.streams.stdin_is_terminal
    if not is_live or "batch" in values or "times" in values:
        run_batch(values, shape, session, seconds)
        return
    if session.settings.echo:
        raise UsageError("--echo has no place beside the live screen", "use --echo-to FILE, or -b")
    from disquectl.top.live import run_live

    run_live(values, session, seconds)
