"""What connection options mean to a command that does not connect: nothing, an error, or values for it."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.command import Program
from disquectl.spec.global_options import CONNECTING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Raw


def without_connection(command: Command, words: Raw, settings: Raw) -> tuple[Raw, Raw]:
    """The words and the settings of a command that does not connect: no connection option is left.

    Raises UsageError if the command refuses them.
    """
    given = {option.name: settings[option.name] for option in CONNECTING if option.name in settings}
    policy = command.does.connecting if isinstance(command.does, Program) else "ignore"
    if given and policy == "refuse":
        flag = next(option.flag for option in CONNECTING if option.name in given)
        raise UsageError(f"{command.name} does not connect, so {flag} is not needed", "leave it out")
    rest = {name: value for name, value in settings.items() if name not in given}
    return (words | given if policy == "values" else words), rest
