"""Shows bodies in the form that `--body` or `--body-command` asks for, in tables alone."""

from __future__ import annotations

import os

from disquectl.errors import UsageError
from disquectl.render.body import in_form
from disquectl.spec.body_options import AUTO, BODY_NAMES, TEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.render.decoded import View
    from disquectl.spec.parameters import Values


def body_view(values: Values, session: Session) -> View | None:
    """The form of bodies that these values ask for; None: as they are. Raises UsageError."""
    given = [name for name in BODY_NAMES if name in values]
    if len(given) > 1:
        raise UsageError("--body and --body-command cannot be combined")
    if session.format != "table":
        if given:
            flag = given[0].replace("_", "-")
            raise UsageError(f"--{flag} only applies to tables", "add -o table; other formats are exact")
        return None
    if "body_command" in values:
        return CommandView(values["body_command"], session)
    form = values.get("body")
    if form is None and not session.streams.stdout_is_terminal:
        return None
    return lambda body: in_form(body, form or AUTO)


class CommandView:
    """What a command of the user's makes of bodies; where it fails, the body as it is, and one note."""

    def __init__(self, words: list[str], session: Session) -> None:
        import shutil

        from disquectl.execution.child_environment import child_environment

        if shutil.which(words[0]) is None:
            raise UsageError(f"--body-command: no such command: {words[0]}")
        self._words = words
        self._environ = child_environment(os.environ, session.settings)
        self._session = session
        self._noted = False

    def __call__(self, body: bytes) -> bytes | str:
        from disquectl.execution.body_command import FilterFailed, filtered

        try:
            return in_form(filtered(self._words, body, self._environ), TEXT)
        except FilterFailed as problem:
            if not self._noted:
                self._session.note(
                    f"note: bodies are shown as they are where {self._words[0]} fails: {problem}"
                )
            self._noted = True
            return body
